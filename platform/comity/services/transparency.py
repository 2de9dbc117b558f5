"""The transparency report of a quarter, from the log (G-43), and today's numbers of what anyone may read.

Decided (H-04 against G-43): a number that counts records above TLP:CLEAR is published only when its quarter is over, with cells
under five hidden so that they cannot be worked out from totals. Live numbers are only those that a visitor could count by
searching. So no number moves on the day on which a restricted record does. Drafts that were never handed in count nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from comity import policies
from comity.domain.errors import NotFound
from comity.domain.lifecycle_facts import State
from comity.domain.transparency import (
    SMALL_CELL,
    Cell,
    Table,
    Times,
    TransparencyReport,
    quarter,
    tabulate,
    times,
)
from comity.domain.viewer import Viewer
from comity.services.count_sharing import counted
from comity.services.unit import Unit
from comity.storage import figures, people, records
from comity.storage.figures import Given, Moved

NO_SECTOR = "none"
_ENDS_OF_REVIEW = ("approve", "request_changes", "reject", "time_out")
_CHANGES = {
    "correct_minor": "minor correction",
    "revise": "substantive correction handed in",
    "revise_sources": "substantive correction handed in",
    "withdraw": "withdrawal",
    "restrict": "removal by legal order",
    "expire": "expiry",
    "supersede": "replacement by a newer record",
    "open_dispute": "dispute opened",
    "time_out": "review without a quorum in time",
}

_WITH_REASON = {
    "downgrade": "Markings lowered in a correction, by reason",
    "redact": "Passages taken out of replies, by reason",
    "waiver": "Prior notice to a named organization waived, by reason",
}


@dataclass(frozen=True)
class Live:
    """What anyone can count today: CLEAR records that are published, by kind, sector and state."""

    tables: Sequence[Table]


@dataclass(frozen=True)
class Report:
    """One finished quarter, with its short name such as `2026-Q3` and what the figures leave out."""

    name: str
    figures: TransparencyReport
    forbidden_tombstones: int


def live(unit: Unit) -> Live:
    """Counted under the public's own rule, whoever asks."""
    public = unit.acting_as(people.public_viewer(unit.db))
    return Live(
        [
            _counted(
                f"TLP:CLEAR records by {column}", column, records.counts(public.db, public.viewer, column)
            )
            for column in ("kind", "sector", "state")
        ]
    )


def _counted(title: str, column: str, counts: Mapping[str, int]) -> Table:
    cells = [Cell((label or NO_SECTOR,), count) for label, count in sorted(counts.items())]
    return Table(title, (column,), tuple(cells), sum(counts.values()))


def name_of(first: date) -> str:
    """`2026-Q3`."""
    return f"{first.year}-Q{(first.month - 1) // 3 + 1}"


def finished(unit: Unit) -> list[str]:
    """Names of the quarters that are over since the log began, newest first."""
    began = figures.first_day(unit.db)
    if began is None:
        return []
    found: list[str] = []
    first, last = quarter(began.date())
    while last < unit.now.date():
        found.append(name_of(first))
        first, last = quarter(last + timedelta(days=1))
    return found[::-1]


def report(unit: Unit, *, name: str) -> Report:
    """The figures of one finished quarter. `NotFound` for one that is not over, or before the node began."""
    if name not in finished(unit):
        raise NotFound
    first, last = quarter(date(int(name[:4]), 3 * int(name[-1]) - 2, 1))
    since = datetime.combine(first, time(), UTC)
    until = datetime.combine(last + timedelta(days=1), time(), UTC)
    system = unit.acting_as(Viewer.system(unit.node.node_id, "transparency report"))
    moved = figures.steps(system.db, until=until)
    given = figures.decisions(system.db, since=since, until=until)
    return Report(
        name=name,
        figures=TransparencyReport(
            first=first,
            last=last,
            policy_version=policies.quorum().version,
            tables=(
                *_records(system, moved, since, until),
                *_reasons(given),
                *_others(system, given, since, until),
                *(_table(*one) for one in counted(system, since, until)),
            ),
            times=(*_times(moved, since), _appeal_times(system, since, until)),
        ),
        forbidden_tombstones=len(figures.forbidden(system.db, until=until)),
    )


def _table(title: str, columns: Sequence[str], rows: Iterable[tuple[str, ...]]) -> Table:
    return tabulate(title, columns, rows, hide_small=True)


def _records(system: Unit, moved: Sequence[Moved], since: datetime, until: datetime) -> list[Table]:
    known = figures.envelopes(system.db, until=until)
    last = {one.record: one.state for one in moved}
    shown = [(known[record], state) for record, state in last.items() if record in known]
    inside = [one for one in moved if one.at >= since]
    published = {one.record for one in inside if one.step == "publish"}
    return [
        _table("Records handed in so far, by kind", ("kind",), [(one.kind,) for one, _ in shown]),
        _table(
            "Records handed in so far, by sector",
            ("sector",),
            [(one.sector or NO_SECTOR,) for one, _ in shown],
        ),
        _table(
            "Records handed in so far, by state at the end",
            ("state",),
            [(State(state).label,) for _, state in shown],
        ),
        _table(
            "Published in the quarter, by kind and sector",
            ("kind", "sector"),
            [(known[one].kind, known[one].sector or NO_SECTOR) for one in published if one in known],
        ),
        _table(
            "What happened to published records",
            ("change",),
            [(_CHANGES[one.step],) for one in inside if one.step in _CHANGES],
        ),
    ]


def _reasons(given: Sequence[Given]) -> list[Table]:
    refusals = [
        (one.what, one.reason or "none given") for one in given if one.what in ("return", "reject", "refuse")
    ]
    withdrawn = [(one.reason,) for one in given if one.what == "withdrawal_asked"]
    rules = [(str(one.details.get("rule", "other")),) for one in given if one.what == "language_override"]
    return [
        _table("Returns and refusals, by reason", ("what", "reason"), refusals),
        _table("Withdrawals asked for, by reason", ("reason",), withdrawn),
        *(
            _table(title, ("reason",), [(one.reason,) for one in given if one.what == what])
            for what, title in _WITH_REASON.items()
        ),
        _table("Findings of the language check that authors kept with a reason, by rule", ("rule",), rules),
    ]


def _others(system: Unit, given: Sequence[Given], since: datetime, until: datetime) -> list[Table]:
    asked = figures.holds(system.db, since=since, until=until)
    holds = [(sector or NO_SECTOR, "granted" if granted else "not granted") for sector, granted in asked]
    answered = figures.replies(system.db, since=since, until=until)
    replies = [("replied" if one else "no reply by the end of the quarter",) for one in answered]
    appeals = [
        (outcome or "not decided by the end of the quarter",)
        for outcome, _, _ in figures.disputes(system.db, since=since, until=until)
    ]
    counted = {
        "restrict": "legal order carried out",
        "restrict_confirmed": "legal order confirmed by a second person",
        "restrict_lapsed": "legal order that nobody confirmed",
        "conflict_entered": "conflict of interest entered after a vote",
        "conflict_found": "conflict of interest confirmed after a vote",
    }
    return [
        _table("Holds asked for, by sector", ("sector", "outcome"), holds),
        _table("Organizations invited to reply", ("what became of it",), replies),
        _table("Appeals, by outcome", ("outcome",), appeals),
        _table(
            "Exceptions and legal demands",
            ("what",),
            [(counted[one.what],) for one in given if one.what in counted]
            + [("personal-data exception",)] * figures.exceptions(system.db, since=since, until=until),
        ),
    ]


def _times(moved: Sequence[Moved], since: datetime) -> list[Times]:
    spans = (
        ("From handing in to the beginning of review", ("submit",), ("begin_review",)),
        ("From the beginning of review to its end", ("begin_review",), _ENDS_OF_REVIEW),
        ("From handing in to publication", ("submit",), ("publish",)),
    )
    return [
        times(title, [took for took, at in _spans(moved, begins, ends) if at >= since], hide_small=True)
        for title, begins, ends in spans
    ]


def _spans(
    moved: Sequence[Moved], begins: Sequence[str], ends: Sequence[str]
) -> Iterable[tuple[timedelta, datetime]]:
    """How long from the last beginning to the next end of each record, and when that end was."""
    began: dict[int, datetime] = {}
    for one in moved:
        if one.step in begins:
            began[one.record] = one.at
        elif one.step in ends and one.record in began:
            yield one.at - began.pop(one.record), one.at


def _appeal_times(system: Unit, since: datetime, until: datetime) -> Times:
    found = figures.disputes(system.db, since=since, until=until)
    took = [decided - raised for _, raised, decided in found if decided is not None]
    return times("From an appeal to its decision", took, hide_small=True)


def as_json(found: Report) -> dict[str, object]:
    """For programs. A hidden count is null."""
    one = found.figures
    return {
        "quarter": found.name,
        "first_day": one.first.isoformat(),
        "last_day": one.last.isoformat(),
        "policy_version": one.policy_version,
        "cells_under_hidden": SMALL_CELL,
        "tables": [
            {
                "title": table.title,
                "columns": list(table.columns),
                "cells": [{"labels": list(cell.labels), "count": cell.count} for cell in table.cells],
                "total": table.total,
            }
            for table in one.tables
        ],
        "times_in_hours": [
            {"title": each.title, "n": each.n, "median": each.median_hours, "p90": each.p90_hours}
            for each in one.times
        ],
        "forbidden_tombstones": found.forbidden_tombstones,
    }


def as_rows(found: Report) -> list[tuple[str, str, str]]:
    """For a CSV file: section, label, value; a hidden count is `under 5`."""
    hidden = f"under {SMALL_CELL} or hidden"
    rows = []
    for table in found.figures.tables:
        rows += [
            (table.title, " / ".join(cell.labels), hidden if cell.count is None else str(cell.count))
            for cell in table.cells
        ]
        rows.append((table.title, "total", hidden if table.total is None else str(table.total)))
    for each in found.figures.times:
        rows += [
            (each.title, "n", hidden if each.n is None else str(each.n)),
            (each.title, "median hours", _hours(each.median_hours)),
            (each.title, "90th percentile hours", _hours(each.p90_hours)),
        ]
    rows.append(
        (
            "Records out of sight by an order that forbids a tombstone",
            "total",
            str(found.forbidden_tombstones),
        )
    )
    return rows


def _hours(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
