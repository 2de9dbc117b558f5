"""Lift a personal-data block for one version: the data protection officer and the ombudsperson, both, with reasons (SG-02)."""

from __future__ import annotations

from dataclasses import replace

from comity.domain.errors import Conflict, Invalid, NotAllowed, Problem
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.services.draft import working
from comity.services.settle import settle
from comity.services.step import give_reason, held_record
from comity.services.unit import Unit
from comity.storage import revisions

_BOTH = (Role.DATA_PROTECTION_OFFICER, Role.OMBUDSPERSON)


def ask(unit: Unit, *, ref: str, necessity: str) -> Record:
    """The author asks for exceptional handling: the two officers are brought in on this record, and nobody else."""
    record = held_record(unit, ref)
    if record.author != unit.viewer.person:
        raise NotAllowed("The author asks for exceptional handling.")
    if not necessity.strip():
        raise Invalid(
            [Problem("necessity", "missing", "Say why the record cannot do without the personal data.")]
        )
    asked = tuple(dict.fromkeys((*record.assigned, *(f"role:{role.value}" for role in _BOTH))))
    record = settle(unit, replace(record, assigned=asked))
    give_reason(unit, record, "personal_data_asked", reason_code="exceptional_need", text=necessity)
    unit.audit("personal_data.ask", record.ref, audience_id=record.audience_id)
    unit.emit("personal_data.asked", record.id)
    return record


def lift(unit: Unit, *, ref: str, text: str) -> Record:
    """One of the two officers agrees, for the version that is being worked on now. A later version needs both again."""
    role = next((one for one in _BOTH if one in unit.viewer.roles), None)
    if role is None:
        raise NotAllowed("Only the data protection officer and the ombudsperson together lift this block.")
    record, revision = working(unit, ref)
    if record.author == unit.viewer.person:
        raise Conflict("Nobody decides on their own record.")
    if not text.strip():
        raise Invalid([Problem("text", "missing", "Give the reason for the exception.")])
    revisions.store(
        unit.db, replace(revision, frozen=True)
    )  # what the author types from now on is a later version
    give_reason(
        unit, record, "personal_data_lifted", reason_code="exceptional_need", text=text, role=role.value
    )
    unit.audit("personal_data.lift", record.ref, audience_id=record.audience_id, role=role.value)
    return record
