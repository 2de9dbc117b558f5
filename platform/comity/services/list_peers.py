"""The allied nodes as a reader may know of them: with whom this node shares is public, how an admission stands is for those in it.

Members also see which node is silent about a recall past its deadline, and which of the two sides is waiting for the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from comity.domain.errors import NotFound
from comity.domain.legal_profile import LegalProfile
from comity.domain.notice import What
from comity.domain.peer import KnownPeer, PeerState
from comity.domain.peering import PeerStep, Standing
from comity.services import peer_steps
from comity.services.unit import Unit
from comity.storage import notices, organizations, peers, people, witnessed

PARTICIPANT: Final = "change_policy"


@dataclass(frozen=True)
class Ally:
    """One node. The rest is told to members alone: since when an answer is overdue, whether its log was caught showing two
    histories, and who waits for whom.
    """

    peer: KnownPeer
    silent_since: datetime | None = None
    two_histories: bool = False
    waiting: str = ""


@dataclass(frozen=True)
class Admission:
    """What is before council. `names` says where the people of the steps work; nobody is named."""

    steps: Sequence[PeerStep]
    standing: Standing
    own: LegalProfile | None
    theirs: LegalProfile | None
    names: Mapping[str, str]


def listed(unit: Unit) -> list[Ally]:
    """Every node that the viewer may know of, by name."""
    silent = _silent(unit)
    return [_ally(unit, one, silent) for one in peers.listed(unit.db, unit.viewer)]


def one(unit: Unit, *, node_id: str) -> Ally:
    """One of them. `NotFound` for any other."""
    found = peers.get(unit.db, unit.viewer, node_id)
    if found is None:
        raise NotFound
    return _ally(unit, found, _silent(unit))


def admission(unit: Unit, peer: KnownPeer) -> Admission | None:
    """How its admission stands, for those who take part in it; None for everybody else."""
    if not (unit.viewer.is_system or unit.viewer.may(PARTICIPANT)):
        return None
    steps = peers.steps(unit.db, unit.viewer, peer.node_id)
    own, theirs = peer_steps.profiles(unit, peer).read
    homes = {one.id: one.organization for one in people.accounts(unit.db, ids={step.by for step in steps})}
    where = organizations.names(unit.db, set(homes.values()))
    names = {person: where.get(home, home) for person, home in homes.items()}
    return Admission(steps, peer_steps.standing_of(unit, peer), own, theirs, names)


def _ally(unit: Unit, peer: KnownPeer, silent: Mapping[str, datetime]) -> Ally:
    if not (unit.viewer.signed_in or unit.viewer.is_system):
        return Ally(peer)
    two = bool(witnessed.equivocations(unit.db, peer.node_id))
    return Ally(peer, silent.get(peer.node_id), two, waiting(peer))


def waiting(peer: KnownPeer) -> str:
    """Which side waits for the other: `here` (we are to decide), `there`, `both`, or empty when neither does.

    An admission has two sides, and nobody tells the other how far it is. But whoever asks for a token here has admitted us.
    """
    here = peer.state is not PeerState.ADMITTED
    there = peer.let_in_at is None and peer.heard_at is None
    if peer.state in (PeerState.PAUSED, PeerState.ENDED) or not (here or there):
        return ""
    return "both" if here and there else "here" if here else "there"


def _silent(unit: Unit) -> Mapping[str, datetime]:
    """Since when each node owes an answer to a recall; the longest for each."""
    if not (unit.viewer.signed_in or unit.viewer.is_system):
        return {}
    found: dict[str, datetime] = {}
    for one in notices.all_of(unit.db, What.RECALL, origin=unit.node.node_id):
        if one.state == notices.OPEN and one.due_at is not None and one.due_at < unit.now:
            for node in one.to:
                found[node] = min(found.get(node, one.due_at), one.due_at)
    return found
