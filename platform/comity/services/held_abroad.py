"""Does an allied node hold a record of ours? Asked before a request, a proposal or an answer from there is taken up: to a node that
holds nothing of it, a record is as good as one that does not exist (H-04).
"""

from __future__ import annotations

from comity.domain.access import sent_to
from comity.domain.record import Record
from comity.domain.rules import allows
from comity.services.unit import Unit
from comity.storage import audiences, peers, records, releases


def held_by(unit: Unit, record: Record, node_id: str) -> bool:
    """By the feed, or by a release that was carried out. `unit` is the node's own."""
    peer = peers.get(unit.db, unit.viewer, node_id)
    if peer is None:
        return False
    audience = audiences.load(unit.db, record.audience_id)
    in_feed = allows(sent_to(peer.as_policy()), audience.facts())
    return in_feed or bool(releases.sent_to(unit.db, record.id, node_id))


def ours_held_by(unit: Unit, uid: str, node_id: str) -> Record | None:
    """The published record of this node with this uid, when that node holds it."""
    record = records.get(unit.db, unit.viewer, uid)
    if record is None or record.origin_node != unit.node.node_id or not record.is_published:
        return None
    return record if held_by(unit, record, node_id) else None
