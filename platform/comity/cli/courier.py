"""`comity courier`: exchange with an ally that has no network, by a signed file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from comity.cli.open_node import open_node, stop
from comity.services import courier

app = typer.Typer(help="Carry the exchange by hand, as a signed file.", no_args_is_help=True)


@app.command()
def pack(
    to: Annotated[str, typer.Option(help="Id of the allied node.")],
    file: Annotated[Path, typer.Option("--file", help="Where to write it; it must not be there yet.")],
    since: Annotated[
        int,
        typer.Option(help="Where an earlier file ended that the ally has taken; 0 for everything.", min=0),
    ] = 0,
) -> None:
    """Write what an ally may read, and every notice for it, into a file."""
    with open_node() as runtime, runtime.system_unit("courier") as unit:
        try:
            packed = courier.write(unit, node_id=to, since=since, path=file)
        except FileExistsError:
            raise stop(f"{file} is there already.") from None
    typer.echo(f"{packed.objects} objects for {to}. The next file may begin with --since {packed.until}.")


@app.command()
def take(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file.")]) -> None:
    """Take in a file of an ally: verified as a whole first, then object by object. Taking it again changes nothing."""
    with open_node() as runtime:
        header, counts = courier.read(runtime, path=file)
    typer.echo(
        f"From {header.origin}, made {header.made_at:%Y-%m-%d %H:%M} UTC: {counts.received} objects, {counts.applied} applied, "
        f"{counts.unchanged} known, {counts.ignored} passed over, {counts.quarantined} held back with their reasons."
    )
    typer.echo(f"Carry the answers back: comity courier pack --to {header.origin} --file ...")
