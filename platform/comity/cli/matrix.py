"""`comity matrix`: who may read what under the policies of this installation, as a page for lawyers and partners."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from comity.services.tabulate import page


def matrix(
    out: Annotated[Path | None, typer.Option(help="File to write; without it the page is printed.")] = None,
) -> None:
    """Write the matrix of exemplar items and viewers from the policy in force."""
    if out is None:
        typer.echo(page())
        return
    out.write_text(page(), encoding="utf-8")
    typer.echo(f"wrote {out}")
