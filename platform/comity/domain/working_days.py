"""Counting working days: Monday to Friday without the holidays that the node lists. Pure; the day of the event is day zero."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import Field

from comity.domain.policy import PolicyDocument

_SATURDAY = 5


class Holidays(PolicyDocument):
    """`policies/governance/holidays.yaml`: the days on which a node does not work. `day in holidays` asks whether it is one."""

    every_year: tuple[Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")], ...] = ()
    once: tuple[date, ...] = ()

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and (day in self.once or f"{day:%m-%d}" in self.every_year)


def is_working_day(day: date, holidays: Container[date] = ()) -> bool:
    """Monday to Friday, and not a holiday."""
    return day.weekday() < _SATURDAY and day not in holidays


def working_days(start: date, n: int, holidays: Container[date] = ()) -> date:
    """The `n`-th working day after `start`; `start` itself is not counted. `n` must be 1 or more."""
    if n < 1:
        raise ValueError("count at least one working day")
    day = start
    while n:
        day += timedelta(days=1)
        n -= is_working_day(day, holidays)
    return day


def end_of_working_days(start: datetime, n: int, holidays: Container[date] = ()) -> datetime:
    """The instant (UTC) at which the `n`-th working day after `start` has ended. `start` needs a time zone."""
    if start.tzinfo is None:
        raise ValueError("a time without a zone has no day")
    last = working_days(start.astimezone(UTC).date(), n, holidays)
    return datetime.combine(last + timedelta(days=1), time(), UTC)


def working_days_between(start: date, end: date, holidays: Container[date] = ()) -> int:
    """Working days after `start` up to and including `end`; 0 when `end` is not later."""
    days = (start + timedelta(days=step) for step in range(1, (end - start).days + 1))
    return sum(is_working_day(day, holidays) for day in days)
