"""What age does to a record: its author is asked when the review date has come (SG-16), and after retention it is archived.

An imported bulletin is looked at again by its source; readers see that its review date has passed all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

from comity.domain.errors import ComityError
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.months import add_months
from comity.domain.record import Record
from comity.services.step import held_record, take
from comity.services.unit import Unit
from comity.storage import records

ASKED: Final = "review_asked"
_ENDED: Final = (State.SUPERSEDED, State.EXPIRED, State.WITHDRAWN, State.REJECTED)


@dataclass(frozen=True)
class Aged:
    """References of what was asked about and of what was archived."""

    to_review: Sequence[str]
    archived: Sequence[str]


def age(unit: Unit) -> Aged:
    """Do what is due at `unit.now`; idempotent. The unit's viewer is the node itself."""
    past = records.past_review(unit.db, unit.viewer, now=unit.now)
    found = [one for one in past if one.facts.get(ASKED) != _date_of(one)]
    return Aged(to_review=_each(unit, found, _ask), archived=_each(unit, _over(unit), _archive))


def _each(unit: Unit, found: Sequence[Record], act: Callable[[Unit, Record], Record]) -> list[str]:
    moved = []
    for one in found:
        try:
            with unit.db.begin_nested():
                moved.append(act(unit, held_record(unit, one.ref)).ref)
        except ComityError:  # somebody moved it first, or a rule says not yet
            continue
    return moved


def _date_of(record: Record) -> str:
    return record.review_due.isoformat() if record.review_due else ""


def _ask(unit: Unit, record: Record) -> Record:
    facts = Facts(by=Actor.SYSTEM, review_date_reached=record.overdue(unit.now))
    return take(unit, record, Verb.MARK_REVIEW_DUE, facts, facts={**record.facts, ASKED: _date_of(record)})


def _over(unit: Unit) -> Sequence[Record]:
    """What ended longer ago than the legal profile keeps records. A node without a profile keeps everything."""
    months = (unit.node.legal_profile.get("retention_months") or {}).get("records")
    if not months:
        return ()
    last = datetime.combine(add_months(unit.now.date(), -int(months)), time(), UTC)
    return records.standing_since(unit.db, unit.viewer, states=_ENDED, until=last)


def _archive(unit: Unit, record: Record) -> Record:
    facts = Facts(by=Actor.SYSTEM, retention_over=True, nothing_in_force=not record.is_published)
    return take(unit, record, Verb.ARCHIVE, facts)
