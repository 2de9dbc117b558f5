"""What the passing of time does: embargoes and reply windows end, records expire, holds end, reviews time out,
notices that were waived follow, orders that nobody confirmed end, authors are asked about conditions whose time is over.

The worker calls `tick` every few seconds; it is idempotent, and one bad record stops nothing: each is moved in a savepoint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from comity import policies
from comity.domain.errors import ComityError
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.record import Record
from comity.domain.working_days import end_of_working_days
from comity.services import end_handling, hold, onward, reply
from comity.services.publish import advance
from comity.services.restrict import end_unconfirmed
from comity.services.reviewers import rule_of
from comity.services.step import give_reason, held_record, take
from comity.services.unit import Unit
from comity.storage import records

PORTION: Final = 500


@dataclass(frozen=True)
class Ticked:
    """References of what moved. `failed` could not be moved for a reason that nobody foresaw; the next tick tries again."""

    published: Sequence[str]
    expired: Sequence[str]
    resumed: Sequence[str]
    timed_out: Sequence[str]
    to_tell: Sequence[str]
    to_look_at: Sequence[str]
    unconfirmed: Sequence[str] = field(default=())
    silent: Sequence[str] = ()
    failed: Sequence[str] = field(default=())


def tick(unit: Unit) -> Ticked:
    """Do everything that is due at `unit.now`. The unit's viewer is the node itself."""
    failed: list[str] = []
    return Ticked(
        published=_each(unit, _waiting(unit, State.APPROVED), _publish, failed),
        expired=_each(unit, records.due(unit.db, unit.viewer, now=unit.now), _expire, failed),
        resumed=hold.end_due(unit),
        timed_out=_each(unit, _waiting(unit, State.IN_REVIEW), _time_out, failed),
        to_tell=reply.follow_up(unit),
        to_look_at=end_handling.ask_due(unit),
        unconfirmed=_each(unit, _waiting(unit, State.LEGALLY_RESTRICTED), _order_lapsed, failed),
        silent=onward.end_due(unit),
        failed=failed,
    )


def _each(
    unit: Unit, found: Sequence[Record], act: Callable[[Unit, Record], bool], failed: list[str]
) -> list[str]:
    """References of those that `act` moved. What fails is undone alone."""
    moved = []
    for record in found:
        try:
            with unit.db.begin_nested():
                if act(unit, record):
                    moved.append(record.ref)
        except ComityError:  # somebody else moved it first, or a rule says not yet
            continue
        except Exception:  # noqa: BLE001  told to the worker, which logs it; the others must not wait for it
            failed.append(record.ref)
    return moved


def _waiting(unit: Unit, state: State) -> Sequence[Record]:
    """Everything that stands in a state, in portions: many long embargoes must not keep a newer record waiting."""
    found: list[Record] = []
    while True:
        portion = records.listing(
            unit.db, unit.viewer, states=[state], sort="waiting", limit=PORTION, offset=len(found)
        )
        found += portion
        if len(portion) < PORTION:
            return found


def _publish(unit: Unit, record: Record) -> bool:
    return advance(unit, held_record(unit, record.ref)).state is State.PUBLISHED


def _expire(unit: Unit, record: Record) -> bool:
    take(unit, held_record(unit, record.ref), Verb.EXPIRE, Facts(by=Actor.SYSTEM, expiry_reached=True))
    return True


def _order_lapsed(unit: Unit, record: Record) -> bool:
    return end_unconfirmed(unit, held_record(unit, record.ref))


def _time_out(unit: Unit, record: Record) -> bool:
    """Silence is neither approval nor refusal: the item goes back to its author with that reason (G-05)."""
    needs = rule_of(unit, record).needs
    if needs.hours is not None:
        due = record.state_since + timedelta(hours=needs.hours)
    else:
        due = end_of_working_days(record.state_since, needs.days or 0, policies.holidays())
    if unit.now < due:
        return False
    text = "The time for review ended without a quorum. That is neither approval nor refusal; you can submit again."
    held = held_record(unit, record.ref)
    give_reason(unit, held, "return", reason_code="time_over", text=text)
    facts = Facts(by=Actor.SYSTEM, deadline_passed=True, reason_code="time_over", reason_text=text)
    take(unit, held, Verb.TIME_OUT, facts)
    return True
