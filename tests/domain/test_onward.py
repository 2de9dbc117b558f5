"""The third-party rule: who may be named, which answers there are, and when silence has become a no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from comity.domain.onward import answer_problems, due_at, in_time, recipient_problems

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def test_ten_working_days_end_with_the_tenth() -> None:
    assert due_at(MONDAY) == datetime(2026, 11, 17, tzinfo=UTC)
    assert in_time(due_at(MONDAY), due_at(MONDAY))
    assert not in_time(due_at(MONDAY) + timedelta(seconds=1), due_at(MONDAY))


@pytest.mark.parametrize("good", ["any", "org:uni-north", "node:kestria", "group:fjord"])
def test_a_recipient_is_one_of_four_sorts(good: str) -> None:
    assert recipient_problems(good) == []


@pytest.mark.parametrize(
    "bad", ["", "person:x", "role:editor", "org:Uni North", "everybody", "org:", "node:" + "x" * 200]
)
def test_nobody_else_is_a_recipient(bad: str) -> None:
    assert [one.field for one in recipient_problems(bad)] == ["recipient"]


@pytest.mark.parametrize(
    ("answer", "text", "field"),
    [
        ("yes", "", ""),
        ("tearline", "", ""),
        ("no", "", "text"),
        ("no", "It would give the source away.", ""),
        ("yes_with_changes", " ", "text"),
        ("yes_with_changes", "A visit was prepared.", ""),
        ("silent", "", "answer"),
        ("open", "", "answer"),
        ("maybe", "", "answer"),
        ("yes", "x" * 6001, "text"),
    ],
)
def test_an_answer_carries_what_it_needs(answer: str, text: str, field: str) -> None:
    assert [one.field for one in answer_problems(answer, text)] == ([field] if field else [])
