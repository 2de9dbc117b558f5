"""Where a record is at each allied node and, if it is not there, why not; and how far a recall has come (exchange rule 5).

For its originator, the editors and the federation officer: who else reads the record learns nothing of it. Gathers the deliveries,
the answers and the release check, whose words these are. Refuses to change anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from comity.domain import release
from comity.domain.errors import NotFound
from comity.domain.lifecycle_facts import State
from comity.domain.notice import What
from comity.domain.peer import KnownPeer, PeerState
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services import recall, weigh
from comity.services.read import find_record
from comity.services.recall import Standing
from comity.services.unit import Unit
from comity.storage import audiences, deliveries, feed, notices, peers, records, revisions
from comity.storage.deliveries import Delivery

STATES: Final = (
    "waiting", "fetched", "applied", "refused", "recalled", "done", "partly", "silent", "withheld",
)  # fmt: skip
"""Every word of `Place.state`: it waits to be fetched, what the node said, a recall left unanswered, or it is not sent at all."""

_LOOKS_AFTER: Final = frozenset({Role.FEDERATION_OFFICER, Role.EDITOR})
_SHOWN: Final = (PeerState.ADMITTED, PeerState.PAUSED, PeerState.ENDED)
MOST: Final = 200


@dataclass(frozen=True)
class Place:
    """One record at one node. `reasons` are sentences: why it is not there, or why the node did not take it."""

    node: str
    name: str
    state: str
    reasons: tuple[str, ...] = ()
    since: datetime | None = None
    recall: Standing | None = None


@dataclass(frozen=True)
class Whereabouts:
    """One record at every node."""

    record: Record
    places: Sequence[Place]
    recalls: Sequence[Standing]

    @property
    def confirmed(self) -> int:
        """How many nodes did all that the recall asked."""
        return sum(one.confirmed for one in self.recalls)


def may_see(viewer: Viewer, record: Record) -> bool:
    """Its originator, the editors and the federation officer, about a record of this node that was published."""
    if not record.is_published or record.origin_node != viewer.node or viewer.person is None:
        return False
    return bool(viewer.roles & _LOOKS_AFTER) or viewer.organization == record.organization


def of_record(unit: Unit, *, ref: str) -> Whereabouts:
    """Where the record is. `NotFound` for whoever may not know: as for a record that does not exist."""
    record = find_record(unit, ref)
    if not may_see(unit.viewer, record):
        raise NotFound
    return _whereabouts(unit, record, peers.listed(unit.db, unit.viewer, *_SHOWN))


def holding(unit: Unit, record: Record) -> Sequence[str]:
    """Names of the nodes that took it, for the form that takes it down: people there may already have read it."""
    if not may_see(unit.viewer, record):
        return ()
    found = _whereabouts(unit, record, peers.listed(unit.db, unit.viewer, *_SHOWN))
    return [one.name for one in found.places if one.state not in ("waiting", "withheld", "done")]


def overview(unit: Unit, *, state: str = "", node: str = "") -> Sequence[tuple[Record, str, Place]]:
    """Every record that an ally took or was asked to give back, newest first, with its title: for the federation officer."""
    if Role.FEDERATION_OFFICER not in unit.viewer.roles:
        raise NotFound
    known = peers.listed(unit.db, unit.viewer, *_SHOWN)
    ids = deliveries.recent(unit.db, node=node, limit=MOST)
    found = records.by_ids(unit.db, unit.viewer, ids)
    titles = records.titles(unit.db, unit.viewer, found.values())
    return [
        (record, titles.get(record.id, ""), place)
        for record in (found[one] for one in ids if one in found)
        for place in _whereabouts(unit, record, known).places
        if place.state not in ("waiting", "withheld")
        and (not state or place.state == state)
        and (not node or place.node == node)
    ]


def _whereabouts(unit: Unit, record: Record, known: Sequence[KnownPeer]) -> Whereabouts:
    system = unit.acting_as(Viewer.system(unit.node.node_id, "say where a record is"))
    rows = deliveries.of_record(unit.db, record.id)
    released = {one.id for one in notices.of_record(unit.db, record.uid, What.RELEASE)}
    bodies = {
        (one.stix_id, one.version)
        for one in feed.of_record(unit.db, record.id)
        if one.revision_id is not None
    }
    taken: dict[str, Delivery] = {}
    for row in rows:
        if row.stix_id in released or (row.stix_id, row.version) in bodies:
            taken[row.node_id] = row
    standings = recall.progress(unit, record)
    asked = {one.node: one for one in standings}
    reasons = _reasons(system, record)
    places = [_place(one, taken.get(one.node_id), asked.get(one.node_id), reasons) for one in known]
    return Whereabouts(record, places, standings)


@dataclass(frozen=True)
class _Check:
    """The release check, made ready for one record."""

    system: Unit
    known: weigh.Alliance
    version: release.Version | None
    waiting: weigh.Waiting = weigh.nothing_waits

    def why_not(self, node: KnownPeer) -> tuple[str, ...]:
        """In sentences; empty when the feed brings it."""
        if self.version is None:
            return (release.REASONS["not-published"],)
        return tuple(
            release.REASONS[code]
            for code in weigh.why_not(self.system, self.known, self.version, node, self.waiting)
        )


def _reasons(system: Unit, record: Record) -> _Check:
    known = weigh.alliance(system)
    revision = revisions.get(system.db, system.viewer, record.published_revision_id)
    if revision is None or record.tombstone is not None or record.state is State.LEGALLY_RESTRICTED:
        return _Check(system, known, None)
    content = {**revision.content, "claims": revisions.claims(system.db, system.viewer, revision.id)}
    audience = audiences.load(system.db, record.audience_id)
    version = weigh.version_of(system, record, revision, content, audience)
    return _Check(system, known, version, weigh.waiting_for(system, record, revision))


def _place(node: KnownPeer, taken: Delivery | None, asked: Standing | None, check: _Check) -> Place:
    if asked is not None and taken is not None:
        state = {"waiting": "recalled"}.get(asked.state, asked.state)
        said = tuple(part for part in (asked.reason, asked.text) if part)
        return Place(node.node_id, node.name, state, said, asked.since, asked)
    if taken is not None:
        said = tuple(part for part in (taken.reason, taken.detail) if part)
        return Place(node.node_id, node.name, taken.state, said, taken.at)
    reasons = check.why_not(node)
    return Place(node.node_id, node.name, "withheld" if reasons else "waiting", reasons)
