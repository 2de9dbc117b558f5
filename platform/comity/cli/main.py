"""`comity`: the command line of one node. One file a group of commands; this one only lists them."""

from __future__ import annotations

import typer

from comity.cli import demo, migrate, serve
from comity.cli.open_node import Commands

app = typer.Typer(
    name="comity",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Comity: a federated portal for research-security knowledge.",
)
app.command()(serve.serve)
app.command()(serve.worker)
app.command()(demo.demo)
app.add_typer(migrate.app, name="migrate")

if __name__ == "__main__":
    app()
