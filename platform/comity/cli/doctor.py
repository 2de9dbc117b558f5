"""`comity doctor`: look the node over. Exits with 1 when something is to be mended."""

from __future__ import annotations

import typer

from comity.cli.open_node import open_node
from comity.config import get_settings
from comity.services.diagnose import diagnose

_SIGNS = {
    "good": ("ok  ", typer.colors.GREEN),
    "look": ("look", typer.colors.YELLOW),
    "mend": ("MEND", typer.colors.RED),
}


def doctor() -> None:
    """Check settings, schema, permissions, roles, the log, the index, the worker and every record's readers."""
    bad = False
    with open_node() as runtime, runtime.system_unit("doctor", writes=False) as unit:
        for one in diagnose(unit, get_settings()):
            sign, color = _SIGNS[one.level]
            typer.echo(f"{typer.style(sign, fg=color)}  {one.what}: {one.says}")
            bad = bad or one.level == "mend"
    if bad:
        raise typer.Exit(1)
