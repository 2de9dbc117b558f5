"""Give the node another signing key: as a matter of course (the key before it names it), or because a key has leaked.

A retired key goes on counting for what it signed. A revoked key counts for nothing, so everything that is still served is signed
anew. Either is a leaf of the log, an entry in the chain, and told to every ally. Only the operator does it, at the machine.
"""

from __future__ import annotations

from typing import Final

from joserfc.jwk import OKPKey

from comity.domain.canonical import canonical_json
from comity.domain.descriptor import statement
from comity.domain.errors import Conflict, Invalid, KeyLocked, NotAllowed, NotFound, Problem
from comity.domain.notice import Keys, What
from comity.domain.signing import SigningKey
from comity.domain.tlp import TLP
from comity.services import describe, sign, tell
from comity.services.notarize import notarize
from comity.services.unit import Unit
from comity.storage import ledger, node_keys, peers
from comity.storage.node_keys import NodeKey

LEAST_PASSPHRASE: Final = 16
REASON: Final = (10, 200)
"""Characters of a reason. It is kept with the key and in the chain."""


def rotate(unit: Unit, *, reason: str) -> SigningKey:
    """A new key, named by the one before it, whose private half is destroyed. `Conflict` on a node that has none."""
    old = _begin(unit, reason)
    new = _follow(unit, old, state=node_keys.RETIRED, reason=reason)
    unit.audit("key.rotated", f"key:{new.kid}", before=old.kid, reason=reason)
    notarize(unit, ledger.KEY, entry={"step": "rotated", "kid": new.kid, "before": old.kid})
    unit.emit("key.rotated", kid=new.kid)
    _tell(unit, by=old)
    return new


def revoke(unit: Unit, *, kid: str, reason: str) -> SigningKey:
    """A key has leaked, or may have: nothing it signed counts any more, also not for the time before. `NotFound` for no such key.

    Returns the key that signs from now on: a new one, when the one that leaked was in force.
    """
    current = _begin(unit, reason)
    leaked = node_keys.one(unit.db, kid)
    if leaked is None:
        raise NotFound
    if leaked.state == node_keys.REVOKED:
        raise Conflict("This key is revoked already.")
    new = current
    if leaked.state == node_keys.ACTIVE:
        new = _follow(unit, current, state=node_keys.REVOKED, reason=reason)
    else:
        node_keys.end(unit.db, kid, state=node_keys.REVOKED, at=unit.now, reason=reason)
    unit.audit("key.revoked", f"key:{kid}", following=new.kid, reason=reason)
    notarize(unit, ledger.KEY, entry={"step": "revoked", "kid": kid, "following": new.kid})
    unit.emit("key.revoked", kid=kid)
    _tell(unit, by=new)
    return new


def replace(unit: Unit, *, reason: str) -> SigningKey:
    """The key cannot be opened any more: begin anew. Nobody names the new key, so every ally has to confirm its fingerprint again.

    `Conflict` while the key in force opens: then it is rotated or revoked, and allies follow by themselves.
    """
    _check(unit, reason)
    node_keys.hold(unit.db)
    try:
        sign.signing_key(unit)
    except KeyLocked:
        pass
    else:
        raise Conflict(
            "The key in force can be opened. Rotate or revoke it, and allies follow by themselves."
        )
    for key in node_keys.history(unit.db):
        if key.state != node_keys.REVOKED:
            node_keys.end(unit.db, key.kid, state=node_keys.REVOKED, at=unit.now, reason=reason)
    made = OKPKey.generate_key("Ed25519")
    new = sign.keep(unit, made)
    unit.audit("key.replaced", f"key:{new.kid}", reason=reason)
    notarize(unit, ledger.KEY, entry={"step": "replaced", "kid": new.kid})
    unit.emit("key.revoked", kid="")
    return SigningKey(unit.node.node_id, made)


def protect(unit: Unit, *, passphrase: str) -> None:
    """Keep the key in force under another passphrase. Backups of before still open with the old one: rotate when that matters."""
    if not unit.viewer.is_system:
        raise NotAllowed
    if len(passphrase) < LEAST_PASSPHRASE:
        said = f"Use at least {LEAST_PASSPHRASE} characters."
        raise Invalid([Problem("passphrase", "short", said)])
    node_keys.hold(unit.db)
    key = sign.signing_key(unit)
    if key is None:
        raise Conflict("This node has no key yet. Run: comity migrate up")
    node_keys.rewrap(unit.db, key.kid, key.key.as_pem(private=True, password=passphrase).decode("ascii"))
    unit.audit("key.protected", f"key:{key.kid}")


def history(unit: Unit) -> list[NodeKey]:
    """Every key of the node, the oldest first. Public halves only."""
    return node_keys.history(unit.db)


def _tell(unit: Unit, *, by: SigningKey) -> None:
    """A notice to each ally with the descriptor of now: by the key that gives way, since they know it; after a revocation by the
    new one, which they find by reading the descriptor themselves.
    """
    try:
        said = describe.descriptor(unit)
    except LookupError:  # not open to others yet
        return
    for peer in peers.admitted(unit.db, unit.viewer, now=unit.now):
        tell.in_feed(unit, to=peer.node_id, what=What.KEYS, body=Keys(descriptor=said), tlp=TLP.CLEAR, by=by)


def _begin(unit: Unit, reason: str) -> SigningKey:
    """Nobody else changes keys until this is over; the key in force must open, since it signs the statement."""
    _check(unit, reason)
    node_keys.hold(unit.db)
    key = sign.signing_key(unit)
    if key is None:
        raise Conflict("This node has no key yet. Run: comity migrate up")
    return key


def _check(unit: Unit, reason: str) -> None:
    if not unit.viewer.is_system:
        raise NotAllowed
    shortest, longest = REASON
    if not shortest <= len(reason.strip()) <= longest:
        raise Invalid([Problem("reason", "length", f"Give a reason of {shortest} to {longest} characters.")])


def _follow(unit: Unit, old: SigningKey, *, state: node_keys.State, reason: str) -> SigningKey:
    made = OKPKey.generate_key("Ed25519")
    said = statement(old, following=made.as_dict(private=False), at=unit.now)
    node_keys.end(unit.db, old.kid, state=state, at=unit.now, reason=reason)
    sign.forget(old.kid)
    sign.keep(unit, made, statement=canonical_json(said).decode("utf-8"))
    return SigningKey(unit.node.node_id, made)
