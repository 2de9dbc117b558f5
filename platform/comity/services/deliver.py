"""What became of our objects at each allied node: who fetched what, and what each node answered, signed.

Written in one statement after a page was served, and by the answers that come into the inbox. Decides which answer is taken: a node
speaks of its own copies alone. Refuses to know how a page is served and how an answer is verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from comity.domain.notice import Answer, Answered, Notice, Outcome, What
from comity.domain.viewer import Viewer
from comity.services import pass_on
from comity.services.unit import Unit
from comity.storage import deliveries, feed, notices, records
from comity.storage.notices import StoredNotice

_KNOWN: Final = Outcome("applied", changed=False)
_TAKEN: Final = Outcome("applied")
_NOBODYS: Final = Outcome.refusal("not-asked", "Nothing of the kind went to this node.")
_OF_A_VERSION: Final = frozenset({"applied", "refused", "recalled"})
_LONGEST_STATE: Final = 12

Page = Sequence[tuple[str, str]]
"""STIX id and version of each object on a page, as they were served."""


def note_fetched(unit: Unit, *, node: str, page: Page) -> None:
    """Write down what an allied node took with it, and tell it what stands beside those records. In a unit of the node's own."""
    fetched = feed.fetched(unit.db, page)
    new = deliveries.note(unit.db, node, fetched, at=unit.now)
    if not new:
        return
    system = unit.acting_as(Viewer.system(unit.node.node_id, "tell what stands beside a record"))
    beside = feed.with_words_beside(unit.db, new)
    for record in records.by_ids(system.db, system.viewer, sorted(beside)).values():
        pass_on.agree(system, record, only=(node,))


def take_answer(unit: Unit, notice: Notice, sender: str) -> Outcome:
    """An allied node says what became of something we sent it. `unit` is a job of the node."""
    body = notice.body
    if not isinstance(body, Answer) or sender != notice.origin:
        return Outcome.refusal("malformed")
    outcomes = [_take(unit, notice, one, sender) for one in body.each]
    taken = next((one for one in outcomes if one.changed), None)
    return taken or next((one for one in outcomes if not one.refused), outcomes[0])


def _take(unit: Unit, notice: Notice, body: Answered, sender: str) -> Outcome:
    asked = notices.get(unit.db, body.about)
    if asked is not None:
        return _of_a_notice(unit, notice, body, asked, sender)
    if body.result not in _OF_A_VERSION:
        return _NOBODYS
    changed = deliveries.answered(
        unit.db,
        sender,
        body.about,
        body.version,
        state=body.result,
        at=unit.now,
        reason=body.reason,
        detail=body.text,
        answer=notice.id,
        unless=(deliveries.RECALLED, deliveries.DONE) if body.result != "recalled" else (),
    )
    return _TAKEN if changed else _KNOWN if deliveries.get(unit.db, sender, body.about) else _NOBODYS


def _of_a_notice(unit: Unit, notice: Notice, body: Answered, asked: StoredNotice, sender: str) -> Outcome:
    if asked.origin != unit.node.node_id or sender not in asked.to:
        return _NOBODYS
    if asked.state != notices.OPEN or asked.answer:
        return _KNOWN
    said = {"result": body.result, "reason": body.reason, "text": body.text, "notice": notice.id}
    notices.close(unit.db, asked.id, body.result[:_LONGEST_STATE], at=unit.now, answer=said)
    deliveries.answered(
        unit.db,
        sender,
        asked.id,
        state=body.result[:_LONGEST_STATE],
        at=unit.now,
        reason=body.reason,
        detail=body.text,
        answer=notice.id,
    )
    if asked.what is What.RECALL:
        _recalled(unit, asked, body, sender)
    return _TAKEN


def _recalled(unit: Unit, asked: StoredNotice, body: Answered, sender: str) -> None:
    """A node that deleted what it had is done with the record; any other answer leaves it a holder."""
    system = unit.acting_as(Viewer.system(unit.node.node_id, "take an answer"))
    record = records.get(system.db, system.viewer, asked.record_uid)
    if record is None:
        return
    unit.audit("recall.answered", record.ref, audience_id=record.audience_id, node=sender, result=body.result)
    unit.emit("recall.answered", record.id, node=sender, result=body.result)
    if body.result == "done" and asked.body.get("action") == "delete":
        held = {one.stix_id for one in deliveries.of_record(system.db, record.id) if one.node_id == sender}
        deliveries.move(
            system.db,
            record.id,
            sender,
            sorted(held),
            state=deliveries.DONE,
            at=unit.now,
            before=asked.at,
        )
