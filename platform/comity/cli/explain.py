"""`comity explain`: why a person may or may not know of a record. The question is logged."""

from __future__ import annotations

from typing import Annotated

import typer

from comity.cli.open_node import open_node
from comity.services import explain


def explain_(
    ref: Annotated[str, typer.Argument(help="Reference of the record, such as RSI-aurora-ADV-2026-418203.")],
    who: Annotated[str, typer.Option("--as", help="Account id, e-mail address, or `public`.")],
) -> None:
    """Say why somebody may or may not know of a record: markings and roles, never its content. Leaves an entry in the log."""
    with open_node() as runtime, runtime.system_unit("explain") as unit:
        told = explain.explain(unit, ref=ref, who=who)
    verdict = (
        "may read it" if told.reads else "may know of it, not read it" if told.knows else "may not know of it"
    )
    typer.echo(f"{told.ref} is {told.state}, {told.audience.stage.value}, TLP:{told.audience.tlp.value}.")
    typer.echo(f"{who} {verdict}.")
    for line in told.why:
        typer.echo(f"  {line}")
