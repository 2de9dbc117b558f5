"""Follow the keys of an allied node: take what its descriptor says when it follows from what was known, and nothing else.

Decides that a key counts without a person only by signed succession. Anything else is refused here and confirmed anew by people
(`services.propose_peer`). Refuses to change addresses, law and agreement: an officer looks at those.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from comity.domain.descriptor import Accepted, accept, fingerprint
from comity.domain.notice import Keys, Notice, Outcome
from comity.domain.peering import What
from comity.domain.signing import Refused
from comity.services import peer_steps
from comity.services.unit import Unit
from comity.storage import peers


def follow(unit: Unit, *, node_id: str, said: dict[str, Any]) -> Accepted:
    """Keep the keys in the descriptor `said` of an allied node. Raises `Refused` as `domain.descriptor.accept`."""
    peer = peers.lock(unit.db, unit.viewer, node_id)
    known = peers.keys(unit.db, unit.viewer, node_id)
    if peer is None or not known:
        raise Refused("unknown-key", node_id)
    found = accept(said, known, now=unit.now)
    for key in found.keys:
        peers.put_key(unit.db, key)
    if found.new or found.revoked:
        shown = fingerprint(found.descriptor.active.kid)
        peers.save(unit.db, replace(peer, descriptor=said, fingerprint=shown))
        follows = {"follows": peer.fingerprint} if shown != peer.fingerprint else {}
        peer_steps.take(unit, peer, What.REFRESHED, fingerprint=shown, **follows)
    for kid in found.revoked:
        unit.audit("peer.key_revoked", f"peer:{node_id}", kid=kid)
        unit.emit("peer.key_revoked", node=node_id, kid=kid)
    return found


def obey_keys(unit: Unit, notice: Notice, sender: str) -> Outcome:
    """A node tells that its keys changed. Idempotent: the same descriptor changes nothing a second time."""
    if not isinstance(notice.body, Keys):
        return Outcome.refusal("malformed")
    try:
        follow(unit, node_id=sender, said=notice.body.descriptor)
    except Refused as refused:
        return Outcome.refusal(refused.reason)
    return Outcome("done")
