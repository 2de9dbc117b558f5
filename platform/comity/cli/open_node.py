"""What the commands share: the open node of the settings, and how a failure is told on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
import typer
from typer.core import TyperGroup

from comity.config import Settings, get_settings
from comity.domain.errors import ComityError, Invalid
from comity.services.runtime import Runtime


def stop(message: str, code: int = 1) -> typer.Exit:
    """Say why on standard error, for `raise`: the command ends with `code`."""
    typer.secho(message, err=True, fg=typer.colors.RED)
    return typer.Exit(code)


def told(error: ComityError) -> str:
    """The sentence of an error, and every field that needs attention."""
    if not isinstance(error, Invalid):
        return error.sentence
    return "\n".join([error.sentence, *(f"  {one.field}: {one.message}" for one in error.problems)])


class Commands(TyperGroup):
    """Commands whose foreseen failures are a sentence and exit code 1, never a traceback with somebody's data in it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ComityError as error:
            raise stop(told(error)) from None
        except sa.exc.OperationalError as error:
            raise stop(f"The database does not answer as it should: {type(error.orig).__name__}.") from None


@contextmanager
def open_node(settings: Settings | None = None, *, set_up: bool = True) -> Iterator[Runtime]:
    """The node of the settings, migrated and (unless it is about to be) set up; otherwise a sentence that says what to run."""
    runtime = Runtime(settings or get_settings())
    try:
        schema = runtime.schema()
        if not schema.up_to_date:
            raise stop(
                f"The database is at {schema.current or 'nothing'} and this version needs {schema.head}. "
                "Run: comity migrate up",
                3,
            )
        if set_up and runtime.node() is None:
            raise stop("This node is not set up. Run: comity node set-up --help", 3)
        yield runtime
    finally:
        runtime.close()
