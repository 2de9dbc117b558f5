"""4.5.1: what is mended without a vote is form, and stays form: no turned meaning, no vote taken away, nobody left unaware."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from comity import policies
from comity.domain.errors import Conflict, Invalid
from comity.domain.minor import MinorPolicy
from comity.domain.record import Record
from comity.services import alerts, correct, draft, read, reply
from comity.services.offer import offers
from comity.services.reviewers import count
from tests.story import Story, example, ticked


def stored(story: Story, record: Record) -> dict[str, Any]:
    with story.unit("system", writes=False) as unit:
        _, revision = draft.working(unit, record.ref)
        return draft.full_content(unit, revision)


TEXT = "The unit may share results that were lawful in 2024 with the harbour office, and the office keeps them in a cupboard."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("may share", "may not share"),
        ("may share", "must share"),
        ("lawful", "unlawful"),
        ("2024", "2014"),
        ("were", "weren’t"),
        ("keeps them", "never keeps them"),
    ],
)
def test_a_minor_correction_cannot_turn_a_meaning_round(story: Story, old: str, new: str) -> None:
    """One inserted “not” is fewer than four words."""
    record = story.published(body=TEXT)
    content = stored(story, record)
    changed = {**content, "body": TEXT.replace(old, new)}
    with story.unit("editor") as unit, pytest.raises(Invalid) as refused:
        correct.minor(unit, ref=record.ref, content=changed, note="A typo.")
    assert [(one.field, one.code) for one in refused.value.problems] == [("body", "meaning")]
    with story.unit("editor") as unit:
        mended = {**content, "body": TEXT.replace("cupboard", "cabinet")}
        correct.minor(unit, ref=record.ref, content=mended, note="A better word.")


@pytest.mark.parametrize("field", ["title", "known", "assessed", "not_known"])
def test_what_a_reader_goes_by_is_never_a_matter_of_form(story: Story, field: str) -> None:
    record = story.published()
    content = stored(story, record)
    changed = {**content, field: f"{content[field]} Typo."}
    with story.unit("liaison") as unit, pytest.raises(Invalid) as refused:
        correct.minor(unit, ref=record.ref, content=changed, note="A typo.")
    assert [(one.field, one.code) for one in refused.value.problems] == [(field, "substantive")]


def test_no_file_makes_substance_a_matter_of_form() -> None:
    policy = policies.minor_corrections().model_dump()
    with pytest.raises(ValidationError):
        MinorPolicy.model_validate(policy | {"fields": {*policy["fields"], "known"}})
    with pytest.raises(ValidationError):
        MinorPolicy.model_validate(policy | {"few_words": 40})


def test_in_a_language_without_words_only_a_source_is_mended() -> None:
    policy = policies.minor_corrections()
    assert policy.mendable("body", "en-GB")
    assert not policy.mendable("body", "zh-Hans")
    assert policy.mendable("sources", "zh-Hans")


def test_an_urgent_notice_that_waits_for_its_votes_is_not_mended(story: Story) -> None:
    """Votes are on one text: a full stop by an editor would have taken every one of them away (G-04, G-41)."""
    ends = (story.now + timedelta(days=10)).date().isoformat()
    dates: dict[str, Any] = {"subtype": "urgent", "review_due": ends, "expires_at": ends}
    content = example(now=story.now, **dates)
    content["entities"][0]["role"] = "subject"
    claims = example("due_diligence_note", now=story.now)["claims"]
    record = story.drafted("contributor_ngo", **dates, entities=content["entities"], claims=claims)
    record = story.in_review(
        story.submitted(record, "contributor_ngo"), ("reviewer_gov", "reviewer_uni", "reviewer_firm")
    )
    for who in ("reviewer_gov", "reviewer_uni"):
        record = story.voted(record, who)
    with story.unit("editor") as unit:
        reply.waive(unit, ref=record.ref, reason_code="urgent_path", text="Harm would come before that.")
    ticked(story, minutes=1)
    for who in ("editor", "contributor_ngo"):
        with story.unit(who) as unit:
            record = read.find_record(unit, record.ref)
            assert record.urgent
            assert "correct/minor" not in offers(unit, record)
            given = stored(story, record)
            changed = {**given, "body": f"{given['body']} Typo."}
            with pytest.raises(Conflict):
                correct.minor(unit, ref=record.ref, content=changed, note="A typo.")
    with story.unit("system", writes=False) as unit:
        assert len(count(unit, record, ordinary=True).counted) == 2


def test_reviewers_hear_of_what_was_mended_behind_them(story: Story) -> None:
    record = story.published()
    content = stored(story, record)
    with story.unit("editor") as unit:
        changed = {**content, "body": f"{content['body']} Typo."}
        correct.minor(unit, ref=record.ref, content=changed, note="A typo.")
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="test"):
            pass
    with story.unit("reviewer_ngo", writes=False) as unit:
        assert "mended without a vote" in alerts.listed(unit)[0].sentence
