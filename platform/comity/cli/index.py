"""`comity index`: hold the search index against the records, mend it, or write it anew. Searching goes on meanwhile."""

from __future__ import annotations

from typing import Annotated

import typer

from comity.cli.open_node import open_node, stop
from comity.services import reindex
from comity.services.reindex import Drift
from comity.services.runtime import Runtime

app = typer.Typer(help="The search index, which is made from the records.", no_args_is_help=True)


@app.command()
def check(
    quick: Annotated[bool, typer.Option("--quick", help="Compare versions and readers only.")] = False,
) -> None:
    """Compare index and records. Exits with 1 when they disagree."""
    with open_node() as runtime, runtime.system_unit("index check", writes=False) as unit:
        drift = reindex.check(unit, thorough=not quick)
    _tell(drift)
    if not drift.none:
        raise stop("Run: comity index repair")


@app.command()
def repair(
    prune: Annotated[bool, typer.Option("--prune", help="Also forget words that no document has.")] = False,
) -> None:
    """Mend what differs."""
    _mend(everything=False, prune=prune)


@app.command()
def rebuild(
    prune: Annotated[bool, typer.Option("--prune", help="Also forget words that no document has.")] = False,
) -> None:
    """Write every document anew, such as after a change of the analyzer."""
    _mend(everything=True, prune=prune)


def _mend(*, everything: bool, prune: bool) -> None:
    with open_node() as runtime:
        _tell(
            reindex.mend(
                lambda: runtime.system_unit("index mending"),
                everything=everything,
                told=lambda seen: typer.echo(f"  {seen} records", err=True),
            )
        )
        if prune:
            typer.echo(f"{_prune(runtime)} words forgotten")


def _prune(runtime: Runtime) -> int:
    with runtime.system_unit("index words") as unit:
        return reindex.prune(unit)


def _tell(drift: Drift) -> None:
    typer.echo(
        f"{drift.seen} records: {len(drift.missing)} missing, {len(drift.stale)} stale, {len(drift.extra)} too much"
    )
    for word, refs in (("missing", drift.missing), ("stale", drift.stale), ("too much", drift.extra)):
        for ref in refs[:20]:
            typer.echo(f"  {word}: {ref}")
