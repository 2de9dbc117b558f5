"""Pause the exchange with a node in one step, take it up again, or end it. Its tokens then stop working at once.

A pause needs no quorum, since waiting harms nobody; it gives no right back that council did not give. Source: F-05.
"""

from __future__ import annotations

from dataclasses import replace

from comity.domain.errors import Conflict, Invalid, Problem
from comity.domain.peer import KnownPeer, PeerState
from comity.domain.peering import What
from comity.services import peer_steps
from comity.services.admit_peer import log
from comity.services.unit import Unit
from comity.storage import peer_tokens, peers

OVER = "The agreement has passed its end date."


def pause(unit: Unit, *, node_id: str, reason: str) -> KnownPeer:
    """Stop serving and reading a node, now."""
    unit.need("change_policy", "propose", "apply")
    return _move(unit, node_id, What.PAUSED, reason, PeerState.PAUSED, (PeerState.ADMITTED,))


def resume(unit: Unit, *, node_id: str, reason: str) -> KnownPeer:
    """Take the exchange up again, under the agreement that council decided. `Conflict` when that has passed its end date."""
    unit.need("change_policy", "propose", "apply")
    peer = peer_steps.held(unit, node_id)
    if peer.agreement is None or not peer.agreement.holds(unit.now):
        raise Conflict(f"{OVER} Council decides on another one first.")
    return _move(unit, node_id, What.RESUMED, reason, PeerState.ADMITTED, (PeerState.PAUSED,))


def end(unit: Unit, *, node_id: str, reason: str) -> KnownPeer:
    """End it for good: to share again, the node is proposed anew. Also closes a proposal that goes nowhere."""
    unit.need("change_policy", "propose")
    states = (PeerState.PROPOSED, PeerState.ADMITTED, PeerState.PAUSED)
    return _move(unit, node_id, What.ENDED, reason, PeerState.ENDED, states)


def pause_due(unit: Unit) -> list[str]:
    """For the node's clock: pause every node whose agreement is over. It is served nothing from that day on in any case."""
    due = [one for one in peers.admitted(unit.db, unit.viewer) if not one.connected(unit.now)]
    for one in due:
        pause(unit, node_id=one.node_id, reason=OVER)
    return [one.node_id for one in due]


def _move(
    unit: Unit, node_id: str, what: What, reason: str, to: PeerState, allowed: tuple[PeerState, ...]
) -> KnownPeer:
    peer = peer_steps.held(unit, node_id)
    if peer.state not in allowed:
        raise Conflict("The exchange with this node is not in a state that allows this.")
    said = reason.strip()
    if not 10 <= len(said) <= 300:
        raise Invalid([Problem("reason", "length", "Give the reason in a sentence of 10 to 300 characters.")])
    up = 1 if peer.weighed == peer.epoch else 0  # what may go to it is as it was
    moved = replace(
        peer,
        state=to,
        state_reason=said,
        state_since=unit.now,
        epoch=peer.epoch + 1,
        weighed=peer.weighed + up,
    )
    peers.save(unit.db, moved)
    peer_tokens.revoke(unit.db, node_id)
    peer_steps.take(unit, moved, what, said)
    log(unit, moved, what)
    return moved
