"""Admit an ally: the legal profiles are read, the data protection officer acknowledges, council votes, the operator applies.

Decides nothing alone: `domain.peering.standing` says what is missing under the rule `admit_peer_node`, for the first agreement and
for every later one. Nobody, not even a job of the node, applies what council has not decided (J-09.1).
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from comity.domain.canonical import canonical_json
from comity.domain.errors import Conflict, Invalid, NotAllowed, Problem
from comity.domain.peer import Agreement, KnownPeer, PeerState
from comity.domain.peering import Standing, What
from comity.domain.roles import Role
from comity.services import peer_steps
from comity.services.notarize import notarize
from comity.services.unit import Unit
from comity.storage import peers

LEAF = "peer"
"""What a leaf about an ally is called."""


def review_profiles(unit: Unit, *, node_id: str, text: str) -> Standing:
    """Somebody has read both legal profiles side by side, and says what follows. A profile that changes is read again."""
    unit.need("change_policy", "propose", "ack", "vote")
    peer = _before_council(unit, node_id)
    own, theirs = peer_steps.profiles(unit, peer).read
    if own is None or theirs is None:
        raise Conflict("Both nodes need a legal profile that can be read before it can be reviewed.")
    _need_text(text, "Say in a sentence what the two profiles mean for the exchange.")
    peer_steps.take(unit, peer, What.REVIEWED, text, profiles=peer_steps.profiles(unit, peer).digest)
    return peer_steps.standing_of(unit, peer)


def acknowledge(unit: Unit, *, node_id: str, text: str = "") -> Standing:
    """The data protection officer knows of it. It is no veto: a concern is written down for council to read."""
    unit.need("change_policy", "ack")
    peer = _before_council(unit, node_id)
    peer_steps.take(unit, peer, What.ACKNOWLEDGED, text)
    return peer_steps.standing_of(unit, peer)


def vote(unit: Unit, *, node_id: str, agrees: bool, text: str = "") -> Standing:
    """A council member's voice on what is before council; each member's last word counts."""
    unit.need("change_policy", "vote")
    if Role.COUNCIL_MEMBER not in unit.viewer.roles or unit.viewer.sector is None:
        raise NotAllowed("Only council decides with whom this node shares.")
    peer = _before_council(unit, node_id)
    if not agrees:
        _need_text(text, "Say why not: the others read it.")
    peer_steps.take(unit, peer, What.VOTED, text, agrees=agrees)
    return peer_steps.standing_of(unit, peer)


def apply(unit: Unit, *, node_id: str) -> KnownPeer:
    """The technical step: what council decided takes effect. `Conflict` with everything that is missing."""
    unit.need("change_policy", "apply")
    peer = _before_council(unit, node_id)
    standing = peer_steps.standing_of(unit, peer)
    if standing.missing or standing.offer is None:
        raise Conflict(" ".join(standing.missing))
    return _admit(unit, peer, standing.offer)


def _admit(unit: Unit, peer: KnownPeer, agreement: Agreement) -> KnownPeer:
    first = peer.state is PeerState.PROPOSED
    done = replace(peer, agreement=agreement, epoch=peer.epoch + 1)
    if first:
        done = replace(
            done, state=PeerState.ADMITTED, admitted_at=unit.now, state_since=unit.now, state_reason=""
        )
    peers.save(unit.db, done)
    what = What.ADMITTED if first else What.CHANGED
    plain = agreement.model_dump(mode="json")
    peer_steps.take(unit, done, what, agreement=plain)
    log(unit, done, what, agreement=hashlib.sha256(canonical_json(plain)).hexdigest())
    return done


def log(unit: Unit, peer: KnownPeer, what: What, **entry: str) -> None:
    """A leaf of the transparency log, and an event for whatever follows from a change of an ally's rights."""
    notarize(unit, LEAF, entry={"step": what.value, "peer": peer.node_id, "epoch": peer.epoch, **entry})
    unit.emit(f"peer.{what.value}", node=peer.node_id, epoch=peer.epoch)


def _before_council(unit: Unit, node_id: str) -> KnownPeer:
    peer = peer_steps.held(unit, node_id)
    if peer_steps.standing_of(unit, peer).offer is None:
        raise Conflict("Nothing about this node is before council.")
    return peer


def _need_text(text: str, sentence: str) -> None:
    if len(text.strip()) < 10:
        raise Invalid([Problem("text", "short", sentence)])
