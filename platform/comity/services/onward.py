"""Ask an originator whether its record may go on to somebody else, and answer such a request (4.10.3, J-06.3, J-10.3).

The same on one node and between nodes: a request about a copy travels to its origin as a signed notice and the answer comes back as
one. Ten working days without an answer are a no, by the clock on both sides. Refuses to pass anything on itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import uuid4

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, TooMany
from comity.domain.notice import Answer, Onward, What
from comity.domain.onward import (
    PASSAGE_CHARACTERS,
    PURPOSES,
    OnwardState,
    answer_problems,
    due_at,
    recipient_problems,
)
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.domain.viewer import Viewer
from comity.services import tell
from comity.services.follow_inputs import version_in_force
from comity.services.read import find_record
from comity.services.settle import follow_agreement
from comity.services.unit import Unit
from comity.stix.notices import notice_id
from comity.storage import audiences, links, onward, organizations, people, records
from comity.storage.onward import OnwardRequest

__all__ = [
    "Line",
    "OnwardRequest",
    "answer",
    "answers_for",
    "ask",
    "asked",
    "may_ask",
    "of_record",
    "waiting",
]

MOST_A_DAY: Final = 20


@dataclass(frozen=True)
class Line:
    """One request as either side sees it. `who` asks, an organization or a node; `record` is there for those who may read it."""

    request: OnwardRequest
    record: Record | None
    who: str


def may_ask(unit: Unit, record: Record) -> bool:
    """Is there anything to ask? What anyone may read and pass on needs no yes."""
    audience = audiences.load(unit.db, record.audience_id)
    open_to_all = audience.tlp is TLP.CLEAR and "orcon" not in audience.caveats
    live = record.is_published and record.tombstone is None
    return live and not open_to_all and unit.viewer.may("request_advice")


def ask(unit: Unit, *, ref: str, recipient: str, purpose: str, passage: str = "") -> OnwardRequest:
    """Ask the originator of a record that the viewer may read. `passage` is what would go on; empty means the whole."""
    unit.need("request_advice")
    record = find_record(unit, ref)
    if not may_ask(unit, record):
        raise Conflict("Anyone may read this and pass it on, or it is not in force: there is nothing to ask.")
    problems = recipient_problems(recipient)
    if purpose not in PURPOSES:
        problems.append(Problem("purpose", "choice", "Choose what it is for."))
    if len(passage) > PASSAGE_CHARACTERS:
        problems.append(Problem("passage", "length", f"Up to {PASSAGE_CHARACTERS} characters fit."))
    if problems:
        raise Invalid(problems)
    day = timedelta(days=1)
    if onward.since(unit.db, unit.viewer.person or "", unit.now - day) >= MOST_A_DAY:
        raise TooMany(int(day.total_seconds()))
    return _sent(unit, record, recipient=recipient, purpose=purpose, passage=passage.strip())


def _sent(unit: Unit, record: Record, *, recipient: str, purpose: str, passage: str) -> OnwardRequest:
    abroad = record.origin_node != unit.node.node_id
    version = version_in_force(_node(unit), record)
    name, asked_at = notice_id(uuid4()), unit.now
    if abroad:
        notice = tell.to_inbox(
            unit,
            to=record.origin_node,
            what=What.ONWARD,
            body=Onward(
                uid=record.uid, version=version, recipient=recipient, purpose=purpose, passage=passage
            ),
            tlp=audiences.load(unit.db, record.audience_id).tlp,
            record_uid=record.uid,
        )
        name, asked_at = notice.id, notice.at
    request = OnwardRequest(
        id=name,
        outward=abroad,
        record_uid=record.uid,
        version=version,
        node_id=record.origin_node,
        recipient=recipient,
        purpose=purpose,
        passage=passage,
        state=OnwardState.OPEN.value,
        asked_at=asked_at,
        due_at=due_at(asked_at),
        asked_by=unit.viewer.person or "",
    )
    onward.add(unit.db, request)
    unit.audit("onward.ask", record.ref, audience_id=record.audience_id, recipient=recipient, purpose=purpose)
    if not abroad:
        unit.emit("onward.asked", record.id)
    return request


def _node(unit: Unit) -> Unit:
    return unit.acting_as(Viewer.system(unit.node.node_id, "requests for onward use"))


def answers_for(unit: Unit, record: Record) -> bool:
    """Does this viewer speak for the originator: its author, or one of its organization who gives the originator's yes?"""
    if record.origin_node != unit.node.node_id or unit.viewer.person is None:
        return False
    same = record.organization == unit.viewer.organization
    return record.author == unit.viewer.person or (same and unit.viewer.may("release", "originator_yes"))


def answer(unit: Unit, *, request_id: str, answer: str, text: str = "", tear_line: str = "") -> OnwardRequest:
    """The originator's answer. `tear_line` is the reference of the record that may go instead."""
    request, record = _held(unit, request_id)
    if problems := answer_problems(answer, text):
        raise Invalid(problems)
    said = _tear_line(unit, record, tear_line) if answer == OnwardState.TEARLINE else text.strip()
    request = replace(
        request, state=answer, text=said, answered_by=unit.viewer.person or "", answered_at=unit.now
    )
    onward.store(unit.db, request)
    unit.audit("onward.answer", record.ref, audience_id=record.audience_id, answer=answer)
    follow_agreement(unit, record)
    _tell(unit, request, record)
    return request


def _held(unit: Unit, request_id: str) -> tuple[OnwardRequest, Record]:
    request = onward.lock(unit.db, request_id)
    record = records.get(unit.db, unit.viewer, request.record_uid) if request else None
    if request is None or record is None or request.outward or not answers_for(unit, record):
        raise NotFound
    if request.state != OnwardState.OPEN.value or request.due_at <= unit.now:
        raise Conflict("This was answered, or its time is over, which is a no. It can be asked again.")
    if request.asked_by == unit.viewer.person != record.author:
        raise NotAllowed("Somebody else of the originator answers what you asked yourself.")
    return request, record


def _tear_line(unit: Unit, record: Record, ref: str) -> str:
    torn = {link.key for link in links.of_record(unit.db, record.id, links.TEAR_LINE)}
    found = records.get(unit.db, unit.viewer, ref) if ref else None
    if found is None or found.uid not in torn or not found.is_published:
        raise Invalid([Problem("tear_line", "choice", "Choose a published tear-line of this record.")])
    return found.ref


def _tell(unit: Unit, request: OnwardRequest, record: Record) -> None:
    """Whoever asked hears of it: by an alert here, by a signed answer abroad."""
    if request.node_id == unit.node.node_id:
        unit.emit("onward.answered", record.id, accounts=[request.asked_by])
        return
    result = "no" if request.state == OnwardState.SILENT else request.state
    tell.to_inbox(
        unit,
        to=request.node_id,
        what=What.ANSWER,
        body=Answer.model_validate({"about": request.id, "result": result, "text": request.text}),
        tlp=audiences.load(unit.db, record.audience_id).tlp,
        record_uid=record.uid,
    )


def waiting(unit: Unit) -> Sequence[Line]:
    """Open requests that this viewer may answer, oldest first, under their own rule."""
    if unit.viewer.person is None:
        return []
    found = onward.to_answer(unit.db)
    return [line for line in _lines(unit, found) if line.record and answers_for(unit, line.record)]


def open_for(unit: Unit, record: Record) -> list[OnwardRequest]:
    """The open requests about one record that this viewer may answer."""
    if not answers_for(unit, record):
        return []
    return [
        one
        for one in onward.of_record(unit.db, record.uid)
        if one.state == OnwardState.OPEN and not one.outward and one.due_at > unit.now
    ]


def waiting_of(unit: Unit, ref: str) -> Sequence[Line]:
    """As `open_for`, with words for a page."""
    return _lines(unit, open_for(unit, find_record(unit, ref)))


def asked(unit: Unit) -> Sequence[Line]:
    """What the viewer and others of the same organization asked, newest first, about records they may read."""
    if unit.viewer.person is None or unit.viewer.organization is None:
        return []
    colleagues = {one.id for one in people.accounts(unit.db, organization=unit.viewer.organization)}
    found = [line for line in _lines(unit, onward.asked_by(unit.db, colleagues)) if _shows(unit, line)]
    return found[::-1]


def _shows(unit: Unit, line: Line) -> bool:
    return line.record is not None or line.request.asked_by == unit.viewer.person


def of_record(unit: Unit, record: Record) -> Sequence[Line]:
    """The requests about one record: all of them for its originator, those of their own organization for everybody else."""
    if unit.viewer.person is None:
        return []
    found = onward.of_record(unit.db, record.uid)
    if not answers_for(unit, record):
        homes = {
            one.id: one.organization for one in people.accounts(unit.db, ids={one.asked_by for one in found})
        }
        found = [one for one in found if homes.get(one.asked_by) == unit.viewer.organization]
    return _lines(unit, found)


def line(unit: Unit, request: OnwardRequest) -> Line:
    """One request in words."""
    return _lines(unit, [request])[0]


def _lines(unit: Unit, found: Sequence[OnwardRequest]) -> list[Line]:
    accounts = {
        one.id: one for one in people.accounts(unit.db, ids={one.asked_by for one in found if one.asked_by})
    }
    names = organizations.names(unit.db, {one.organization for one in accounts.values()})
    known = {uid: records.get(unit.db, unit.viewer, uid) for uid in {one.record_uid for one in found}}
    return [
        Line(
            one,
            known[one.record_uid],
            names.get(accounts[one.asked_by].organization, "") if one.asked_by in accounts else one.node_id,
        )
        for one in found
    ]


def copy_agreed(unit: Unit, record: Record) -> bool:
    """Did the originator agree that this viewer takes a copy of the version in force?"""
    version = version_in_force(_node(unit), record)
    return any(
        one.state == OnwardState.YES
        and one.version == version
        and not one.passage
        and one.asked_by == unit.viewer.person
        for one in onward.of_record(unit.db, record.uid)
    )


def end_due(unit: Unit) -> list[str]:
    """Silence becomes a no, on the side that asked and on the side that was asked. `unit` is the node's own."""
    ended = []
    for request in onward.overdue(unit.db, unit.now):
        onward.store(unit.db, replace(request, state=OnwardState.SILENT.value, answered_at=unit.now))
        record = records.get(unit.db, unit.viewer, request.record_uid)
        if record is not None and request.asked_by:
            unit.emit("onward.answered", record.id, accounts=[request.asked_by])
        unit.audit(
            "onward.silent", record.ref if record else "", audience_id=record.audience_id if record else None
        )
        ended.append(request.id)
    return ended
