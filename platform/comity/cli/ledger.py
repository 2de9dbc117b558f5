"""`comity ledger`: is the node's own transparency log whole, and does a proof that somebody brought hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from comity.cli.open_node import open_node, stop
from comity.domain import strict_json
from comity.domain.checkpoint import from_verifier_key
from comity.domain.proof import Checked, Proof, check, read_proof
from comity.domain.signing import PublicKey, Refused
from comity.services import sign_head, verify_ledger, witness
from comity.services.runtime import utc_now
from comity.services.verify_ledger import Damaged

app = typer.Typer(help="The transparency log.", no_args_is_help=True)


@app.command()
def verify(
    proof: Annotated[
        Path | None,
        typer.Argument(
            help="A proof file from the page of a record. Without one: the whole log of this node."
        ),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            help="Verifier key of the node (`ledger.key` in its descriptor), to check a file without any node."
        ),
    ] = None,
) -> None:
    """Check a proof file, or walk the node's own log. Exits with 1 when it does not hold."""
    if proof is None:
        _walk()
    else:
        _file(proof, key or [])


@app.command()
def head() -> None:
    """Print the newest signed head with its cosignatures. Keep it where the operator of the database cannot reach it."""
    with open_node() as runtime, runtime.system_unit("ledger head") as unit:
        found = sign_head.sign_head(unit)
        note = sign_head.served(unit, found) if found else ""
    if not note:
        raise stop("Nothing is in the log yet.")
    typer.echo(note, nl=False)


@app.command()
def explain(
    node: Annotated[str, typer.Argument(help="Id of the allied node whose log showed two heads.")],
    reason: Annotated[
        str, typer.Option(help="What people found out, in 10 to 200 characters. It stays in the log.")
    ],
) -> None:
    """Take the log of an allied node up anew after people looked into it, such as after a restore there. The evidence stays."""
    with open_node() as runtime, runtime.system_unit("ledger explain") as unit:
        witness.explain(unit, node=node, reason=reason)
    typer.echo(f"The log of {node} is watched and cosigned again from its next head on.")


def _walk() -> None:
    with open_node() as runtime, runtime.system_unit("ledger verify", writes=False) as unit:
        verdict = verify_ledger.verify_log(unit)
    if isinstance(verdict, Damaged):
        raise stop(f"The log is damaged at leaf {verdict.at}: {verdict.why}.")
    typer.echo(f"The log is whole: {verdict.size} leaves, {verdict.heads} signed heads, root {verdict.root}")


def _file(path: Path, keys: list[str]) -> None:
    try:
        proof = read_proof(strict_json.parse(path.read_bytes()))
        found = _offline(proof, keys) if keys else _with_known_keys(proof)
    except OSError as error:
        raise stop(f"{path} cannot be read: {error.strerror}.") from None
    except (strict_json.BadJson, ValueError) as bad:
        reason = bad.reason if isinstance(bad, Refused) else str(bad)
        raise stop(f"The proof does not hold: {reason}.") from None
    typer.echo(
        f"The proof holds: leaf {found.index} of the log of {found.node}, which had {found.head.size} leaves."
    )
    typer.echo(
        f"Written {found.entry.get('at')}: {found.entry.get('what')} {found.entry.get('record')}".rstrip()
    )
    for node, at in sorted(found.witnesses.items()):
        typer.echo(f"Cosigned by {node} at {at:%Y-%m-%d %H:%M:%S} UTC")
    if not found.witnesses:
        typer.echo("No witness whose key is known here has cosigned this head.")


def _offline(proof: Proof, keys: list[str]) -> Checked:
    known: dict[str, list[PublicKey]] = {}
    for text in keys:
        read = from_verifier_key(text)
        known.setdefault(read.node, []).append(read)
    return check(proof, lambda node: known.get(node, []), now=utc_now())


def _with_known_keys(proof: Proof) -> Checked:
    with open_node() as runtime, runtime.system_unit("ledger verify", writes=False) as unit:
        return verify_ledger.verify_proof(unit, proof)
