"""Bring into the feed what was published without passing `settle`: imports of public sources, and records older than the key.

An import stores hundreds of documents a second and signs none of them; this follows the outbox and signs in small portions, each a
unit of its own, so that nobody waits long. It resumes where it stopped, and waits for the first key. Idempotent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from comity.services import sign, weigh
from comity.services.carry import carry
from comity.services.unit import Unit
from comity.storage import feed, outbox, records

FOLLOWER: Final = "feed"
LEASE: Final = timedelta(minutes=2)
BATCH: Final = 100


def carry_missing(unit: Unit, *, worker: str) -> int:
    """Deal with the next events. Returns how many; 0 when there are none, another worker has the lease, or there is no key yet."""
    if sign.signing_key(unit) is None:
        return 0
    start = outbox.claim(unit.db, FOLLOWER, worker=worker, now=unit.now, lease=LEASE)
    if start is None:
        return 0
    events = outbox.after(unit.db, start, limit=BATCH)
    touched = {one.record_id for one in events if one.record_id is not None}
    missing = feed.missing(unit.db, touched, node=unit.node.node_id)
    if missing:
        known = weigh.alliance(unit)
        for _, record in sorted(records.by_ids(unit.db, unit.viewer, sorted(missing)).items()):
            carry(unit, record, known=known)
    if events:
        outbox.advance(unit.db, FOLLOWER, events[-1].seq)
    return len(events)
