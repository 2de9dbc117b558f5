"""What happens to a record that is out: withdrawal, restriction, holds, disputes, restricted reading, counting again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import (
    alerts,
    correct,
    draft,
    hold,
    read,
    recount,
    reply,
    restrict,
    submit,
    withdraw,
)
from comity.services.reviewers import count
from comity.storage import organizations
from tests.factories import person_id
from tests.story import Story, example, hits, reading, ticked

DUE_DILIGENCE = "due_diligence_note"


# ---- withdrawal and restriction


def test_a_withdrawal_leaves_a_tombstone_for_those_who_could_read(story: Story) -> None:
    """G-07."""
    record = story.published()
    with story.unit("liaison") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code="harm", text="It would show who spoke.")
    assert reading(story, "researcher", record).revision is not None
    with story.unit("editor") as unit:
        record = withdraw.acknowledge(unit, ref=record.ref)
    shown = reading(story, "researcher", record)
    assert shown.record.state is State.WITHDRAWN
    assert shown.revision is None
    assert shown.content == {}
    assert shown.record.tombstone is not None
    assert shown.record.tombstone["reason"] == "It would show who spoke."
    with story.unit("researcher", writes=False) as unit, pytest.raises(NotFound):
        read.read(unit, ref=record.ref, version="1.0")
    with story.unit("public", writes=False) as unit, pytest.raises(NotFound):
        read.read(unit, ref=record.ref)
    assert hits(story, "researcher", "unpublished results", ended=True) == []


def test_only_the_originator_or_council_withdraws(story: Story) -> None:
    record = story.published()
    with story.unit("contributor") as unit, pytest.raises(NotAllowed):
        withdraw.ask(unit, ref=record.ref, reason_code="error", text="We do not like it.")
    with story.unit("editor") as unit, pytest.raises(Conflict):
        withdraw.acknowledge(unit, ref=record.ref)
    for who in ("council_gov", "council_uni"):
        with story.unit(who) as unit:
            withdraw.council_vote(
                unit, ref=record.ref, reason_code="council_decision", text="For reasons given.", agrees=True
            )
    assert reading(story, "researcher", record).record.state is State.PUBLISHED


def test_an_order_may_forbid_the_tombstone(story: Story) -> None:
    """G-08."""
    record = story.published()
    with story.unit("editor") as unit:
        restrict.restrict(
            unit,
            ref=record.ref,
            reason_code="court_order",
            text="Ordered.",
            order="2026/17",
            tombstone_forbidden=True,
        )
    for who in ("researcher", "liaison", "editor", "public"):
        with story.unit(who, writes=False) as unit, pytest.raises(NotFound):
            read.read(unit, ref=record.ref)
    assert hits(story, "liaison", "unpublished results", ended=True) == []


# ---- holds


def test_a_hold_needs_two_sectors_and_ends_by_itself(story: Story) -> None:
    """G-06, J-07."""
    record = story.in_review(
        story.submitted(story.drafted("contributor_ngo"), "contributor_ngo"),
        ("reviewer_gov", "reviewer_uni", "reviewer_firm"),
    )
    with story.unit("reviewer_gov") as unit, pytest.raises(Invalid):
        hold.ask(
            unit,
            ref=record.ref,
            reason_code="ongoing_operation",
            text="Work is under way.",
            ends_at=story.now + timedelta(days=15),
        )
    with story.unit("reviewer_gov") as unit:
        hold.ask(
            unit,
            ref=record.ref,
            reason_code="ongoing_operation",
            text="Work is under way.",
            ends_at=story.now + timedelta(days=3),
        )
    with story.unit("reviewer_gov") as unit:
        assert hold.agree(unit, ref=record.ref, agrees=True).state is State.IN_REVIEW
    with story.unit("reviewer_uni") as unit:
        hold.agree(unit, ref=record.ref, agrees=True)
    with story.unit("reviewer_firm") as unit:
        assert hold.agree(unit, ref=record.ref, agrees=True).state is State.HELD
    assert ticked(story, days=2).resumed == []
    assert ticked(story, days=1, minutes=1).resumed == [record.ref]
    assert reading(story, "contributor_ngo", record).record.state is State.IN_REVIEW


# ---- restricted readings


def test_opening_amber_needs_a_purpose_and_is_logged(story: Story) -> None:
    """H-08."""
    handling = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    record = story.published(handling=handling)
    closed = reading(story, "researcher", record)
    assert closed.needs_purpose
    assert closed.revision is None
    assert closed.content == {}
    with story.unit("researcher") as unit, pytest.raises(Invalid):
        read.open_with_purpose(unit, ref=record.ref, purpose="curiosity")
    with story.unit("researcher") as unit:
        read.open_with_purpose(unit, ref=record.ref, purpose="assess_a_proposal")
    assert reading(story, "researcher", record).revision is not None
    with story.unit("liaison", writes=False) as unit:
        assert read.readers_by_organization(unit, record.ref) == {"uni-north": 1, "secretariat": 1}
    with story.unit("reader", writes=False) as unit, pytest.raises(NotFound):
        read.readers_by_organization(unit, record.ref)


def test_red_is_never_indexed_and_reaches_only_named_readers(story: Story) -> None:
    """H-03."""
    named = tuple(
        person_id(who) for who in ("researcher", "editor", "reviewer_uni", "reviewer_firm", "reviewer_ngo")
    )
    handling = Handling(tlp=TLP.RED, audience=AudienceChoice(persons=named))
    with story.unit("liaison") as unit:
        record = draft.start(unit, kind_name="advisory", content=example(now=story.now), handling=handling)
    record = story.in_review(story.submitted(record))
    for who in ("reviewer_uni", "reviewer_ngo"):
        with story.unit(who) as unit:
            read.open_with_purpose(unit, ref=record.ref, purpose="review_or_edit")
        record = story.voted(record, who)
    assert record.state is State.PUBLISHED
    for who in ("researcher_south", "reviewer_gov", "ombudsperson", "node_admin", "public"):
        with story.unit(who, writes=False) as unit, pytest.raises(NotFound):
            read.read(unit, ref=record.ref)
    assert reading(story, "researcher", record).needs_purpose
    for who in ("researcher", "liaison", "public"):
        assert hits(story, who, "unpublished results", ended=True) == []


def test_a_red_record_without_a_named_editor_and_quorum_cannot_be_worked_on(story: Story) -> None:
    handling = Handling(tlp=TLP.RED, audience=AudienceChoice(persons=(person_id("researcher"),)))
    record = story.drafted(handling=handling)
    with story.unit("liaison") as unit, pytest.raises(Invalid) as refused:
        submit.submit(unit, ref=record.ref)
    assert {one.code for one in refused.value.problems} == {"red-without-editor", "red-without-quorum"}


def test_a_claim_may_be_marked_more_strictly_than_its_record(story: Story) -> None:
    """Portion marks: a reader of the record does not learn of the claim in page, search or version."""
    content = example(DUE_DILIGENCE, now=story.now)
    content["claims"][0]["tlp"] = "AMBER"
    secret = str(content["claims"][0]["text"])
    record = story.drafted("contributor", kind_name=DUE_DILIGENCE, claims=content["claims"])
    record = story.in_review(
        story.submitted(record, "contributor"), ("reviewer_gov", "reviewer_uni", "reviewer_ngo")
    )
    for who in ("reviewer_gov", "reviewer_uni"):
        record = story.voted(record, who)
    story.voted(record, "reviewer_ngo", devils_advocate=True, innocent_explanation="A shared building.")
    ticked(story, days=20)
    open_claims = [one["text"] for one in reading(story, "researcher", record).content["claims"]]
    assert secret not in open_claims
    assert secret in [one["text"] for one in reading(story, "contributor", record).content["claims"]]
    assert record.ref not in hits(story, "researcher", f'"{secret[:40]}"')


# ---- counting again


def test_an_urgent_notice_stays_when_the_ordinary_rule_is_met(story: Story) -> None:
    """G-04: votes go on after an urgent publication. A named subject makes the ordinary rule ask for three sectors."""
    content = example(now=story.now, subtype="urgent")
    content["expires_at"] = content["review_due"] = (story.now + timedelta(days=14)).date().isoformat()
    content["entities"][0]["role"] = "subject"
    content["claims"] = example(DUE_DILIGENCE, now=story.now)["claims"]
    with story.unit("contributor_ngo") as unit:
        record = draft.start(unit, kind_name="advisory", content=content, handling=Handling(tlp=TLP.GREEN))
    record = story.submitted(record, "contributor_ngo")
    record = story.in_review(record, ("reviewer_gov", "reviewer_uni", "reviewer_firm"))
    story.voted(record, "reviewer_gov")
    record = story.voted(record, "reviewer_uni")
    assert record.state is State.APPROVED
    with story.unit("editor") as unit:
        reply.waive(
            unit, ref=record.ref, reason_code="urgent_path", text="Harm would come within the notice period."
        )
    ticked(story, minutes=1)
    record = reading(story, "contributor_ngo", record).record
    assert record.state is State.PUBLISHED
    assert record.urgent
    record = story.voted(record, "reviewer_firm")
    assert record.state is State.PUBLISHED
    assert not record.urgent


def _found_later(story: Story, record: Record, who: str, *, stands: bool = True) -> Record:
    with story.unit(who) as unit:
        return recount.settle_conflict(
            unit,
            ref=record.ref,
            reviewer=person_id("reviewer_uni"),
            stands=stands,
            text="I have seen the contract.",
        )


def _entered(story: Story, record: Record, who: str = "editor") -> Record:
    with story.unit(who) as unit:
        return recount.enter_conflict(
            unit, ref=record.ref, reviewer=person_id("reviewer_uni"), text="A contract."
        )


def test_a_conflict_found_later_is_counted_out_and_marks_the_record(story: Story) -> None:
    """G-23."""
    record = story.published()
    with story.unit("liaison") as unit, pytest.raises(NotAllowed):
        recount.enter_conflict(unit, ref=record.ref, reviewer=person_id("reviewer_uni"), text="A contract.")
    marked = _entered(story, record)
    with story.unit("system", writes=False) as unit:
        assert count(unit, marked).met, "no editor takes a voice away alone"
    assert not marked.under_dispute
    marked = _found_later(story, record, "auditor")
    assert marked.under_dispute
    assert marked.state is State.PUBLISHED
    with story.unit("system", writes=False) as unit:
        assert not count(unit, marked).met


def test_only_somebody_else_without_an_interest_confirms_a_conflict(story: Story) -> None:
    record = story.published()
    with pytest.raises(NotAllowed):
        _found_later(story, record, "auditor")
    _entered(story, record)
    for who in ("editor", "ombudsperson", "liaison", "reviewer_uni", "reviewer_firm"):
        with pytest.raises(NotAllowed):
            _found_later(story, record, who)
    with story.unit("system") as unit:
        close = organizations.get(unit.db, "firm-batteries")
        assert close is not None
        organizations.save(unit.db, replace(close, parent="gov-security-office"))
    with pytest.raises(NotAllowed):
        _found_later(story, record, "council_firm")
    assert not _found_later(story, record, "council_ngo", stands=False).under_dispute
    with pytest.raises(NotAllowed):
        _found_later(story, record, "auditor")


def test_the_reviewer_hears_of_a_conflict_and_its_end(story: Story) -> None:
    record = story.published()
    _entered(story, record)
    _found_later(story, record, "council_ngo")
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="test"):
            pass
    with story.unit("reviewer_uni", writes=False) as unit:
        told = [one.sentence for one in alerts.listed(unit)]
    assert any("entered a conflict of interest against your vote" in one for one in told)
    assert any("It was decided whether a conflict" in one for one in told)
    with story.unit("reviewer_firm", writes=False) as unit:
        assert not any("conflict" in one.sentence for one in alerts.listed(unit))


def test_an_author_confirms_that_a_record_still_stands(story: Story) -> None:
    record = story.published()
    with story.unit("liaison") as unit, pytest.raises(Invalid):
        correct.confirm_still_true(unit, ref=record.ref, review_due=story.now.date())
    with story.unit("liaison") as unit:
        later = (story.now + timedelta(days=70)).date()
        assert correct.confirm_still_true(unit, ref=record.ref, review_due=later).review_due is not None
