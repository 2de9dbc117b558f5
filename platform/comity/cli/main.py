"""`comity`: the command line of one node. One file a group of commands; this one only lists them."""

from __future__ import annotations

import typer

from comity.cli import (
    audit,
    collection,
    courier,
    demo,
    doctor,
    explain,
    import_,
    index,
    keys,
    ledger,
    matrix,
    migrate,
    node,
    peer,
    peer_check,
    serve,
    user,
)
from comity.cli.open_node import Commands

app = typer.Typer(
    name="comity",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Comity: a federated portal for research-security knowledge.",
)
app.command()(demo.demo)
app.command()(serve.serve)
app.command()(serve.worker)
app.command("import")(import_.import_command)
app.command()(doctor.doctor)
app.command("explain")(explain.explain_)
app.command()(matrix.matrix)
app.add_typer(migrate.app, name="migrate")
app.add_typer(index.app, name="index")
app.add_typer(audit.app, name="audit")
app.add_typer(node.app, name="node")
peer.app.command("check")(peer_check.check)
app.add_typer(peer.app, name="peer")
app.add_typer(collection.app, name="collection")
app.add_typer(courier.app, name="courier")
app.add_typer(keys.app, name="key")
app.add_typer(ledger.app, name="ledger")
app.add_typer(user.app, name="user")

if __name__ == "__main__":
    app()
