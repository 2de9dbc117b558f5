"""Weigh every record anew for a node whose rights changed: it joined or left a group, its agreement or a legal profile is another.

The rule stops what it may no longer read at once. This walks over what was published, so that the feed says no by name where the
release check does, and calls back what the node took and may not have any more. In portions, for the node's clock; the node waits
meanwhile. A pause is no such change. Refuses to know what changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from comity.domain.access import releasable_to
from comity.domain.audience import Audience, Stage
from comity.domain.feed import same_readers
from comity.domain.peer import KnownPeer, PeerState
from comity.domain.recall import NARROWED, usual
from comity.domain.record import Record
from comity.domain.rules import allows
from comity.services import weigh
from comity.services.call_back import Holder, call_back, holders
from comity.services.carry import carry
from comity.services.unit import Unit
from comity.services.weigh import Alliance
from comity.storage import audiences, deliveries, feed, objects, peers, records, revisions
from comity.storage.feed import Placed

_HELD: Final = frozenset({deliveries.FETCHED, "applied"})
PORTION: Final = 200
"""Records in one unit of work: a second or so, in which nobody else writes on SQLite."""


def reweigh(unit: Unit) -> list[str]:
    """Do the next portion. `unit` is a job of the node. Returns the nodes that are ready by it."""
    waiting = [
        one
        for one in peers.listed(unit.db, unit.viewer, PeerState.ADMITTED, PeerState.PAUSED)
        if not one.ready
    ]
    if not waiting:
        return []
    node, known = waiting[0], weigh.alliance(unit)
    found = records.page(unit.db, unit.viewer, after=peers.weighing(unit.db, node.node_id), limit=PORTION)
    for record in found:
        if record.is_published and record.origin_node == unit.node.node_id:
            _weigh(unit, known, record, node)
    if len(found) == PORTION:
        peers.weighed(unit.db, node.node_id, up_to=found[-1].id)
        return []
    peers.weighed(unit.db, node.node_id, up_to=None)
    return [node.node_id]


def _weigh(unit: Unit, known: Alliance, record: Record, node: KnownPeer) -> None:
    _name_quietly(unit, known, record, feed.of_record(unit.db, record.id))
    carry(unit, record, known=known)
    rows = feed.of_record(unit.db, record.id)
    if not rows or rows[-1].revision_id is None or not _has_it(unit, record, node.node_id):
        return  # nothing was served, or it was taken down and everybody was told
    audience = audiences.load(unit.db, rows[-1].audience_id)
    asked = usual(NARROWED)
    call_back(
        unit,
        record,
        reason_code=NARROWED,
        asked=asked,
        tlp=audience.tlp,
        at=unit.now,
        keeps=lambda holder: holder.node != node.node_id or _keeps(known, holder, audience),
    )


def _keeps(known: Alliance, holder: Holder, audience: Audience) -> bool:
    """May the holder keep what it has, when the version in force has this audience in the feed?"""
    node = next((one for one in known.nodes if one.node_id == holder.node), None)
    if node is None:
        return False
    if holder.by_release:
        return allows(releasable_to(node.as_policy()), audience.facts())
    return weigh.sent_now(known, audience, holder.node)


def _name_quietly(unit: Unit, known: Alliance, record: Record, rows: Sequence[Placed]) -> None:
    """Where names take the place of words that reach many, and nobody loses what it took, the versions just get their new readers.

    Otherwise every ally would hear of a tombstone and a new version whenever another one is admitted.
    """
    revision = revisions.get(unit.db, unit.viewer, record.published_revision_id)
    if revision is None or not rows or rows[-1].revision_id != revision.id:
        return
    served = audiences.load(unit.db, rows[-1].audience_id)
    content = {**revision.content, "claims": revisions.claims(unit.db, unit.viewer, revision.id)}
    own = audiences.load(unit.db, record.audience_id)
    version = weigh.version_of(unit, record, revision, content, own)
    waiting = weigh.waiting_for(unit, record, revision)
    wanted = weigh.audience_in_feed(unit, known, version, waiting).at(served.stage)
    only_names = same_readers(replace(served, releasable=wanted.releasable), wanted)
    if served.stage is Stage.SEALED or same_readers(served, wanted) or not only_names:
        return
    if all(_keeps(known, holder, wanted) for holder in holders(unit, record)):
        bodies = [
            one.seq for one in rows if one.revision_id is not None and one.audience_id == rows[-1].audience_id
        ]
        objects.reaudience(unit.db, bodies, audiences.ensure(unit.db, wanted))


def _has_it(unit: Unit, record: Record, node_id: str) -> bool:
    """Did the node take a version that was not called back from it since?"""
    taken = (one for one in deliveries.of_record(unit.db, record.id) if one.node_id == node_id)
    return any(one.state in _HELD for one in taken)
