"""`comity audit`: is the log whole, and who opened a record."""

from __future__ import annotations

from typing import Annotated

import typer

from comity.cli.open_node import open_node, stop
from comity.domain.audit_chain import Broken
from comity.services import verify_audit, who_read

app = typer.Typer(help="The tamper-evident log.", no_args_is_help=True)


@app.command()
def verify(
    length: Annotated[
        int | None, typer.Option(help="Number of entries of a checkpoint that you wrote down.")
    ] = None,
    head: Annotated[str | None, typer.Option(help="Last hash of that checkpoint.")] = None,
) -> None:
    """Walk the whole chain. Prints its length and last hash: write them down elsewhere. Exits with 1 when it is broken."""
    with open_node(set_up=False) as runtime, runtime.system_unit("audit verify", writes=False) as unit:
        verdict = verify_audit.verify_chain(unit, length=length, head=head)
    if isinstance(verdict, Broken):
        raise stop(f"The log is broken at entry {verdict.at}: {verdict.why}.")
    typer.echo(f"The log is whole: {verdict.n} entries, last hash {verdict.head}")


@app.command("who-read")
def who_read_(ref: Annotated[str, typer.Argument(help="Reference of the record.")]) -> None:
    """How many times people of each organization opened a record. Asking leaves an entry in the log."""
    with open_node() as runtime, runtime.system_unit("audit who-read") as unit:
        counted = who_read.who_read(unit, ref=ref)
    for organization, count in sorted(counted.items(), key=lambda one: (-one[1], one[0])):
        typer.echo(f"{count:6}  {organization}")
    if not counted:
        typer.echo("Nobody opened it with a purpose so far.")
