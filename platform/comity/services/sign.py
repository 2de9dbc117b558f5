"""The node's own signature: its key, what it signs, and which keys of which nodes count.

Decides where the private half is kept (PKCS #8 in the database, encrypted under `COMITY_KEY_PASSPHRASE` when that is set) and that
it is opened once a process. Refuses to know what is signed, and how a key gives way to the next (`services.rotate_key`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from joserfc.jwk import OKPKey

from comity.domain.errors import KeyLocked
from comity.domain.signing import KeyOf, PublicKey, SigningKey, signed_bytes
from comity.services.notarize import notarize
from comity.services.unit import Unit
from comity.storage import ledger, node_keys
from comity.storage.node_keys import NodeKey

_opened: Final[dict[str, OKPKey]] = {}
"""Private keys of this process by kid, which is their own thumbprint: a key is never taken for another."""


def signing_key(unit: Unit) -> SigningKey | None:
    """The key that signs now; None on a node that has none yet. Raises `KeyLocked` when the passphrase does not open it."""
    kept = node_keys.active(unit.db)
    if kept is None:
        return None
    key, pem = kept
    if key.kid not in _opened:
        _opened[key.kid] = _open(key.kid, pem, unit.settings.key_passphrase.get_secret_value())
    return SigningKey(unit.node.node_id, _opened[key.kid])


def ensure_key(unit: Unit) -> SigningKey:
    """The node's key, made now when it has none: audited, and a leaf of the log."""
    found = signing_key(unit)
    if found is None:
        node_keys.hold(unit.db)  # two units may be the first at once
        found = signing_key(unit)
    return found or _first(unit)


def _first(unit: Unit) -> SigningKey:
    made = OKPKey.generate_key("Ed25519")
    key = keep(unit, made)
    unit.audit("key.made", f"key:{key.kid}")
    notarize(unit, ledger.KEY, entry={"step": "made", "kid": key.kid})
    return SigningKey(unit.node.node_id, made)


def forget(kid: str) -> None:
    """The private half is not needed in this process any more."""
    _opened.pop(kid, None)


def keep(unit: Unit, made: OKPKey, *, statement: str = "") -> NodeKey:
    """Store a new key as the one that signs from now on."""
    passphrase = unit.settings.key_passphrase.get_secret_value()
    pem = made.as_pem(private=True, password=passphrase or None).decode("ascii")
    public = {name: str(value) for name, value in made.as_dict(private=False).items()}
    key = NodeKey(made.thumbprint(), public, node_keys.ACTIVE, created_at=unit.now, statement=statement)
    node_keys.add(unit.db, key, private_pem=pem)
    return key


def signed_text(unit: Unit, obj: Mapping[str, Any], *, by: SigningKey | None = None) -> str:
    """The canonical text of `obj` with the node's signature: to be stored and served as it is. `LookupError` without a key.

    `by` is a key that has just given way and speaks its last word.
    """
    key = by or signing_key(unit)
    if key is None:
        raise LookupError("this node has no signing key yet")
    return signed_bytes(obj, key).decode("utf-8")


def current_public(unit: Unit) -> PublicKey | None:
    """The public half of the key that signs now. It opens nothing, so it is there while the passphrase is not."""
    kept = node_keys.active(unit.db)
    return kept[0].public(unit.node.node_id) if kept else None


def key_of(unit: Unit) -> KeyOf:
    """Which key `(node, kid)` is: this node's own with their history, and those of the allied nodes it knows.

    For one unit: each node's keys are read once.
    """
    read: dict[str, dict[str, PublicKey]] = {}

    def known(node: str, kid: str) -> PublicKey | None:
        if node not in read:
            read[node] = {key.kid: key for key in keys_of(unit, node)}
        return read[node].get(kid)

    return known


def keys_of(unit: Unit, node: str) -> list[PublicKey]:
    """Every key of a node that this node knows, the oldest first; none for a stranger."""
    own = unit.node.node_id
    if node == own:
        return [key.public(own) for key in node_keys.history(unit.db)]
    return node_keys.of_peer(unit.db, node)


def _open(kid: str, pem: str, passphrase: str) -> OKPKey:
    encrypted = "ENCRYPTED" in pem.partition("\n")[0]
    try:
        key = OKPKey.import_key(pem, password=passphrase if encrypted else None)
    except (ValueError, TypeError) as error:
        raise KeyLocked from error
    if key.thumbprint() != kid:
        raise KeyLocked("The node cannot sign: the key in its database is not the one it says it is.")
    return key
