"""G-43 and SG-05: figures are right, and a hidden cell stays hidden."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.transparency import SMALL_CELL, quarter, tabulate, times

ROWS = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("xy")), max_size=60)


@given(ROWS)
def test_open_figures_are_exact(rows: list[tuple[str, str]]) -> None:
    table = tabulate("Records", ["kind", "state"], rows)
    assert {cell.labels: cell.count for cell in table.cells} == Counter(rows)
    assert table.total == len(rows)


@given(ROWS)
def test_no_small_cell_is_shown_or_can_be_worked_out(rows: list[tuple[str, str]]) -> None:
    table = tabulate("Assessments", ["pathway", "grade"], rows, hide_small=True)
    truth: Counter[tuple[str, ...]] = Counter(rows)
    shown = {cell.labels: cell.count for cell in table.cells if cell.count is not None}
    hidden = [cell.labels for cell in table.cells if cell.count is None]
    assert all(count >= SMALL_CELL and count == truth[labels] for labels, count in shown.items())
    assert {labels for labels in truth if truth[labels] < SMALL_CELL} <= set(hidden)
    if hidden and table.total is not None:
        assert len(hidden) >= 2
        assert table.total - sum(shown.values()) >= SMALL_CELL


def test_one_small_cell_takes_a_neighbour_with_it() -> None:
    rows = [("a",)] * 2 + [("b",)] * 7 + [("c",)] * 30
    table = tabulate("Assessments", ["grade"], rows, hide_small=True)
    assert [cell.count for cell in table.cells] == [None, None, 30]
    assert table.total == 39


def test_a_lone_small_cell_hides_the_total() -> None:
    assert tabulate("Assessments", ["grade"], [("a",)] * 3, hide_small=True).total is None


def test_each_row_has_a_label_for_each_column() -> None:
    with pytest.raises(ValueError, match="one label"):
        tabulate("Records", ["kind"], [("a", "b")])


def test_median_and_ninetieth_percentile_in_hours() -> None:
    found = times("Review", [timedelta(hours=hour) for hour in range(1, 11)])
    assert (found.n, found.median_hours, found.p90_hours) == (10, 5.5, 9.0)
    assert times("Review", []).median_hours is None
    assert times("Review", [timedelta(hours=1)] * 4, hide_small=True) == times(
        "Review", [timedelta(hours=9)] * 3, hide_small=True
    )


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_quarter_holds_its_day_and_meets_the_next(day: date) -> None:
    first, last = quarter(day)
    assert first <= day <= last
    assert 90 <= (last - first).days + 1 <= 92
    assert quarter(last + timedelta(days=1))[0] == last + timedelta(days=1)
