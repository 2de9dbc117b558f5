"""Counting in working days: Monday to Friday, without the holidays that a node names. Times of day are kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta


def working_days(start: datetime, n: int, holidays: Collection[date] = ()) -> datetime:
    """The moment `n` working days after `start`. Raises `ValueError` for a negative number."""
    if n < 0:
        raise ValueError("working days are counted forward")
    moment = start
    while n:
        moment += timedelta(days=1)
        if moment.weekday() < 5 and moment.date() not in holidays:
            n -= 1
    return moment
