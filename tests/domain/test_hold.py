"""G-06 and J-07: two sectors agree, the hold ends by itself, council renews once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import policies
from comity.domain.hold import (
    Hold,
    HoldState,
    advance,
    hold_tally,
    renewal_problems,
    renewed,
    request_problems,
)
from comity.domain.quorum import Decision, Vote
from comity.domain.roles import Sector

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOLD = Hold(HoldState.REQUESTED, "ongoing_operation", "liaison-1", NOW, NOW + timedelta(days=14))
POLICY = policies.quorum()


def problems(**update: object) -> list[str]:
    request = {
        "reason_code": "ongoing_operation",
        "text": "Work is under way.",
        "ends_at": NOW + timedelta(days=14),
        "now": NOW,
        "earlier_holds": 0,
    }
    found = request_problems(**(request | update), policy=POLICY, reasons=policies.reason_codes())  # type: ignore[arg-type]
    return [problem.code for problem in found]


def agree(person: str, sector: Sector | None, organization: str | None = None) -> Vote:
    return Vote(
        reviewer_id=person,
        organization=organization or person,
        sector=sector,
        decision=Decision.APPROVE,
        revision=0,
    )


def agreed(*votes: Vote) -> bool:
    return hold_tally(votes, HOLD, originator="uni-north", authors={"author"}, policy=POLICY).met


def test_a_request_needs_a_reason_words_and_an_end_within_14_days() -> None:
    assert problems() == []
    assert problems(reason_code="because") == ["unknown-reason"]
    assert problems(text=" ") == ["missing"]
    assert problems(ends_at=NOW + timedelta(days=14, seconds=1)) == ["too-long"]
    assert problems(ends_at=NOW) == ["too-long"]


def test_a_second_hold_on_the_same_record_is_councils_renewal() -> None:
    assert problems(earlier_holds=1) == ["held-before"]


def test_two_sectors_one_non_government_must_agree_and_asking_is_not_agreeing() -> None:
    ministry, university = agree("m", Sector.GOVERNMENT), agree("u", Sector.ACADEMIA)
    assert agreed(ministry, university)
    assert not agreed(agree("liaison-1", Sector.GOVERNMENT), university)
    assert not agreed(university, agree("u2", Sector.ACADEMIA))
    assert not agreed(university, agree("editor", None))
    assert not agreed(university, agree("colleague", Sector.INDUSTRY, "uni-north"))


@given(st.integers(1, 20))
def test_no_number_of_ministries_holds_a_record(count: int) -> None:
    assert not agreed(*(agree(f"ministry-{n}", Sector.GOVERNMENT) for n in range(count)))


def test_it_takes_effect_when_agreed_and_ends_by_itself() -> None:
    assert advance(HOLD, agreed=False, now=NOW).state is HoldState.REQUESTED
    held = advance(HOLD, agreed=True, now=NOW)
    assert held.state is HoldState.IN_FORCE
    assert advance(held, agreed=True, now=HOLD.ends_at - timedelta(seconds=1)).state is HoldState.IN_FORCE
    assert advance(held, agreed=True, now=HOLD.ends_at).state is HoldState.ENDED


def test_agreement_after_the_end_is_too_late() -> None:
    assert advance(HOLD, agreed=True, now=HOLD.ends_at).state is HoldState.LAPSED


@pytest.mark.parametrize("state", [HoldState.ENDED, HoldState.LAPSED, HoldState.LIFTED])
def test_what_has_ended_stays_ended(state: HoldState) -> None:
    assert advance(replace(HOLD, state=state), agreed=True, now=NOW).state is state


def test_council_renews_once_with_two_non_government_sectors() -> None:
    held = replace(HOLD, state=HoldState.IN_FORCE)
    later = held.ends_at + timedelta(days=14)
    sectors = [Sector.ACADEMIA, Sector.INDUSTRY]

    def found(hold: Hold, end: datetime, by: list[Sector], now: datetime = NOW) -> list[str]:
        return renewal_problems(hold, new_end=end, council_sectors=by, now=now, policy=POLICY)

    assert found(held, later, sectors) == []
    assert "two non-government" in found(held, later, [Sector.GOVERNMENT, Sector.ACADEMIA])[0]
    assert "at most 14 days" in found(held, later + timedelta(seconds=1), sectors)[0]
    assert "in force" in found(held, later, sectors, now=held.ends_at)[0]
    again = renewed(held, later)
    assert "second renewal" in found(again, later + timedelta(days=1), sectors)[0]
