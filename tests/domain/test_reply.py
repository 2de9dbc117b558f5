"""G-30 to G-34: ten working days, waivers with reasons, late replies always."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import policies
from comity.domain.errors import Conflict, Invalid
from comity.domain.reply import (
    ReplySlot,
    ReplyState,
    decline,
    follow_up_overdue,
    invite,
    notice_required,
    receive,
    reply_window_over,
    settled,
    waive,
)
from comity.domain.tlp import TLP
from comity.domain.working_days import is_working_day, working_days, working_days_between

FRIDAY = datetime(2026, 11, 20, 16, tzinfo=UTC)
REASONS = policies.reason_codes()
INVITED = invite(ReplySlot(), FRIDAY)


def test_notice_is_for_negative_statements_in_clear_and_green() -> None:
    assert [label for label in TLP if notice_required(label, names_entity_negatively=True)] == [
        TLP.CLEAR,
        TLP.GREEN,
    ]
    assert not any(notice_required(label, names_entity_negatively=False) for label in TLP)


def test_the_window_is_ten_whole_working_days() -> None:
    assert INVITED.due_at == datetime(2026, 12, 5, tzinfo=UTC)
    assert not reply_window_over(INVITED, datetime(2026, 12, 4, 23, 59, 59, tzinfo=UTC))
    assert reply_window_over(INVITED, datetime(2026, 12, 5, tzinfo=UTC))
    assert not reply_window_over(ReplySlot(), datetime(2099, 1, 1, tzinfo=UTC))


def test_holidays_lengthen_it() -> None:
    assert invite(ReplySlot(), FRIDAY, [date(2026, 12, 4)]).due_at == datetime(2026, 12, 8, tzinfo=UTC)


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(1, 60),
    st.frozensets(st.dates(date(2020, 1, 1), date(2031, 1, 1))),
)
def test_working_days_count_back_to_what_was_asked(start: date, n: int, holidays: frozenset[date]) -> None:
    end = working_days(start, n, holidays)
    assert is_working_day(end, holidays)
    assert working_days_between(start, end, holidays) == n
    assert working_days_between(start, end - timedelta(days=1), holidays) == n - 1


def test_an_early_reply_does_not_shorten_the_notice_that_was_promised() -> None:
    answered = receive(INVITED, "We have ended the programme.", FRIDAY + timedelta(days=1))
    assert not settled([answered], FRIDAY + timedelta(days=2), required=True)
    assert not settled([decline(INVITED)], FRIDAY + timedelta(days=2), required=True)
    assert settled([answered], FRIDAY + timedelta(days=20), required=True)


def test_nothing_is_settled_while_one_organization_was_not_told() -> None:
    late = FRIDAY + timedelta(days=40)
    assert not settled([], late, required=True)
    assert not settled([INVITED, ReplySlot()], late, required=True)
    assert settled([], late, required=False)


def test_a_waiver_needs_a_listed_reason_and_notice_within_30_days() -> None:
    with pytest.raises(Invalid):
        waive(ReplySlot(), "in_a_hurry", FRIDAY, REASONS)
    waived = waive(ReplySlot(), "urgent_path", FRIDAY, REASONS)
    assert settled([waived], FRIDAY, required=True)
    assert not follow_up_overdue(waived, FRIDAY + timedelta(days=29))
    assert follow_up_overdue(waived, FRIDAY + timedelta(days=30))
    told = invite(waived, FRIDAY + timedelta(days=10))
    assert not follow_up_overdue(told, FRIDAY + timedelta(days=90))


def test_only_council_waives_again() -> None:
    waived = waive(ReplySlot(), "safety_of_person", FRIDAY, REASONS)
    with pytest.raises(Conflict, match="council"):
        waive(waived, "safety_of_person", FRIDAY, REASONS)
    again = waive(waived, "safety_of_person", FRIDAY + timedelta(days=30), REASONS, by_council=True)
    assert not follow_up_overdue(again, FRIDAY + timedelta(days=59))


@pytest.mark.parametrize(
    "slot", [INVITED, decline(INVITED), waive(ReplySlot(), "legal_order", FRIDAY, REASONS)]
)
def test_late_replies_are_always_accepted(slot: ReplySlot) -> None:
    answered = receive(slot, "Our position.", FRIDAY + timedelta(days=900))
    assert answered.state is ReplyState.RECEIVED
    assert receive(
        answered, "Our later position.", FRIDAY + timedelta(days=901)
    ).received_at == FRIDAY + timedelta(days=901)


def test_a_reply_has_between_one_and_a_thousand_words() -> None:
    receive(INVITED, "word " * 1000, FRIDAY)
    for words in ("word " * 1001, "  "):
        with pytest.raises(Invalid):
            receive(INVITED, words, FRIDAY)


def test_steps_out_of_order_are_refused() -> None:
    with pytest.raises(Conflict):
        invite(INVITED, FRIDAY)
    with pytest.raises(Conflict):
        decline(ReplySlot())
    with pytest.raises(Conflict):
        receive(ReplySlot(), "Words.", FRIDAY)
    with pytest.raises(Conflict):
        waive(decline(INVITED), "legal_order", FRIDAY, REASONS)
