"""What the passing of time does: embargoes and reply windows end, records expire, holds end, reviews time out.

The worker calls `tick` every few seconds; it is idempotent, and one bad record stops nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from comity.domain.errors import ComityError
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.record import Record
from comity.domain.working_days import end_of_working_days
from comity.services import hold
from comity.services.publish import advance
from comity.services.reviewers import rule_of
from comity.services.step import give_reason, held_record, take
from comity.services.unit import Unit
from comity.storage import records


@dataclass(frozen=True)
class Ticked:
    """References of what moved."""

    published: Sequence[str]
    expired: Sequence[str]
    resumed: Sequence[str]
    timed_out: Sequence[str]


def tick(unit: Unit) -> Ticked:
    """Do everything that is due at `unit.now`. The unit's viewer is the node itself."""
    return Ticked(
        published=[one.ref for one in _waiting(unit, State.APPROVED) if _moved(unit, one)],
        expired=[_expire(unit, one) for one in records.due(unit.db, unit.viewer, now=unit.now)],
        resumed=hold.end_due(unit),
        timed_out=[one.ref for one in _waiting(unit, State.IN_REVIEW) if _timed_out(unit, one)],
    )


def _waiting(unit: Unit, state: State) -> Sequence[Record]:
    return records.listing(unit.db, unit.viewer, states=[state], sort="waiting", limit=500)


def _moved(unit: Unit, record: Record) -> bool:
    try:
        return advance(unit, held_record(unit, record.ref)).state is State.PUBLISHED
    except ComityError:
        return False


def _expire(unit: Unit, record: Record) -> str:
    held = held_record(unit, record.ref)
    take(unit, held, Verb.EXPIRE, Facts(by=Actor.SYSTEM, expiry_reached=True))
    return record.ref


def _timed_out(unit: Unit, record: Record) -> bool:
    """Silence is neither approval nor refusal: the item goes back to its author with that reason (G-05)."""
    needs = rule_of(unit, record).needs
    if needs.hours is not None:
        due = record.state_since + timedelta(hours=needs.hours)
    else:
        due = end_of_working_days(record.state_since, needs.days or 0)
    if unit.now < due:
        return False
    text = "The time for review ended without a quorum. That is neither approval nor refusal; you can submit again."
    held = held_record(unit, record.ref)
    give_reason(unit, held, "return", reason_code="time_over", text=text)
    facts = Facts(by=Actor.SYSTEM, deadline_passed=True, reason_code="time_over", reason_text=text)
    take(unit, held, Verb.TIME_OUT, facts)
    return True
