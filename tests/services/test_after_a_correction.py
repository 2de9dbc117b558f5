"""What a correction leaves behind: nothing when it is given up, and no list of recipients to those who merely read."""

from __future__ import annotations

import pytest

from comity.domain.handling import AudienceChoice, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import compare, correct, draft, read, submit
from tests.story import Story, example, reading

NOTE = "due_diligence_note"


def _corrected(story: Story, record: Record, *, urgent: bool = False, **changes: object) -> Record:
    with story.unit("liaison") as unit:
        correct.begin(unit, ref=record.ref)
        _, revision = draft.working(unit, record.ref)
        draft.save(unit, ref=record.ref, content={**draft.full_content(unit, revision), **changes})
        return submit.submit(unit, ref=record.ref, urgent=urgent)


def test_a_correction_that_is_given_up_leaves_nothing_on_the_record(story: Story) -> None:
    """It would have named an organization, in a hurry; the version in force does neither."""
    record = story.published()
    entities = example(now=story.now)["entities"]
    entities[0]["role"] = "subject"
    after = _corrected(
        story, record, urgent=True, entities=entities, claims=example(NOTE, now=story.now)["claims"]
    )
    assert after.facts["names_entity"]
    assert after.urgent
    with story.unit("liaison") as unit:
        submit.take_back(unit, ref=record.ref)
        kept = correct.keep_version_in_force(unit, ref=record.ref)
    assert kept.state is State.PUBLISHED
    assert not kept.urgent
    names = ("names_entity", "subjects", "named", "severe", "supersedes")
    assert {name: kept.facts.get(name) for name in names} == {name: record.facts.get(name) for name in names}


@pytest.mark.parametrize(("who", "told"), [("liaison", True), ("reviewer_ngo", True), ("researcher", False)])
def test_the_recipients_of_a_version_are_told_to_those_at_work_on_it(
    story: Story, who: str, told: bool
) -> None:
    narrow = AudienceChoice(organizations=("uni-north", "firm-optics"))
    record = story.published(handling=Handling(tlp=TLP.GREEN, audience=narrow))
    with story.unit("liaison") as unit:
        correct.begin(unit, ref=record.ref)
        _, revision = draft.working(unit, record.ref)
        content = draft.full_content(unit, revision)
        only = AudienceChoice(organizations=("uni-north",))
        draft.save(unit, ref=record.ref, content=content, handling=Handling(tlp=TLP.GREEN, audience=only))
        submit.submit(unit, ref=record.ref)
    for reviewer in ("reviewer_uni", "reviewer_firm", "reviewer_ngo"):
        record = (
            story.voted(record, reviewer)
            if reading(story, "liaison", record).record.state is State.IN_REVIEW
            else record
        )
    with story.unit(who, writes=False) as unit:
        assert read.find_record(unit, record.ref).state is State.PUBLISHED
        found = compare.compare(unit, ref=record.ref, old="1.0", new="2.0")
    said = str(found.handling_changes)
    assert ("firm-optics" in said) is told
    assert "audience" in said
