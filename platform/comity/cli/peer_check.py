"""`comity peer check`: what another node does right and wrong, as a table and as a signed report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from comity.cli.open_node import open_node, stop
from comity.services import check_peer

WORDS = {True: "passed", False: "FAILED", None: "not asked"}


def check(
    where: Annotated[
        str, typer.Argument(metavar="NODE", help="Short name of a known node, or any node's address.")
    ],
    out: Annotated[Path | None, typer.Option(help="Write the signed report (JSON) into this file.")] = None,
) -> None:
    """Check protocol, replay, clock and leaks of another node. Ends with 1 when something failed."""
    with open_node() as runtime:
        report = check_peer.check(runtime, where)
    table = Table(
        "about", "check", "result", "what was found", title=f"{report.node_id or '?'} at {report.base_url}"
    )
    for one in report.checks:
        table.add_row(one.group, one.name, WORDS[one.passed], one.said)
    Console(width=160).print(table)
    if out is not None:
        out.write_text(report.text + "\n", encoding="utf-8")
        typer.echo(f"The signed report is in {out}.")
    if not report.passed:
        raise stop("Something failed.")
