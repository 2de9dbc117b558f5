"""What happens to a record beside publication: returns, corrections, withdrawal, holds, replies, disputes, expiry, restriction."""

from __future__ import annotations

from datetime import timedelta

import pytest

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.handling import AudienceChoice, Caveat, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.quorum import Decision
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import (
    clock,
    correct,
    dispute,
    draft,
    find,
    hold,
    read,
    recount,
    reply,
    review,
    submit,
    withdraw,
)
from comity.storage import editorial
from tests.factories import person_id
from tests.story import Story, example

DUE_DILIGENCE = "due_diligence_note"


def ticked(story: Story, **later: float) -> clock.Ticked:
    story.now += timedelta(**later)
    with story.unit("system") as unit:
        return clock.tick(unit)


def hits(story: Story, who: str, text: str, *, ended: bool = False) -> list[str]:
    with story.unit(who, writes=False) as unit:
        query = find.asked(text=text, filters={}, sort="relevance", page=1, include_ended=ended)
        return [one.record.ref for one in find.find(unit, query).items]


def reading(story: Story, who: str, record: Record) -> read.Reading:
    with story.unit(who, writes=False) as unit:
        return read.read(unit, ref=record.ref)


# ---- votes


def test_one_voice_returns_nothing_and_two_sectors_do(story: Story) -> None:
    """G-41: no veto; G-09: the author reads the reasons."""
    record = story.in_review(story.submitted(story.drafted()))
    record = story.voted(record, "reviewer_uni", Decision.REQUEST_CHANGES)
    assert record.state is State.IN_REVIEW
    record = story.voted(record, "reviewer_ngo", Decision.REQUEST_CHANGES)
    assert record.state is State.CHANGES_REQUESTED
    with story.unit("liaison", writes=False) as unit:
        reasons = [
            one for one in editorial.of_record(unit.db, editorial.Decision, record.id) if one.what == "return"
        ]
    assert reasons[-1].reason_code == "missing_source"


def test_votes_of_an_older_text_do_not_count_for_a_newer_one(story: Story) -> None:
    record = story.in_review(story.submitted(story.drafted()))
    story.voted(record, "reviewer_uni")
    with story.unit("liaison") as unit:
        submit.take_back(unit, ref=record.ref)
        draft.save(
            unit, ref=record.ref, content=example(now=story.now, title="Another title for the same matter")
        )
    record = story.in_review(story.submitted(record))
    record = story.voted(record, "reviewer_ngo")
    assert record.state is State.IN_REVIEW


def test_a_conflicted_vote_is_kept_and_not_counted(story: Story) -> None:
    """G-20, G-22."""
    record = story.in_review(story.submitted(story.drafted()))
    record = story.voted(
        record, "reviewer_uni", interests=["We are negotiating a contract with the firm named."]
    )
    record = story.voted(record, "reviewer_ngo")
    assert record.state is State.IN_REVIEW
    assert story.voted(record, "reviewer_firm").state is State.PUBLISHED


def test_a_reviewer_who_was_not_asked_cannot_even_see_it(story: Story) -> None:
    record = story.in_review(story.submitted(story.drafted()), ("reviewer_uni", "reviewer_ngo"))
    with story.unit("reviewer_gov") as unit, pytest.raises(NotFound):
        review.vote(unit, ref=record.ref, ballot=review.Ballot(Decision.APPROVE))


def test_a_dissent_is_published_with_the_record(story: Story) -> None:
    """G-10."""
    record = story.in_review(story.submitted(story.drafted()))
    story.voted(
        record, "reviewer_firm", Decision.REQUEST_CHANGES, dissent="The burden on small firms is not weighed."
    )
    story.voted(record, "reviewer_uni")
    record = story.voted(record, "reviewer_ngo")
    assert record.state is State.PUBLISHED
    assert [one.dissent for one in reading(story, "researcher", record).dissent] == [
        "The burden on small firms is not weighed."
    ]


# ---- silence


def test_silence_returns_to_the_author_and_is_neither_approval_nor_refusal(story: Story) -> None:
    """G-05."""
    record = story.in_review(story.submitted(story.drafted()))
    assert ticked(story, days=4).timed_out == []
    assert ticked(story, days=7).timed_out == [record.ref]
    assert reading(story, "liaison", record).record.state is State.CHANGES_REQUESTED


# ---- text checks


def test_a_subject_with_a_common_name_needs_a_reason_that_reviewers_see(story: Story) -> None:
    """Peers row 8: a guard against false matches."""
    content = example(DUE_DILIGENCE, now=story.now)
    content["entities"][0]["name"] = "Institute of Technology"
    with story.unit("contributor") as unit:
        record = draft.start(unit, kind_name=DUE_DILIGENCE, content=content, handling=Handling(tlp=TLP.GREEN))
    with story.unit("contributor") as unit, pytest.raises(Invalid) as refused:
        submit.submit(unit, ref=record.ref)
    code = next(one.code for one in refused.value.problems if one.field == "entities.0.name")
    with story.unit("contributor") as unit:
        submit.submit(
            unit,
            ref=record.ref,
            overrides={code.removeprefix("language:"): "The one in the example register."},
        )
    with story.unit("editor", writes=False) as unit:
        given = editorial.of_record(unit.db, editorial.Decision, record.id)
    assert [one.text for one in given if one.what == "language_override"] == [
        "The one in the example register."
    ]


# ---- right of reply, embargo, expiry


def note(story: Story) -> Record:
    record = story.drafted("contributor", kind_name=DUE_DILIGENCE)
    record = story.in_review(
        story.submitted(record, "contributor"), ("reviewer_gov", "reviewer_uni", "reviewer_ngo")
    )
    for who in ("reviewer_gov", "reviewer_uni"):
        record = story.voted(record, who)
    return story.voted(
        record, "reviewer_ngo", devils_advocate=True, innocent_explanation="A shared building."
    )


def test_a_named_organization_has_ten_working_days_before_publication(story: Story) -> None:
    """G-03, G-30."""
    record = note(story)
    assert record.state is State.APPROVED
    with story.unit("public", writes=False) as unit, pytest.raises(NotFound):
        read.read(unit, ref=record.ref)
    assert ticked(story, days=13).published == []
    assert ticked(story, days=4).published == [record.ref]


def test_a_waiver_needs_a_listed_reason_and_lets_it_go_on(story: Story) -> None:
    """G-32."""
    record = note(story)
    with story.unit("editor") as unit, pytest.raises(Invalid):
        reply.waive(unit, ref=record.ref, reason_code="hurry", text="We are late.")
    with story.unit("editor") as unit:
        reply.waive(unit, ref=record.ref, reason_code="legal_order", text="An order forbids notice.")
    assert ticked(story, minutes=1).published == [record.ref]


def test_a_reply_stands_unedited_beside_the_record(story: Story) -> None:
    """G-33, G-34."""
    record = note(story)
    ticked(story, days=20)
    words = "We left that programme in 2024. <b>Ask us.</b>"
    with story.unit("ombudsperson") as unit:
        slot = editorial.of_record(unit.db, editorial.StoredReply, record.id)[0]
        reply.receive(unit, ref=record.ref, entity_id=slot.entity_id, words=words)
    assert [one.text for one in reading(story, "researcher", record).replies] == [words]


def test_an_embargo_ends_by_a_state_change(story: Story) -> None:
    handling = Handling(tlp=TLP.GREEN, embargo_until=story.now + timedelta(days=2), caveats=(Caveat.EMBARGO,))
    record = story.published(handling=handling)
    assert record.state is State.APPROVED
    with story.unit("researcher", writes=False) as unit, pytest.raises(NotFound):
        read.read(unit, ref=record.ref)
    assert ticked(story, days=1).published == []
    assert ticked(story, days=1, minutes=1).published == [record.ref]


def test_expiry_really_stops_use(story: Story) -> None:
    record = story.published()
    assert hits(story, "researcher", "unpublished results") == [record.ref]
    assert ticked(story, days=82).expired == [record.ref]
    assert hits(story, "researcher", "unpublished results") == []
    assert hits(story, "researcher", "unpublished results", ended=True) == [record.ref]


def test_an_urgent_notice_ends_by_itself_after_fourteen_days(story: Story) -> None:
    """G-04."""
    content = example(now=story.now, subtype="urgent")
    content["expires_at"] = content["review_due"] = (story.now + timedelta(days=14)).date().isoformat()
    with story.unit("contributor_ngo") as unit:
        record = draft.start(unit, kind_name="advisory", content=content, handling=Handling(tlp=TLP.GREEN))
    record = story.in_review(story.submitted(record, "contributor_ngo"), ("reviewer_gov", "reviewer_uni"))
    story.voted(record, "reviewer_gov")
    record = story.voted(record, "reviewer_uni")
    assert record.state is State.PUBLISHED
    assert record.expires_at is not None
    assert record.expires_at <= story.now + timedelta(days=15)


# ---- corrections


def test_a_substantive_correction_goes_to_review_while_the_old_version_stays(story: Story) -> None:
    record = story.published()
    with story.unit("liaison") as unit:
        correct.begin(unit, ref=record.ref)
        draft.save(
            unit, ref=record.ref, content=example(now=story.now, title="Corrected title of the notice")
        )
        record = submit.submit(unit, ref=record.ref)
    assert record.state is State.IN_REVIEW
    shown = reading(story, "researcher", record)
    assert shown.revision is not None
    assert shown.revision.version == "1.0"
    assert "Corrected" not in shown.revision.title
    assert hits(story, "researcher", "unpublished results") == [record.ref]
    assert hits(story, "researcher", '"corrected title of the notice"') == []
    for who in ("reviewer_uni", "reviewer_ngo"):
        record = story.voted(record, who)
    shown = reading(story, "researcher", record)
    assert shown.revision is not None
    assert (shown.revision.version, shown.revision.title) == ("2.0", "Corrected title of the notice")
    assert [one.version for one in shown.versions if one.published_at] == ["2.0", "1.0"]


def test_a_minor_correction_is_for_form_only(story: Story) -> None:
    record = story.published()
    content = dict(reading(story, "liaison", record).content)
    with story.unit("editor") as unit:
        fixed = correct.minor(
            unit,
            ref=record.ref,
            content={**content, "body": content["body"] + " Typo."},
            note="A word was missing.",
        )
    assert fixed.state is State.PUBLISHED
    shown = reading(story, "researcher", record)
    assert shown.revision is not None
    assert shown.revision.version == "1.1"
    with story.unit("editor") as unit, pytest.raises(Invalid) as refused:
        correct.minor(unit, ref=record.ref, content={**content, "severity": "critical"}, note="More severe.")
    assert refused.value.problems[0].field == "severity"


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
        withdraw.restrict(
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


# ---- disputes


def test_an_appeal_marks_the_record_and_a_panel_of_others_decides(story: Story) -> None:
    """G-35 to G-37."""
    record = story.published()
    with story.unit("researcher") as unit:
        raised = dispute.raise_appeal(unit, ref=record.ref, grounds="The second statement is wrong.")
    assert not reading(story, "reader", record).record.under_dispute
    with story.unit("ombudsperson") as unit:
        dispute.first_look(
            unit, ref=record.ref, dispute_id=raised.id, passes=True, text="There is something in it."
        )
    assert reading(story, "reader", record).record.under_dispute
    panel = [person_id(who) for who in ("reviewer_uni", "council_firm", "council_ngo")]
    with story.unit("ombudsperson") as unit, pytest.raises(Invalid):
        dispute.decide(
            unit, ref=record.ref, dispute_id=raised.id, outcome="dismissed", text="It stands.", panel=panel
        )
    panel[0] = person_id("council_uni")
    with story.unit("ombudsperson") as unit:
        dispute.decide(
            unit, ref=record.ref, dispute_id=raised.id, outcome="dismissed", text="It stands.", panel=panel
        )
    assert not reading(story, "reader", record).record.under_dispute


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


def test_a_conflict_found_later_is_counted_out_and_marks_the_record(story: Story) -> None:
    """G-23."""
    record = story.published()
    with story.unit("liaison") as unit, pytest.raises(NotAllowed):
        recount.enter_conflict(unit, ref=record.ref, reviewer=person_id("reviewer_uni"), text="A contract.")
    with story.unit("ombudsperson") as unit:
        marked = recount.enter_conflict(
            unit, ref=record.ref, reviewer=person_id("reviewer_uni"), text="A contract."
        )
    assert marked.under_dispute
    assert marked.state is State.PUBLISHED


def test_an_author_confirms_that_a_record_still_stands(story: Story) -> None:
    record = story.published()
    with story.unit("liaison") as unit, pytest.raises(Invalid):
        correct.confirm_still_true(unit, ref=record.ref, review_due=story.now.date())
    with story.unit("liaison") as unit:
        later = (story.now + timedelta(days=70)).date()
        assert correct.confirm_still_true(unit, ref=record.ref, review_due=later).review_due is not None
