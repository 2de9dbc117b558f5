"""The notice to a named organization, version by version: a correction cannot state something new without one (G-30)."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from comity.domain.errors import Invalid
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.services import correct, draft, reply, submit
from comity.storage import editorial
from tests.story import Story, noted, reading, ticked

BOARD = ("reviewer_gov", "reviewer_uni", "reviewer_ngo")


def agreed(story: Story, record: Record) -> Record:
    """The votes that a due-diligence note needs."""
    for who in BOARD[:2]:
        record = story.voted(record, who)
    return story.voted(record, BOARD[2], devils_advocate=True, innocent_explanation="A shared building.")


def corrected(story: Story, record: Record, **claim: Any) -> Record:
    """A correction a day later that its reviewers have agreed to; with `claim` it also states something new."""
    story.now += timedelta(days=1)
    with story.unit("contributor") as unit:
        correct.begin(unit, ref=record.ref)
        _, revision = draft.working(unit, record.ref)
        content = draft.full_content(unit, revision)
        content["summary"] += " Mended."
        if claim:
            content["claims"] = [*content["claims"], {**deepcopy(content["claims"][0]), **claim}]
        draft.save(unit, ref=record.ref, content=content)
        record = submit.submit(unit, ref=record.ref)
    return agreed(story, story.in_review(record, BOARD) if record.state is State.TRIAGE else record)


def slots(story: Story, record: Record) -> list[editorial.StoredReply]:
    with story.unit("system", writes=False) as unit:
        return editorial.of_record(unit.db, editorial.StoredReply, record.id)


@pytest.fixture
def published(story: Story) -> Record:
    record = noted(story)
    assert ticked(story, days=20).published == [record.ref]
    return record


NEW = {"claim_id": "c9", "text": "The institute hosts a laboratory that the ministry funds in full."}


def test_a_correction_that_states_something_new_waits_for_ten_working_days_again(
    story: Story, published: Record
) -> None:
    record = corrected(story, published, **NEW)
    assert record.state is State.APPROVED
    assert [one.state for one in slots(story, record)] == ["invited", "invited"]
    assert ticked(story, days=13).published == []
    assert ticked(story, days=4).published == [record.ref]


def test_a_correction_that_states_nothing_new_asks_nobody_again(story: Story, published: Record) -> None:
    record = corrected(story, published)
    assert record.state is State.PUBLISHED
    assert len(slots(story, record)) == 1


def test_what_was_taken_back_and_changed_before_publication_is_told_too(story: Story) -> None:
    record = noted(story)
    story.now += timedelta(days=9)
    with story.unit("contributor") as unit:
        submit.take_back(unit, ref=record.ref)
        _, revision = draft.working(unit, record.ref)
        content = draft.full_content(unit, revision)
        content["claims"][0]["text"] = "The institute builds guidance systems for the ministry."
        draft.save(unit, ref=record.ref, content=content)
    record = agreed(story, story.in_review(story.submitted(record, "contributor"), BOARD))
    assert record.state is State.APPROVED
    assert ticked(story, days=8).published == []


def test_the_new_slot_is_waived_and_answered_and_the_old_one_stays(story: Story, published: Record) -> None:
    slot = slots(story, published)[0]
    with story.unit("ombudsperson") as unit:
        reply.receive(unit, ref=published.ref, entity_id=slot.entity_id, words="We left it in 2024.")
    record = corrected(story, published, **NEW)
    with story.unit("editor") as unit:
        reply.waive(unit, ref=record.ref, reason_code="legal_order", text="An order forbids notice.")
    assert [one.state for one in slots(story, record)] == ["received", "waived"]
    assert ticked(story, minutes=1).published == [record.ref]
    with story.unit("ombudsperson") as unit:
        assert [one.state for one in reply.invited(unit, ref=record.ref)] == ["waived"]
        reply.receive(unit, ref=record.ref, entity_id=slot.entity_id, words="Nor does the ministry pay.")
    told = [one.text for one in reading(story, "researcher", record).replies]
    assert told == ["We left it in 2024.", "Nor does the ministry pay."]


def test_readers_see_nothing_of_a_slot_until_its_version_is_published(
    story: Story, published: Record
) -> None:
    """An answer to what is not published yet would say what it is."""
    record = corrected(story, published, **NEW)
    slot = slots(story, record)[0]
    with story.unit("ombudsperson") as unit:
        reply.receive(unit, ref=record.ref, entity_id=slot.entity_id, words="No ministry pays for it.")
    assert [one.text for one in reading(story, "researcher", record).replies] == [""]
    ticked(story, days=20)
    assert [one.text for one in reading(story, "researcher", record).replies] == [
        "",
        "No ministry pays for it.",
    ]


def test_what_was_taken_out_of_a_reply_is_said_with_its_reason(story: Story, published: Record) -> None:
    """G-33: only personal data and unlawful content, and never in silence."""
    slot = slots(story, published)[0]
    words = "Ask our rector, [a name was taken out]."
    for reason, note in (("personal_data", " "), ("stricter_part", "A passage."), ("", "A name.")):
        taken_out = reply.redacted(reason, note)
        with story.unit("ombudsperson") as unit, pytest.raises(Invalid):
            reply.receive(unit, ref=published.ref, entity_id=slot.entity_id, words=words, redaction=taken_out)
    with story.unit("ombudsperson") as unit:
        taken_out = reply.redacted("personal_data", "The name of a private person.")
        reply.receive(unit, ref=published.ref, entity_id=slot.entity_id, words=words, redaction=taken_out)
        given = [
            (one.reason_code, one.text)
            for one in editorial.of_record(unit.db, editorial.Decision, published.id)
            if one.what == "redact"
        ]
    assert given == [("personal_data", "The name of a private person.")]
    shown = reading(story, "researcher", published).replies
    assert [one.edited_note for one in shown] == ["Personal data removed: The name of a private person."]
