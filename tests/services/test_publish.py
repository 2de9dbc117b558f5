"""The main job: draft, submit, triage, vote across sectors, published by the machine when the quorum is met and not before."""

from __future__ import annotations

import pytest

from comity.domain.errors import Invalid, NotAllowed, NotFound
from comity.domain.lifecycle_facts import State
from comity.services import read, submit
from tests.story import Story, example


def test_a_record_publishes_by_itself_when_two_sectors_agree_and_not_before(story: Story) -> None:
    record = story.in_review(story.submitted(story.drafted()))
    record = story.voted(record, "reviewer_uni")
    assert record.state is State.IN_REVIEW
    record = story.voted(record, "reviewer_ngo")
    assert record.state is State.PUBLISHED
    with story.unit("researcher", writes=False) as unit:
        reading = read.read(unit, ref=record.ref)
    assert reading.revision is not None
    assert reading.revision.version == "1.0"
    assert reading.votes_by_sector == {"academia": 1, "civil_society": 1}


def test_nobody_outside_the_work_learns_of_a_draft(story: Story) -> None:
    record = story.drafted()
    for who in ("researcher", "reviewer_uni", "editor", "node_admin", "public", "auditor"):
        with story.unit(who, writes=False) as unit, pytest.raises(NotFound):
            read.read(unit, ref=record.ref)


def test_government_alone_does_not_publish(story: Story) -> None:
    """J-05.2, G-01."""
    record = story.in_review(
        story.submitted(story.drafted("contributor_ngo"), "contributor_ngo"), ("reviewer_gov", "reviewer_uni")
    )
    record = story.voted(record, "reviewer_gov")
    assert record.state is State.IN_REVIEW


def test_the_author_is_no_reviewer_of_their_own_record(story: Story) -> None:
    record = story.drafted("reviewer_uni")
    story.submitted(record, "reviewer_uni")
    with pytest.raises(Invalid):
        story.in_review(record, ("reviewer_uni", "reviewer_firm", "reviewer_ngo"))


@pytest.mark.parametrize("field", ["not_known", "benefits", "expires_at", "recommended_actions", "sources"])
def test_what_is_missing_stops_submission_with_the_field_named(story: Story, field: str) -> None:
    """J-05.3; and nothing that was typed is lost."""
    content = example(now=story.now)
    content.pop(field)
    with story.unit("liaison") as unit:
        from comity.services import draft

        record = draft.start(unit, kind_name="advisory", content=content)
    with story.unit("liaison") as unit, pytest.raises(Invalid) as refused:
        submit.submit(unit, ref=record.ref)
    assert any(problem.field.split(".")[0] == field for problem in refused.value.problems)
    with story.unit("liaison", writes=False) as unit:
        assert read.read(unit, ref=record.ref).content["title"] == content["title"]


def test_only_the_author_submits(story: Story) -> None:
    record = story.drafted("liaison")
    with story.unit("researcher") as unit, pytest.raises((NotAllowed, NotFound)):
        submit.submit(unit, ref=record.ref)
