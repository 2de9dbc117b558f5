"""A court or statutory order takes a record out of sight (G-08): one editor for a working day, a second person for longer.

Until somebody else has seen the order and confirmed it, the restriction is provisional: the clock ends it. Both are counted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from comity import policies
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.domain.working_days import end_of_working_days
from comity.services.settle import settle
from comity.services.step import give_reason, held_record, take
from comity.services.triage import check_reason
from comity.services.unit import Unit
from comity.storage import editorial

CONFIRMING: Final = frozenset({Role.EDITOR, Role.DATA_PROTECTION_OFFICER, Role.OMBUDSPERSON})
"""Whoever confirms that there is such an order; never the person who carried it out, and never the author."""

WORKING_DAYS: Final = 1
_OF_AN_ORDER: Final = ("tombstone_forbidden", "body_sealed", "before_order", "order")


def restrict(
    unit: Unit, *, ref: str, reason_code: str, text: str, order: str, tombstone_forbidden: bool
) -> Record:
    """An editor carries out an order, provisionally. A forbidden tombstone is only counted, in one total."""
    _editor(unit)
    record = held_record(unit, ref, copies=True)
    check_reason("restrict", reason_code, text)
    if not order.strip():
        said = "Enter the reference of the order for the log of legal demands."
        raise Invalid([Problem("order", "missing", said)])
    if _lapsed_before(unit, record):
        raise Conflict(
            "Nobody confirmed the order that you carried out on this record before. Somebody else carries out the next."
        )
    give_reason(
        unit,
        record,
        "restrict",
        reason_code=reason_code,
        text=text,
        order=order,
        forbidden=tombstone_forbidden,
    )
    record = _out_of_sight(unit, record, reason_code, text, order, tombstone_forbidden)
    unit.emit("restrict.provisional", record.id)
    return record


def _out_of_sight(
    unit: Unit, record: Record, reason_code: str, text: str, order: str, forbidden: bool
) -> Record:
    facts = Facts(by=Actor.LEGAL_ORDER, reason_code=reason_code, reason_text=text, order_logged=True)
    tombstone = {
        "title": "",
        "withdrawn_at": unit.now.isoformat(),
        "reason_code": reason_code,
        "reason": "By order of a court or authority.",
    }
    confirm_by = end_of_working_days(unit.now, WORKING_DAYS, policies.holidays())
    changed: dict[str, Any] = {
        **record.facts,
        "body_sealed": True,
        "tombstone_forbidden": forbidden,
        "restricted_from": record.state.value,
        "before_order": {"tombstone": record.tombstone, "body_sealed": record.facts.get("body_sealed")},
        "order": {"by": unit.viewer.person, "reference": order, "confirm_by": confirm_by.isoformat()},
    }
    # Until then whoever confirms may know of the tombstone, also of a record that they could not read.
    let_in = tuple(sorted({f"role:{role.value}" for role in CONFIRMING} - set(record.assigned)))
    changed["order"]["let_in"] = list(let_in)
    assigned = (*record.assigned, *let_in)
    return take(unit, record, Verb.RESTRICT, facts, tombstone=tombstone, facts=changed, assigned=assigned)


def provisional(record: Record) -> datetime | None:
    """Until when somebody has to confirm the order; None when nothing waits for that."""
    order = record.facts.get("order") or {}
    if record.state is not State.LEGALLY_RESTRICTED or not order.get("confirm_by"):
        return None
    return datetime.fromisoformat(str(order["confirm_by"]))


def may_confirm(unit: Unit, record: Record) -> bool:
    """Is this viewer a second person, in a role that confirms?"""
    first = (record.facts.get("order") or {}).get("by")
    return bool(unit.viewer.roles & CONFIRMING) and unit.viewer.person not in (first, record.author)


def confirm(unit: Unit, *, ref: str, order: str) -> Record:
    """A second person has seen the order and enters its reference, which must be the one in the log."""
    if not unit.viewer.roles & CONFIRMING:
        raise NotAllowed("An editor, the data protection officer or the ombudsperson confirms a legal order.")
    record = _ordered(unit, ref)
    if provisional(record) is None:
        raise Conflict("This order was confirmed already.")
    if not may_confirm(unit, record):
        raise NotAllowed("A second person confirms the order, who did not write the record.")
    known = record.facts["order"]
    if _folded(order) != _folded(str(known["reference"])):
        raise Invalid(
            [Problem("order", "differs", "This is not the reference in the log. Look at the order itself.")]
        )
    give_reason(unit, record, "restrict_confirmed", reason_code="order_seen", text="", order=order)
    unit.audit("restrict.confirm", record.ref, audience_id=record.audience_id)
    facts = {**record.facts, "order": {**known, "confirm_by": "", "confirmed_by": unit.viewer.person}}
    return settle(unit, replace(record, facts=facts, assigned=_without_officers(record)))


def end_unconfirmed(unit: Unit, record: Record) -> bool:
    """For the clock: nobody confirmed the order in time, so the record is back where it was."""
    due = provisional(record)
    if due is None or unit.now < due:
        return False
    text = "Nobody confirmed the order within a working day. The record is back where it was."
    give_reason(
        unit,
        record,
        "restrict_lapsed",
        reason_code="not_confirmed",
        text=text,
        by=record.facts["order"]["by"],
    )
    _back(unit, record, Facts(by=Actor.SYSTEM, order_unconfirmed=True))
    return True


def lift_restriction(unit: Unit, *, ref: str, text: str) -> Record:
    """The order has ended: the record goes back to where it was."""
    _editor(unit)
    record = _ordered(unit, ref)
    give_reason(unit, record, "restriction_lifted", reason_code="order_ended", text=text)
    return _back(unit, record, Facts(by=Actor.LEGAL_ORDER, order_ended=True))


def _editor(unit: Unit) -> None:
    if Role.EDITOR not in unit.viewer.roles:
        raise NotAllowed("The secretariat carries out a legal order.")


def _ordered(unit: Unit, ref: str) -> Record:
    """A forbidden tombstone is not there even for the editor, so the node itself looks it up by the reference in the log."""
    record = held_record(unit.acting_as(Viewer.system(unit.node.node_id, "a legal order")), ref, copies=True)
    if record.state is not State.LEGALLY_RESTRICTED:
        raise NotFound  # a refusal would tell an editor of records that are not theirs to know of
    return record


def _lapsed_before(unit: Unit, record: Record) -> bool:
    return any(
        one.what == "restrict_lapsed" and one.details.get("by") == unit.viewer.person
        for one in editorial.of_record(unit.db, editorial.Decision, record.id)
    )


def _back(unit: Unit, record: Record, facts: Facts) -> Record:
    before = record.facts.get("before_order") or {}
    changed = {name: value for name, value in record.facts.items() if name not in _OF_AN_ORDER}
    if before.get("body_sealed") is not None:
        changed["body_sealed"] = before["body_sealed"]
    assigned = _without_officers(record)
    tombstone = before.get("tombstone")
    return take(
        unit, record, Verb.LIFT_RESTRICTION, facts, tombstone=tombstone, facts=changed, assigned=assigned
    )


def _without_officers(record: Record) -> tuple[str, ...]:
    let_in = (record.facts.get("order") or {}).get("let_in") or ()
    return tuple(name for name in record.assigned if name not in let_in)


def _folded(reference: str) -> str:
    return "".join(reference.split()).casefold()
