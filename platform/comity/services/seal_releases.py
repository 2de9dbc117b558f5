"""What was released by name is served for as long as its record may be released there, and not a moment longer.

The feed itself follows a record by `services.carry`; a release stands in it as a notice with the record inside. Called after it, in
the same transaction: taken down, held or narrowed, the body inside is served to nobody any more. Refuses to know why.
"""

from __future__ import annotations

from comity.domain.access import releasable_to
from comity.domain.audience import Audience, Stage
from comity.domain.feed import addressed
from comity.domain.notice import What
from comity.domain.record import Record
from comity.domain.rules import allows
from comity.services.set_up import SECRETARIAT
from comity.services.unit import Unit
from comity.storage import audiences, feed, notices, objects, peers

_GIVEN = frozenset({Stage.LIVE, Stage.ENDED})


def seal_releases(unit: Unit, record: Record) -> None:
    """Give every release notice of this record the audience that follows from it now. `unit` is the node's own."""
    here = unit.node.node_id
    if not record.is_published or record.origin_node != here:
        return
    told = notices.of_record(unit.db, record.uid, What.RELEASE, origin=here)
    if not told:
        return
    audience = audiences.load(unit.db, record.audience_id)
    rows = {one.stix_id: one for one in feed.notices_of(unit.db, record.id)}
    moves: dict[int, list[int]] = {}
    for notice in told:
        row = rows.get(notice.id)
        if row is None:
            continue
        served = addressed(owner=SECRETARIAT, to=notice.to, tlp=audiences.load(unit.db, row.audience_id).tlp)
        stays = all(_may_have(unit, audience, node) for node in notice.to)
        audience_id = audiences.ensure(unit.db, served if stays else served.at(Stage.SEALED))
        if audience_id != row.audience_id:
            moves.setdefault(audience_id, []).append(row.seq)
    for audience_id, seqs in moves.items():
        objects.reaudience(unit.db, seqs, audience_id)


def _may_have(unit: Unit, audience: Audience, node_id: str) -> bool:
    peer = peers.get(unit.db, unit.viewer, node_id)
    if peer is None or audience.stage not in _GIVEN:
        return False
    return allows(releasable_to(peer.as_policy()), audience.facts())
