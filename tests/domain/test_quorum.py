"""G-01 to G-05 and G-41 as properties over random votes, under the numbers of the document that the node loads."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from comity import policies
from comity.domain.errors import Invalid
from comity.domain.governance import ApprovalRule
from comity.domain.quorum import (
    Decision,
    QuorumRule,
    Tally,
    Vote,
    could_meet,
    ordinary_rule_for,
    return_tally,
    rule_for,
    tally,
)
from comity.domain.roles import Sector

POLICY = policies.quorum()
ORIGIN = "uni-north"
SECTOR_OF = {f"{sector.value}-{n}": sector for sector in Sector for n in range(3)} | {ORIGIN: Sector.ACADEMIA}
RULES = [
    rule_for(kind, subtype, names_entity_negatively=negative, urgent=urgent, policy=POLICY)
    for kind, subtype, negative, urgent in [
        ("best_practice", "procedure", False, False),
        ("best_practice", "case_study", True, False),
        ("advisory", "threat_note", False, False),
        ("advisory", "threat_note", True, False),
        ("advisory", "urgent", True, True),
        ("due_diligence_note", "entity_note", True, False),
    ]
]


POOL = [
    Vote(
        reviewer_id=f"{organization}/{person}",
        organization=organization,
        sector=sector,
        decision=decision,
        revision=revision,
        majority_government_funded=organization.endswith("-2"),
        devils_advocate=advocate,
        conflict=flaw == "conflict",
        assigned=flaw != "unassigned",
    )
    for organization, sector in SECTOR_OF.items()
    for person, decision, advocate in product((0, 1), Decision, (False, True))
    for revision, flaw in [(7, "")] * 6 + [(6, ""), (7, "conflict"), (7, "unassigned")]
]
"""Every kind of vote once, the flawless ones more often; drawing from a list is many times quicker than building each vote."""


def a_vote() -> st.SearchStrategy[Vote]:
    return st.sampled_from(POOL)


VOTES = st.lists(a_vote(), max_size=14)
RULE = st.sampled_from(RULES)


def approve(organization: str, **facts: object) -> Vote:
    base = Vote(
        reviewer_id=f"{organization}/0",
        organization=organization,
        sector=SECTOR_OF.get(organization),
        decision=Decision.APPROVE,
        revision=7,
    )
    return replace(base, **facts)  # type: ignore[arg-type]


@st.composite
def agreeing_votes(draw: st.DrawFn) -> list[Vote]:
    """Random votes among which an approval of most organizations is mixed, so that many of them meet a quorum."""
    noise = draw(st.lists(a_vote(), max_size=6))
    organizations = draw(st.lists(st.sampled_from(sorted(SECTOR_OF)), unique=True, min_size=6))
    asked = [
        approve(name, majority_government_funded=name.endswith("-2"), devils_advocate=True)
        for name in organizations
    ]
    return [*noise, *asked]


def count(votes: list[Vote], rule: QuorumRule) -> Tally:
    return tally(votes, rule, originator=ORIGIN, revision=7, authors={"the-author"})


@given(VOTES | agreeing_votes(), RULE, st.sampled_from(Sector))
def test_no_single_sector_publishes(votes: list[Vote], rule: QuorumRule, sector: Sector) -> None:
    assert not count([vote for vote in votes if vote.sector is sector], rule).met


@given(VOTES | agreeing_votes(), RULE)
def test_government_with_bodies_that_live_on_its_money_never_publishes(
    votes: list[Vote], rule: QuorumRule
) -> None:
    dependent = [v for v in votes if v.sector is Sector.GOVERNMENT or v.majority_government_funded]
    assert not count(dependent, rule).met


@given(agreeing_votes(), RULE, st.lists(a_vote(), max_size=20))
def test_no_number_of_government_refusals_blocks_what_others_meet(
    votes: list[Vote], rule: QuorumRule, more: list[Vote]
) -> None:
    assume(count(votes, rule).met)
    against = [
        replace(
            v,
            organization=f"ministry-{n}",
            reviewer_id=f"ministry-{n}",
            sector=Sector.GOVERNMENT,
            decision=Decision.REJECT,
        )
        for n, v in enumerate(more)
    ]
    assert count(against + votes + against, rule).met


@given(VOTES | agreeing_votes())
def test_government_alone_never_sends_a_record_back(votes: list[Vote]) -> None:
    refusals = [
        replace(v, decision=Decision.REJECT)
        for v in votes
        if v.sector is Sector.GOVERNMENT or v.majority_government_funded
    ]
    assert not return_tally(refusals, POLICY, originator=ORIGIN, revision=7).met


@given(agreeing_votes(), RULE, a_vote())
def test_another_persons_approval_never_takes_a_quorum_away(
    votes: list[Vote], rule: QuorumRule, extra: Vote
) -> None:
    assume(count(votes, rule).met)
    assert count([*votes, replace(extra, decision=Decision.APPROVE, reviewer_id="somebody-new")], rule).met


@given(VOTES | agreeing_votes(), RULE)
def test_originator_author_conflicted_unassigned_and_older_votes_never_count(
    votes: list[Vote], rule: QuorumRule
) -> None:
    own = [approve(ORIGIN), approve("industry-0", reviewer_id="the-author"), approve("secretariat-of-node")]
    tallied = count([*votes, *own], rule)
    for vote in tallied.counted:
        assert vote.organization != ORIGIN
        assert vote.reviewer_id != "the-author"
        assert vote.sector is not None
        assert not vote.conflict
        assert vote.assigned
        assert vote.revision == 7
    assert tallied.met == count(votes, rule).met


@given(VOTES | agreeing_votes(), RULE)
def test_each_organization_counts_once_and_every_vote_is_accounted_for(
    votes: list[Vote], rule: QuorumRule
) -> None:
    tallied = count(votes, rule)
    organizations = [vote.organization for vote in tallied.counted]
    assert len(organizations) == len(set(organizations))
    assert len(tallied.counted) + len(tallied.not_counted) == len(votes)
    assert all(reason for _, reason in tallied.not_counted)
    assert tallied.met == (not tallied.missing)


@given(VOTES | agreeing_votes(), RULE, st.randoms(use_true_random=False))
def test_the_order_in_which_people_vote_does_not_matter(
    votes: list[Vote], rule: QuorumRule, random: object
) -> None:
    once = list({vote.reviewer_id: vote for vote in votes}.values())
    shuffled = once.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert count(once, rule).met == count(shuffled, rule).met


@given(agreeing_votes(), st.sampled_from(RULES[3:4] + RULES[5:]))
def test_a_negative_statement_has_three_sectors_two_independent_one_academic_or_civil(
    votes: list[Vote], rule: QuorumRule
) -> None:
    tallied = count(votes, rule)
    assume(tallied.met)
    independent = [vote for vote in tallied.counted if vote.non_government]
    assert len(tallied.sectors) >= 3
    assert len(independent) >= 2
    assert any(vote.sector in (Sector.ACADEMIA, Sector.CIVIL_SOCIETY) for vote in independent)


def test_silence_is_neither_approval_nor_refusal() -> None:
    for rule in RULES:
        assert not count([], rule).met
    assert not return_tally([], POLICY, originator=ORIGIN, revision=7).met


def test_a_quorum_is_met_by_exactly_what_the_document_asks() -> None:
    rule = RULES[3]
    three = [approve("government-0"), approve("industry-0"), approve("civil_society-0")]
    assert count(three, rule).met
    for left_out in three:
        assert not count([vote for vote in three if vote is not left_out], rule).met
    assert rule.action == "publish_advisory_named_entity"
    assert rule.policy_version == POLICY.version


def test_what_is_missing_is_said_in_plain_sentences() -> None:
    tallied = count([approve("government-0"), approve("government-1")], RULES[3])
    assert tallied.missing == (
        "One more voice from organizations that have not spoken yet.",
        "A voice from two more sectors.",
        "Two more non-government voices.",
        "An independent voice from academia or civil society.",
    )


def test_a_later_vote_of_the_same_person_replaces_the_earlier() -> None:
    voices = [approve("industry-0"), approve("academia-0")]
    rule = RULES[2]
    assert count(voices, rule).met
    assert not count([*voices, replace(voices[0], decision=Decision.REQUEST_CHANGES)], rule).met
    assert count([replace(voices[0], decision=Decision.REJECT), *voices], rule).met


def test_colleagues_from_one_organization_are_one_voice() -> None:
    colleagues = [approve("industry-0"), approve("industry-0", reviewer_id="industry-0/1")]
    tallied = count([approve("government-0"), *colleagues], RULES[3])
    assert [vote.organization for vote in tallied.counted] == ["government-0", "industry-0"]
    assert tallied.not_counted == ((colleagues[1], "Another vote from the same organization is counted."),)


def test_a_think_tank_living_on_government_money_is_no_independent_voice() -> None:
    rule = RULES[3]
    voices = [approve("government-0"), approve("industry-0"), approve("industry-1")]
    tank = approve("civil_society-0", majority_government_funded=True)
    assert not count([*voices, tank], rule).met
    assert count([*voices, replace(tank, majority_government_funded=False)], rule).met


def test_the_devils_advocate_signs_and_does_not_decide() -> None:
    rule = RULES[5]
    voices = [approve("government-0"), approve("industry-0"), approve("civil_society-0")]
    assert not count(voices, rule).met
    against = approve("academia-0", decision=Decision.REJECT, devils_advocate=True)
    assert count([*voices, against], rule).met
    assert not count([*voices, replace(against, conflict=True)], rule).met


def test_two_sectors_with_one_independent_can_send_a_record_back() -> None:
    asks = [
        approve("government-0", decision=Decision.REQUEST_CHANGES),
        approve("academia-0", decision=Decision.REJECT),
    ]
    assert return_tally(asks, POLICY, originator=ORIGIN, revision=7).met
    assert not return_tally(asks, POLICY, originator=ORIGIN, revision=7, reject_only=True).met
    assert not return_tally(asks[:1], POLICY, originator=ORIGIN, revision=7).met


def test_the_editor_sees_before_the_review_whether_the_reviewers_could_meet_it() -> None:
    people = [approve("government-0", revision=0), approve("government-1", revision=0)]
    assert not could_meet(people, RULES[0], originator=ORIGIN).met
    assert could_meet([*people, approve("academia-0", revision=0)], RULES[0], originator=ORIGIN).met


def test_the_rule_follows_the_kind_and_what_the_record_says() -> None:
    assert [rule.action for rule in RULES] == [
        "publish_best_practice",
        "publish_advisory_named_entity",
        "publish_advisory_no_entity",
        "publish_advisory_named_entity",
        "publish_urgent",
        "publish_due_diligence_note",
    ]
    confirm = ordinary_rule_for("advisory", names_entity_negatively=True, policy=POLICY)
    assert confirm.needs.approvals == 3
    signed = ordinary_rule_for(
        "advisory", names_entity_negatively=True, policy=POLICY, needs_devils_advocate=True
    )
    assert signed.needs.devils_advocate == 1


def test_only_advisories_are_urgent_and_an_unknown_kind_has_no_rule() -> None:
    with pytest.raises(Invalid):
        rule_for(
            "due_diligence_note", "entity_note", names_entity_negatively=True, urgent=True, policy=POLICY
        )
    with pytest.raises(ValueError, match="no quorum rule"):
        rule_for("rumour", "", names_entity_negatively=False, urgent=False, policy=POLICY)


@given(agreeing_votes(), st.integers(2, 5), st.integers(2, 4), st.integers(1, 2))
def test_the_invariants_hold_for_any_rule_that_loads(
    votes: list[Vote], approvals: int, sectors: int, independent: int
) -> None:
    rule = QuorumRule(
        "any",
        "1.0.0",
        ApprovalRule(approvals=max(approvals, sectors), sectors=sectors, non_government=independent),
    )
    tallied = count(votes, rule)
    assume(tallied.met)
    assert len(tallied.sectors) >= 2
    assert any(vote.non_government for vote in tallied.counted)
