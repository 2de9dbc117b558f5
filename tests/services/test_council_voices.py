"""G-02, G-21 and G-22 in council: a voice counts while its owner sits there, and not where an interest stands against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from comity.domain.account import AccountState
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.services import hold, withdraw
from comity.services.withdraw import council_votes
from comity.storage import editorial, organizations, people, role_grants
from tests.factories import person_id
from tests.story import ENOUGH, Story


def _voted(story: Story, who: str, record: Record) -> State:
    with story.unit(who) as unit:
        return withdraw.council_vote(
            unit, ref=record.ref, reason_code="council_decision", text="For reasons given.", agrees=True
        ).state


def _loses_its_seat(story: Story, who: str) -> None:
    with story.unit("system") as unit:
        role_grants.end(unit.db, person_id(who), Role.COUNCIL_MEMBER, by="system", now=story.now)


def test_half_of_the_seats_in_three_sectors_withdraw(full: Story) -> None:
    """The base line of the others here: the same six voices are enough when nothing stands against them."""
    record = full.published()
    assert [_voted(full, who, record) for who in ENOUGH] == [State.PUBLISHED] * 5 + [State.WITHDRAWN]


def test_a_voice_ends_with_the_seat(full: Story) -> None:
    record = full.published()
    _voted(full, ENOUGH[0], record)
    _loses_its_seat(full, ENOUGH[0])
    assert [_voted(full, who, record) for who in ENOUGH[1:]] == [State.PUBLISHED] * 5


def test_a_voice_ends_with_the_account_and_with_the_membership(full: Story) -> None:
    record = full.published()
    _voted(full, "council_uni", record)
    _voted(full, "council_firm", record)
    with full.unit("system") as unit:
        held = people.account(unit.db, person_id("council_uni"))
        home = organizations.get(unit.db, "firm-batteries")
        assert held is not None
        assert home is not None
        people.save_account(unit.db, replace(held, state=AccountState.SUSPENDED))
        organizations.save(unit.db, replace(home, state="suspended"))
        assert council_votes(unit, record, "council_withdraw") == []


@pytest.mark.parametrize(
    "tie",
    [
        {"parent": "gov-security-office"},
        {"funders": ("gov-security-office",)},
        {"competitors": ("gov-security-office",)},
    ],
)
def test_a_voice_with_an_interest_is_stored_and_not_counted(full: Story, tie: dict[str, object]) -> None:
    record = full.published()
    with full.unit("system") as unit:
        home = organizations.get(unit.db, "gov-security-office" if "funders" in tie else "uni-north")
        assert home is not None
        changes = {"funders": ("uni-north",)} if "funders" in tie else tie
        organizations.save(unit.db, replace(home, **changes))
    assert [_voted(full, who, record) for who in ENOUGH] == [State.PUBLISHED] * 6
    with full.unit("system", writes=False) as unit:
        stored = editorial.of_record(unit.db, editorial.Decision, record.id)
        assert len([one for one in stored if one.what == "council_withdraw"]) == 6
        assert len(council_votes(unit, record, "council_withdraw")) == 5


def test_the_originator_has_no_voice_on_its_own_record(full: Story) -> None:
    """It withdraws by asking; in council it would speak about itself."""
    record = full.published("contributor")
    assert [_voted(full, who, record) for who in ENOUGH] == [State.PUBLISHED] * 6


def test_a_renewal_counts_only_voices_of_those_who_sit_there_for_the_same_end(full: Story) -> None:
    record = full.published()
    ends = full.now + timedelta(days=3)
    with full.unit("contributor") as unit:
        hold.ask(unit, ref=record.ref, reason_code="factual_doubt", text="A date is wrong.", ends_at=ends)
    for who in ("reviewer_gov", "reviewer_uni"):
        with full.unit(who) as unit:
            hold.agree(unit, ref=record.ref, agrees=True)

    def renewed(who: str, days: int) -> int:
        with full.unit(who) as unit:
            hold.renew(unit, ref=record.ref, new_end=ends + timedelta(days=days), agrees=True)
            return editorial.of_record(unit.db, editorial.StoredHold, record.id)[-1].renewals

    assert renewed("council_uni", 2) == 0
    _loses_its_seat(full, "council_uni")
    assert renewed("council_firm", 2) == 0
    assert renewed("council_ngo", 14) == 0, "a voice for two days more is none for fourteen"
    assert renewed("council_ngo", 2) == 1


def test_an_answer_to_a_hold_ends_with_the_role(story: Story) -> None:
    record = story.published()
    with story.unit("contributor") as unit:
        ends = story.now + timedelta(days=3)
        hold.ask(unit, ref=record.ref, reason_code="factual_doubt", text="A date is wrong.", ends_at=ends)
    with story.unit("reviewer_uni") as unit:
        hold.agree(unit, ref=record.ref, agrees=True)
    with story.unit("system") as unit:
        role_grants.end(unit.db, person_id("reviewer_uni"), Role.REVIEWER, by="system", now=story.now)
    with story.unit("reviewer_gov") as unit:
        assert hold.agree(unit, ref=record.ref, agrees=True).state is State.PUBLISHED
