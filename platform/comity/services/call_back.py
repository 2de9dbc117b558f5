"""Call a record back from the nodes that took it: one signed notice each, with what is asked and until when (product 4.10.4).

Sends, in the transaction that took the record down or narrowed it. Knows who took what from the deliveries. Refuses to know why a
record comes down; what became of a recall is `services.recall`'s matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from comity.domain.feed import addressed
from comity.domain.notice import Recall, What
from comity.domain.recall import Asked, travels_as
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import tell
from comity.services.notarize import notarize
from comity.services.set_up import SECRETARIAT
from comity.services.unit import Unit
from comity.storage import audiences, deliveries, feed, notices

SUPERSEDED: Final = "superseded"
"""A later recall of the same record took its place."""

LIFTED: Final = "lifted"
"""The record came back before the node answered."""

_TEXT: Final = 6000


@dataclass(frozen=True)
class Holder:
    """A node that took a version and is not done with it. `objects` are what it took; `by_release` says that it came by name."""

    node: str
    objects: tuple[str, ...]
    by_release: bool


def holders(unit: Unit, record: Record) -> Sequence[Holder]:
    """Every node that may have a copy: who fetched a version, whatever it answered, unless it deleted it and said so."""
    rows = deliveries.of_record(unit.db, record.id)
    if not rows:
        return ()
    bodies = {
        (one.stix_id, one.version)
        for one in feed.of_record(unit.db, record.id)
        if one.revision_id is not None
    }
    released = {one.id for one in notices.of_record(unit.db, record.uid, What.RELEASE)}
    found: dict[str, dict[str, bool]] = {}
    for row in rows:
        by_release = row.stix_id in released
        if row.state != deliveries.DONE and (by_release or (row.stix_id, row.version) in bodies):
            found.setdefault(row.node_id, {})[row.stix_id] = by_release
    return [Holder(node, tuple(objects), by_release=any(objects.values())) for node, objects in found.items()]


def call_back(
    unit: Unit,
    record: Record,
    *,
    reason_code: str,
    asked: Asked,
    tlp: TLP,
    at: datetime,
    text: str = "",
    replaced_by: str = "",
    keeps: Callable[[Holder], bool] | None = None,
) -> list[str]:
    """Send a recall to every holder, or to those for whom `keeps` is false. Returns their nodes.

    `at` is not before the version that took the record's place in the feed, so that whatever is older stays recalled.
    """
    told = [one for one in holders(unit, record) if keeps is None or not keeps(one)]
    earlier = _open(unit, record) if told else {}
    body = Recall(
        uid=record.uid,
        reason_code=travels_as(reason_code),
        action=asked.action,
        due_at=asked.due(unit.now),
        text=text[:_TEXT],
        replaced_by=replaced_by,
    )
    for holder in told:
        for notice_id in earlier.get(holder.node, ()):
            notices.close(unit.db, notice_id, SUPERSEDED, at=unit.now)
        notice = tell.in_feed(
            unit,
            to=holder.node,
            what=What.RECALL,
            body=body,
            tlp=tlp,
            record_uid=record.uid,
            due_at=body.due_at,
            at=at,
        )
        deliveries.move(
            unit.db, record.id, holder.node, holder.objects, state=deliveries.RECALLED, at=unit.now
        )
        _note(unit, record, body, holder.node, notice.id, tlp)
    if told:
        unit.audit("recall.sent", record.ref, audience_id=record.audience_id, nodes=len(told))
    return [one.node for one in told]


def lift(unit: Unit, record: Record, *, regains: Callable[[str], bool]) -> None:
    """The record is back in the feed: a recall that nobody answered yet is over for the nodes that are sent it again."""
    for node, ids in _open(unit, record).items():
        if regains(node):
            for notice_id in ids:
                notices.close(unit.db, notice_id, LIFTED, at=unit.now)


def _open(unit: Unit, record: Record) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    own = unit.node.node_id
    for one in notices.of_record(unit.db, record.uid, What.RECALL, origin=own):
        if one.state == notices.OPEN:
            found.setdefault(one.to[0], []).append(one.id)
    return found


def _note(unit: Unit, record: Record, body: Recall, node: str, notice_id: str, tlp: TLP) -> None:
    """A leaf that only the addressed node and those who audit may read: a recall names who had the record."""
    entry = {
        "notice": notice_id,
        "to": node,
        "reason_code": body.reason_code,
        "action": body.action,
        "due_at": body.due_at.isoformat(),
    }
    audience_id = audiences.ensure(unit.db, addressed(owner=SECRETARIAT, to=[node], tlp=tlp))
    notarize(unit, "recall", record_uid=record.uid, entry=entry, audience_id=audience_id)
