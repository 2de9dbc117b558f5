"""`comity collection`: what machines read and write over TAXII, and who may."""

from __future__ import annotations

from typing import Annotated

import typer

from comity.cli.open_node import open_node
from comity.domain.tlp import TLP
from comity.services import keep_shelves

app = typer.Typer(help="Collections that machines use over TAXII.", no_args_is_help=True)

Alias = Annotated[str, typer.Argument(help="Short name of the collection.")]
WHO = "any, org:…, sector:…, group:… or node:… (this node's name means its members); repeat for more"


@app.command("list")
def list_() -> None:
    """Print every collection with its readers and writers."""
    with open_node() as runtime, runtime.system_unit("collection list", writes=False) as unit:
        found = keep_shelves.listed(unit)
    for one in found:
        typer.echo(f"{one.id}  {one.alias:20} {one.kind.value:8} {one.tlp or '-':6} {one.title}")
        typer.echo(f"    readers: {', '.join(one.readers) or 'nobody'}")
        typer.echo(f"    writers: {', '.join(one.writers) or 'nobody'}")


@app.command()
def add(
    alias: Alias,
    title: Annotated[str, typer.Option(help="What people and programs see.")],
    tlp: Annotated[TLP, typer.Option(help="Marking that unmarked objects take.")] = TLP.GREEN,
    reader: Annotated[list[str] | None, typer.Option(help=f"Who reads: {WHO}.")] = None,
    writer: Annotated[list[str] | None, typer.Option(help=f"Whose machines write: {WHO}.")] = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> None:
    """Open a shelf, on which machines of members share plain STIX objects."""
    with open_node() as runtime, runtime.system_unit("collection add") as unit:
        shelf = keep_shelves.open_shelf(
            unit,
            alias=alias,
            title=title,
            tlp=tlp,
            readers=reader or (),
            writers=writer or (),
            description=description,
        )
    typer.echo(f"{shelf.title} is open: {shelf.id}")


@app.command()
def users(
    alias: Alias,
    reader: Annotated[list[str] | None, typer.Option(help=f"Who reads from now on: {WHO}.")] = None,
    writer: Annotated[
        list[str] | None, typer.Option(help=f"Whose machines write from now on: {WHO}.")
    ] = None,
    nobody_reads: Annotated[bool, typer.Option("--nobody-reads", help="Take all readers away.")] = False,
    nobody_writes: Annotated[bool, typer.Option("--nobody-writes", help="Take all writers away.")] = False,
) -> None:
    """Name anew who reads or writes a collection. What is not named stays as it is."""
    with open_node() as runtime, runtime.system_unit("collection users") as unit:
        keep_shelves.name_users(
            unit,
            alias=alias,
            readers=[] if nobody_reads else reader or None,
            writers=[] if nobody_writes else writer or None,
        )
    typer.echo("Changed.")


@app.command()
def remove(alias: Alias) -> None:
    """Close a shelf. Everything on it is gone."""
    with open_node() as runtime, runtime.system_unit("collection remove") as unit:
        count = keep_shelves.close_shelf(unit, alias=alias)
    typer.echo(f"{alias} is closed, and {count} objects with it.")
