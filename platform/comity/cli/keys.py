"""`comity key`: which keys the node has had, a new one, and what to do when one has leaked."""

from __future__ import annotations

from typing import Annotated

import typer

from comity.cli.open_node import open_node
from comity.domain.descriptor import fingerprint
from comity.services import rotate_key

app = typer.Typer(help="The node's signing keys.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="Why, in 10 to 200 characters. It stays in the log.")]


@app.command("list")
def list_() -> None:
    """Every key the node has had, the oldest first, with the fingerprint that peers compare."""
    with open_node() as runtime, runtime.system_unit("key list", writes=False) as unit:
        keys = rotate_key.history(unit)
    for key in keys:
        ended = f" until {key.ended_at:%Y-%m-%d %H:%M}" if key.ended_at else ""
        typer.echo(
            f"{key.state:8} {key.kid}  from {key.created_at:%Y-%m-%d %H:%M}{ended}  {key.reason}".rstrip()
        )
        typer.echo(f"         fingerprint {fingerprint(key.kid)}")


@app.command()
def rotate(reason: Reason) -> None:
    """Give the node a new key. The old one names it and is destroyed; what it signed goes on counting."""
    with open_node() as runtime, runtime.system_unit("key rotate") as unit:
        key = rotate_key.rotate(unit, reason=reason)
    _tell(key.kid)


@app.command()
def revoke(
    kid: Annotated[str, typer.Argument(help="Id of the key, from `comity key list`.")], reason: Reason
) -> None:
    """A key has leaked: nothing that it signed counts any more. What is still served is signed anew by a new key."""
    with open_node() as runtime, runtime.system_unit("key revoke") as unit:
        key = rotate_key.revoke(unit, kid=kid, reason=reason)
    _tell(key.kid)


@app.command()
def passphrase() -> None:
    """Ask for another passphrase and keep the key in force under it. Change COMITY_KEY_PASSPHRASE afterwards."""
    given = typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True)
    with open_node() as runtime, runtime.system_unit("key passphrase") as unit:
        rotate_key.protect(unit, passphrase=given)
    typer.echo(
        "The key is kept under the new passphrase. Set COMITY_KEY_PASSPHRASE and start serve and worker again."
    )


@app.command()
def replace(reason: Reason) -> None:
    """The passphrase is lost and the key cannot be opened: begin anew. Every ally has to confirm the new fingerprint by hand."""
    with open_node() as runtime, runtime.system_unit("key replace") as unit:
        key = rotate_key.replace(unit, reason=reason)
    typer.echo(f"The node signs with {key.kid} now.")
    typer.echo(f"Tell every ally, by another way, its fingerprint: {fingerprint(key.kid)}")


def _tell(kid: str) -> None:
    typer.echo(f"The node signs with {kid} now.")
    typer.echo(f"Fingerprint: {fingerprint(kid)}")
    typer.echo("Allies that know the key before it follow by themselves. Back up the database now.")
