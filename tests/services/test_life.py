"""A record up to its publication and its corrections: votes, silence, text checks, right of reply, embargo, expiry."""

from __future__ import annotations

from datetime import timedelta

import pytest

from comity.domain.errors import Invalid, NotFound
from comity.domain.handling import Caveat, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.quorum import Decision
from comity.domain.tlp import TLP
from comity.services import (
    alerts,
    correct,
    draft,
    read,
    reply,
    review,
    submit,
    worklist,
)
from comity.storage import editorial
from tests.story import Story, example, hits, noted, reading, ticked

DUE_DILIGENCE = "due_diligence_note"


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


def test_a_named_organization_has_ten_working_days_before_publication(story: Story) -> None:
    """G-03, G-30."""
    record = noted(story)
    assert record.state is State.APPROVED
    with story.unit("public", writes=False) as unit, pytest.raises(NotFound):
        read.read(unit, ref=record.ref)
    assert ticked(story, days=13).published == []
    assert ticked(story, days=4).published == [record.ref]


def test_a_waiver_needs_a_listed_reason_and_lets_it_go_on(story: Story) -> None:
    """G-32."""
    record = noted(story)
    with story.unit("editor") as unit, pytest.raises(Invalid):
        reply.waive(unit, ref=record.ref, reason_code="hurry", text="We are late.")
    with story.unit("editor") as unit:
        reply.waive(unit, ref=record.ref, reason_code="legal_order", text="An order forbids notice.")
    assert ticked(story, minutes=1).published == [record.ref]


def test_notice_follows_a_waiver_after_thirty_days(story: Story) -> None:
    """G-32: the ombudsperson is asked to tell the organization, first not at all and then by the clock."""
    record = story.in_review(
        story.submitted(story.drafted("contributor", kind_name=DUE_DILIGENCE), "contributor"),
        ("reviewer_gov", "reviewer_uni", "reviewer_ngo"),
    )
    with story.unit("editor") as unit:
        reply.waive(unit, ref=record.ref, reason_code="legal_order", text="An order forbids notice.")
    for who in ("reviewer_gov", "reviewer_uni"):
        story.voted(record, who)
    record = story.voted(
        record, "reviewer_ngo", devils_advocate=True, innocent_explanation="A shared building."
    )
    assert record.state is State.PUBLISHED
    assert to_tell(story) == []
    assert ticked(story, days=29).to_tell == []
    assert ticked(story, days=1).to_tell == [record.ref]
    assert ticked(story, days=1).to_tell == []
    assert to_tell(story) == [record.ref]


def test_the_ombudsperson_is_asked_to_tell_a_named_organization(story: Story) -> None:
    """G-30: the ten working days run from the moment at which somebody has it on their list."""
    record = noted(story)
    assert to_tell(story) == [record.ref]
    assert to_tell(story, "editor") == []
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="test"):
            pass
    for who, told in (("ombudsperson", 1), ("auditor", 0), ("researcher", 0)):
        with story.unit(who, writes=False) as unit:
            assert sum("is to be told" in line.sentence for line in alerts.listed(unit)) == told, who
    story.now += timedelta(days=20)
    assert to_tell(story) == []


def to_tell(story: Story, who: str = "ombudsperson") -> list[str]:
    """References on the list of organizations to tell and hear."""
    with story.unit(who, writes=False) as unit:
        return [item.record.ref for item in worklist.worklist(unit).replies]


def test_a_reply_stands_unedited_beside_the_record(story: Story) -> None:
    """G-33, G-34."""
    record = noted(story)
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
