"""`comity migrate`: bring the database to the schema of this version, or back, or only look."""

from __future__ import annotations

from typing import Annotated

import typer

from comity.cli.open_node import stop
from comity.config import get_settings
from comity.services import migrate, set_up
from comity.services.runtime import Runtime

app = typer.Typer(help="The schema of the database.", no_args_is_help=True)


@app.command()
def up(to: Annotated[str, typer.Option(help="Revision to go to.")] = "head") -> None:
    """Upgrade the database. Safe to repeat. A node that was set up before nodes had keys gets one."""
    migrate.migrate(get_settings().database_url, to=to)
    if to == "head":
        _complete()
    _tell()


@app.command()
def down(
    to: Annotated[str, typer.Option(help="Older revision to go back to; `base` empties the database.")],
) -> None:
    """Go back to an older schema. What only the newer one holds is lost: back up first."""
    migrate.roll_back(get_settings().database_url, to=to)
    _tell()


@app.command()
def check() -> None:
    """Exit with 1 when the database is not at the schema of this version, or differs from what the code expects."""
    runtime = Runtime(get_settings())
    schema = runtime.schema()
    runtime.close()
    if not schema.up_to_date:
        raise stop(f"The database is at {schema.current or 'nothing'}; this version needs {schema.head}.")
    if differences := migrate.drift(get_settings().database_url):
        raise stop("\n".join(["The database differs from what the code expects:", *differences]))
    typer.echo(f"The database is at {schema.head}, as the code expects.")


def _complete() -> None:
    runtime = Runtime(get_settings())
    try:
        with runtime.system_unit("migrate up") as unit:
            if set_up.is_set_up(unit):
                set_up.open_to_others(unit)
    finally:
        runtime.close()


def _tell() -> None:
    runtime = Runtime(get_settings())
    typer.echo(f"The database is at {runtime.schema().current or 'nothing'}.")
    runtime.close()
