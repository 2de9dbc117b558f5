"""G-40 and G-41: when council can decide, and that no sector decides or blocks alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.council import CouncilVote, decide
from comity.domain.roles import Sector

SEATS = [(f"{sector.value}-{n}", sector) for sector in Sector for n in range(3)]


def votes(**agree: int) -> list[CouncilVote]:
    """`votes(academia=2)`: all three members of the named sectors are present and so many of them agree."""
    return [
        CouncilVote(member, sector, int(member[-1]) < agree[sector])
        for member, sector in SEATS
        if sector in agree
    ]


def test_half_the_seats_and_three_sectors_must_be_there() -> None:
    assert not decide(votes(academia=3, industry=3), seats=12).met
    assert decide(votes(academia=3, industry=3, civil_society=3), seats=12).met
    few = [CouncilVote("academia-0", Sector.ACADEMIA, True), CouncilVote("industry-0", Sector.INDUSTRY, True)]
    assert not decide([*few, CouncilVote("government-0", Sector.GOVERNMENT, True)], seats=12).met


def test_members_and_sectors_must_both_agree() -> None:
    assert not decide(votes(academia=3, industry=3, civil_society=0, government=0), seats=12).met
    assert decide(votes(academia=3, industry=2, civil_society=2, government=0), seats=12).met
    assert not decide(votes(academia=3, industry=1, civil_society=1, government=1), seats=12).met


@given(st.sampled_from(Sector), st.integers(0, 3))
def test_no_sector_has_a_veto(sector: Sector, agreeing: int) -> None:
    others = dict.fromkeys((other.value for other in Sector if other is not sector), 3)
    assert decide(votes(**others, **{sector.value: agreeing}), seats=12).met


@given(st.sampled_from(Sector))
def test_no_sector_decides_alone(sector: Sector) -> None:
    assert not decide(votes(**dict.fromkeys((s.value for s in Sector), 0) | {sector.value: 3}), seats=12).met


def test_an_act_may_ask_for_more_than_a_majority() -> None:
    three_with_government = votes(academia=3, industry=0, civil_society=2, government=3)
    assert decide(three_with_government, seats=12, sectors=3, non_government=2).met
    one_short = decide(three_with_government, seats=12, sectors=3, non_government=3)
    assert one_short.missing == ("3 non-government sectors must agree.",)


def test_each_seat_speaks_once() -> None:
    twice = [CouncilVote("a", Sector.ACADEMIA, True)] * 2
    with pytest.raises(ValueError, match="once"):
        decide(twice, seats=12)
