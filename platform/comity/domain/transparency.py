"""The transparency report as figures: counting, times, and the hiding of small cells. Source: G-43, SG-05.

Refuses to know where events come from; it is handed labels and durations and returns tables. A hidden cell cannot be worked out
from the total: when too little is hidden, more cells are, and if that does not help, the total is hidden too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from statistics import median
from typing import Final

SMALL_CELL: Final = 5


@dataclass(frozen=True)
class Cell:
    """A count under its labels. `count` is None where the number is hidden because it is small, or would give a small one away."""

    labels: tuple[str, ...]
    count: int | None


@dataclass(frozen=True)
class Table:
    """A counted section of the report. `total` is None when it would reveal a hidden cell."""

    title: str
    columns: tuple[str, ...]
    cells: tuple[Cell, ...]
    total: int | None


@dataclass(frozen=True)
class Times:
    """How long something took, in hours, over `n` cases; None when there were none, or fewer than may be shown."""

    title: str
    n: int | None
    median_hours: float | None
    p90_hours: float | None


@dataclass(frozen=True)
class TransparencyReport:
    """One quarter. Both ends are included; `policy_version` is that of the quorum policy in force on the last day."""

    first: date
    last: date
    policy_version: str
    tables: tuple[Table, ...]
    times: tuple[Times, ...]


def quarter(day: date) -> tuple[date, date]:
    """The first and the last day of the calendar quarter that holds `day`."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    following = date(first.year + first.month // 10, (first.month + 3 - 1) % 12 + 1, 1)
    return first, following - timedelta(days=1)


def tabulate(
    title: str, columns: Sequence[str], rows: Iterable[tuple[str, ...]], *, hide_small: bool = False
) -> Table:
    """Count equal rows; each row has one label a column. Cells are in order of their labels."""
    counts = Counter(rows)
    if any(len(labels) != len(columns) for labels in counts):
        raise ValueError("each row needs one label for each column")
    total = counts.total()
    hidden = _hidden(counts) if hide_small else frozenset()
    concealed = sum(counts[labels] for labels in hidden)
    reveals = 0 < concealed < SMALL_CELL
    cells = tuple(Cell(labels, None if labels in hidden else counts[labels]) for labels in sorted(counts))
    return Table(title, tuple(columns), cells, None if reveals else total)


def _hidden(counts: Counter[tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
    """The small cells, and as many of the next smallest as are needed to keep the total from giving them away."""
    by_size = sorted(counts, key=lambda labels: (counts[labels], labels))
    hidden = [labels for labels in by_size if counts[labels] < SMALL_CELL]
    if not hidden:
        return frozenset()
    for labels in by_size[len(hidden) :]:
        if sum(counts[one] for one in hidden) >= SMALL_CELL:
            break
        hidden.append(labels)
    return frozenset(hidden)


def times(title: str, durations: Iterable[timedelta], *, hide_small: bool = False) -> Times:
    """Median and 90th percentile (nearest rank), in hours with one decimal."""
    hours = sorted(duration.total_seconds() / 3600 for duration in durations)
    if not hours:
        return Times(title, 0, None, None)
    if hide_small and len(hours) < SMALL_CELL:
        return Times(title, None, None, None)
    ninetieth = hours[ceil(0.9 * len(hours)) - 1]
    return Times(title, len(hours), round(median(hours), 1), round(ninetieth, 1))
