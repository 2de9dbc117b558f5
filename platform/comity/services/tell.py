"""Tell one allied node something about a record or about this node: a signed notice, in the feed or into the node's inbox.

What the origin says of its own records stands in the feed, where only the addressed node finds it. What goes back to an origin,
such as an answer, is posted into its inbox. Refuses to know why something is told, and any network.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import uuid4

from comity.domain.feed import addressed
from comity.domain.notice import Body, Notice, What
from comity.domain.signing import SigningKey
from comity.domain.tlp import TLP
from comity.domain.viewer import Viewer
from comity.services.set_up import SECRETARIAT
from comity.services.sign import signed_text
from comity.services.unit import Unit
from comity.stix.notices import TYPE, notice_id, notice_to_stix
from comity.stix.vocabulary import stamp
from comity.storage import audiences, collections, feed, notices, objects, outgoing, records, sequences

ANSWERED: Final = frozenset({What.RECALL, What.RELEASE, What.PROPOSAL, What.ONWARD})
"""What stays open until the addressed node has answered. The rest is said, and that is all."""


def in_feed(
    unit: Unit,
    *,
    to: str,
    what: What,
    body: Body,
    tlp: TLP,
    record_uid: str = "",
    due_at: datetime | None = None,
    at: datetime | None = None,
    by: SigningKey | None = None,
) -> Notice:
    """Put a notice for one node into the feed. `at` is when it says it was made. Raises `LookupError` without a signing key.

    `by` signs it in place of the key in force: a key that gives way tells of the next one itself, for nobody knows that one yet.
    """
    notice = _notice(unit, to=to, what=what, body=body, tlp=tlp, at=at)
    text = signed_text(unit, notice_to_stix(notice), by=by)
    sequences.hold(
        unit.db, "audit"
    )  # before the counter of the feed, in the order of every unit that takes both
    audience_id = audiences.ensure(unit.db, addressed(owner=SECRETARIAT, to=[to], tlp=tlp))
    put = objects.NewObject(
        stix_id=notice.id,
        version=stamp(notice.at),
        type=TYPE,
        body=text,
        audience_id=audience_id,
        record_id=_record_id(unit, record_uid),
        origin_node=notice.origin,
    )
    objects.put(unit.db, feed_id(unit), [put], unit.now)
    _keep(unit, notice, record_uid, due_at)
    return notice


def to_inbox(
    unit: Unit,
    *,
    to: str,
    what: What,
    body: Body,
    tlp: TLP,
    record_uid: str = "",
    due_at: datetime | None = None,
) -> Notice:
    """Queue a notice for the inbox of one node; an errand of the worker posts it until it is taken."""
    notice = _notice(unit, to=to, what=what, body=body, tlp=tlp, at=None)
    text = signed_text(unit, notice_to_stix(notice))
    outgoing.add(unit.db, node_id=to, notice_id=notice.id, body=text, at=unit.now)
    if what is not What.ANSWER:
        _keep(unit, notice, record_uid, due_at)
    return notice


def feed_id(unit: Unit) -> str:
    """The id of the collection that is the feed, which is made when it is missing."""
    found = collections.by_alias(unit.db, feed.ALIAS)
    if found is None:
        collections.ensure(unit.db, unit.node.node_id, unit.now)
        found = collections.by_alias(unit.db, feed.ALIAS)
    if found is None:
        raise LookupError(feed.ALIAS)
    return found.id


def _notice(unit: Unit, *, to: str, what: What, body: Body, tlp: TLP, at: datetime | None) -> Notice:
    origin = unit.node.node_id
    return Notice(
        id=notice_id(uuid4()), what=what, origin=origin, to=to, tlp=tlp, at=at or unit.now, body=body
    )


def _record_id(unit: Unit, uid: str) -> int | None:
    if not uid:
        return None
    record = records.get(unit.db, Viewer.system(unit.node.node_id, "tell a node"), uid)
    return record.id if record else None


def _keep(unit: Unit, notice: Notice, record_uid: str, due_at: datetime | None) -> None:
    state = notices.OPEN if notice.what in ANSWERED else "said"
    notices.add(unit.db, notice, record_uid=record_uid, due_at=due_at, state=state)
