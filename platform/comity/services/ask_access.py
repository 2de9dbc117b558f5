"""Ask to read what one was told of by word of mouth, without learning whether it is here (peers row 20).

The asker gets one answer, whatever they name: the same words, the same rows, the same audit entry. Where the reference is that of a
record, the request reaches those of its originator who may read it and answer for it, and nobody else; otherwise the editors.
Nobody sees their own request among those to answer, so no editor can ask in order to see where it arrives. Whoever answers does so
in person: the node itself tells the asker neither yes nor no.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from comity.domain.errors import Invalid, NotFound, Problem, SignInNeeded, TooMany
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services.unit import Unit
from comity.storage import access_requests, organizations, people, records
from comity.storage.access_requests import AccessRequest

ABOUT_CHARACTERS: Final = 200
REASON_CHARACTERS: Final = 2000
MOST_A_DAY: Final = 10


@dataclass(frozen=True)
class Waiting:
    """A request that this viewer may answer. `record` is None at the editors' desk."""

    id: int
    name: str
    email: str
    organization: str
    about: str
    reason: str
    at: datetime
    record: Record | None


def ask(unit: Unit, *, about: str, reason: str) -> None:
    """Pass the request on. `Invalid` names the field, `TooMany` comes after 10 in a day: both say nothing of any record."""
    unit.need("request_advice")
    person = unit.viewer.person
    if person is None or unit.viewer.scopes is not None:
        raise SignInNeeded
    named, why = " ".join(about.split()), reason.strip()
    _check(named, why)
    if access_requests.since(unit.db, person, unit.now - timedelta(days=1)) >= MOST_A_DAY:
        raise TooMany(int(timedelta(days=1).total_seconds()))
    node = unit.acting_as(Viewer.system(unit.node.node_id, "pass on a request for access"))
    record = records.get(node.db, node.viewer, named)  # one look, whatever is named
    access_requests.add(
        unit.db, AccessRequest(person, named, why, unit.now, record_id=record.id if record else None)
    )
    unit.audit("access.ask")  # who asked and when; what was asked for is in no log
    unit.emit("access.asked", record.id if record else None)


def _check(named: str, why: str) -> None:
    problems = []
    if not 0 < len(named) <= ABOUT_CHARACTERS:
        problems.append(
            Problem(
                "about",
                "length",
                f"Name it in up to {ABOUT_CHARACTERS} characters: a reference or a subject.",
            )
        )
    if not 0 < len(why) <= REASON_CHARACTERS:
        problems.append(
            Problem("reason", "length", f"Say why you need it, in up to {REASON_CHARACTERS} characters.")
        )
    if problems:
        raise Invalid(problems)


def waiting(unit: Unit) -> Sequence[Waiting]:
    """The requests that this viewer may answer, oldest first, under their own rule."""
    mine = _mine(unit)
    accounts = {one.id: one for one in people.accounts(unit.db, ids={one.account_id for one, _ in mine})}
    names = {one.id: one.name for one in organizations.listed(unit.db)}
    return [
        Waiting(
            id=one.id,
            name=accounts[one.account_id].name,
            email=accounts[one.account_id].email,
            organization=names.get(accounts[one.account_id].organization, ""),
            about=one.about,
            reason=one.reason,
            at=one.created_at,
            record=record,
        )
        for one, record in mine
        if one.account_id in accounts
    ]


def close(unit: Unit, *, request_id: int) -> None:
    """It is dealt with. `NotFound` for a request that is not this viewer's to answer."""
    if request_id not in {one.id for one, _ in _mine(unit)}:
        raise NotFound
    access_requests.close(unit.db, [request_id], by=unit.viewer.person or "", now=unit.now)
    unit.audit("access.close")


def _mine(unit: Unit) -> list[tuple[AccessRequest, Record | None]]:
    if unit.viewer.person is None or unit.viewer.scopes is not None:
        return []
    found = [one for one in access_requests.waiting(unit.db) if one.account_id != unit.viewer.person]
    known = records.by_ids(unit.db, unit.viewer, [one.record_id for one in found if one.record_id])
    editor = Role.EDITOR in unit.viewer.roles
    return [
        (one, known.get(one.record_id) if one.record_id else None)
        for one in found
        if (editor if one.record_id is None else _answers_for(unit, known.get(one.record_id)))
    ]


def _answers_for(unit: Unit, record: Record | None) -> bool:
    """Its author, and those of its originator who may take it down."""
    if record is None:
        return False
    same = record.organization == unit.viewer.organization
    return record.author == unit.viewer.person or (same and unit.viewer.may("withdraw", "own"))
