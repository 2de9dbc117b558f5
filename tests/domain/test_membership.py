"""Standing is a function of the steps: it never rests on one sector, and an objection only ever asks for more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from comity import policies
from comity.domain.membership import MembershipPolicy, Step, What, standing
from comity.domain.roles import Role, Sector

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATE = START + timedelta(days=60)
SECTORS = [*(sector.value for sector in Sector), ""]

organization = st.tuples(st.sampled_from(SECTORS), st.integers(1, 3)).map(
    lambda pair: (pair[0], f"{pair[0]}-{pair[1]}")
)
happening = st.tuples(st.sampled_from([What.APPROVED, What.OBJECTED, What.CHECKED]), organization)


def steps_of(happenings: list[tuple[What, tuple[str, str]]]) -> list[Step]:
    check = Step(What.CHECKED, "editor", "secretariat", "", "", START)
    return [check] + [
        Step(what, f"person-{number}", who, sector, "", START + timedelta(hours=number + 1))
        for number, (what, (sector, who)) in enumerate(happenings)
    ]


@given(st.lists(happening, max_size=12))
def test_no_single_sector_and_no_office_lets_anybody_in(
    happenings: list[tuple[What, tuple[str, str]]],
) -> None:
    result = standing(steps_of(happenings), policies.membership(), now=LATE)
    if result.complete:
        assert len({step.by_sector for step in result.approvals}) >= 2
        assert len({step.by_organization for step in result.approvals}) >= 2
        assert all(step.by_sector for step in result.approvals)


@given(st.lists(happening, max_size=12), organization)
def test_an_objection_never_makes_it_easier(
    happenings: list[tuple[What, tuple[str, str]]], who: tuple[str, str]
) -> None:
    policy = policies.membership()
    before = standing(steps_of(happenings), policy, now=LATE)
    after = standing(steps_of([*happenings, (What.OBJECTED, who)]), policy, now=LATE)
    assert not after.complete
    assert after.missing
    everybody = [(What.APPROVED, (sector.value, sector.value)) for sector in Sector]
    assert standing(
        steps_of([*happenings, (What.OBJECTED, who), *everybody]), policy, now=LATE
    ).complete  # and is no veto
    assert before.window_ends == after.window_ends


def test_nothing_stands_before_a_check_or_before_the_window_ends() -> None:
    policy = policies.membership()
    approvals = [(What.APPROVED, (sector.value, sector.value)) for sector in Sector]
    whole = steps_of(approvals)
    assert not standing(whole[1:], policy, now=LATE).complete
    ends = standing(whole, policy, now=LATE).window_ends
    assert ends is not None
    assert standing(whole, policy, now=ends).complete
    assert not standing(whole, policy, now=ends - timedelta(microseconds=1)).complete
    assert not standing(
        [*whole, replace(whole[0], at=LATE)], policy, now=LATE + timedelta(days=60)
    ).complete  # a new check


@pytest.mark.parametrize(
    "changes",
    [
        {"granted_by": {"reader": ["editor"]}},
        {"checked_by": ["node_admin"]},
        {"approved_by": ["node_admin"]},
        {"second_factor_reset_by": ["editor"]},
        {"sponsors": 3},
    ],
    ids=str,
)
def test_a_policy_that_gives_too_much_does_not_load(changes: dict[str, Any]) -> None:
    values = policies.membership().model_dump(mode="json")
    MembershipPolicy.model_validate(values)
    with pytest.raises(ValidationError):
        MembershipPolicy.model_validate(values | changes)


def test_agrees_with_the_quorum_for_new_members() -> None:
    policy = policies.membership()
    rule = policies.quorum().actions.admit_member
    assert (policy.ordinary.approvals, policy.ordinary.sectors) == (rule.approvals, rule.sectors)
    assert Role.NODE_ADMIN not in {role for roles in policy.granted_by.values() for role in roles}
