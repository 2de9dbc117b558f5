"""Records that rest on others: the strictest marking or a yes, and what happens when an input is taken down or tightened (H-01)."""

from __future__ import annotations

from typing import Any

import pytest

from comity.domain.errors import Invalid
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import alerts, correct, draft, follow_inputs, read, submit, withdraw
from tests.story import Story, hits, reading

AMBER = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("ngo-rights",)))
REVIEWERS = ("reviewer_gov", "reviewer_uni", "reviewer_firm")


def citing(source: Record, relation: str = "builds_on") -> dict[str, Any]:
    return {"related": [{"ref": source.ref, "relation": relation}], "title": "What members can do about it"}


def refused(story: Story, record: Record, who: str = "contributor_ngo") -> list[str]:
    with pytest.raises(Invalid) as wrong:
        story.submitted(record, who)
    return [one.code for one in wrong.value.problems]


def derived_from(story: Story, source: Record, **more: Any) -> Record:
    return story.published("contributor_ngo", REVIEWERS, **citing(source), **more)


def amber(story: Story, **more: Any) -> Record:
    return story.published(handling=AMBER, title="Moonlight questions after talks", **more)


@pytest.mark.parametrize("relation", ["see_also", "builds_on", "copied_from"])
def test_a_green_record_cannot_cite_an_amber_one_without_a_yes(story: Story, relation: str) -> None:
    source = amber(story)
    record = story.drafted("contributor_ngo", **citing(source, relation))
    assert refused(story, record) == [f"ask-originator:{source.ref}"]
    spoken = story.drafted("contributor_ngo", body=f"As {source.ref} says, and {source.uid}.")
    assert refused(story, spoken) == [f"ask-originator:{source.ref}"]


def test_as_strict_a_record_may_cite_it(story: Story) -> None:
    source = amber(story)
    record = story.drafted("contributor_ngo", tlp=TLP.AMBER, **citing(source))
    assert story.submitted(record, "contributor_ngo").state == "triage"


def test_who_cannot_read_the_input_learns_nothing_by_citing_it(story: Story) -> None:
    source = amber(story)
    absent = "RSI-nordmark-ADV-2026-000001"
    for ref in (source.ref, absent):
        record = story.drafted("contributor", related=[{"ref": ref, "relation": "builds_on"}])
        assert story.submitted(record, "contributor").state == "triage"


def test_a_tear_line_never_names_its_parent_whether_there_is_one_or_not(story: Story) -> None:
    for ref in (story.published().ref, "RSI-nordmark-ADV-2026-000001"):
        record = story.drafted("contributor", related=[{"ref": ref, "relation": "tearline_of"}])
        assert refused(story, record, "contributor") == ["names-parent"]


def withdrawn(story: Story, record: Record, reason: str = "error") -> None:
    with story.unit("liaison") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code=reason, text="It was wrong.")
    with story.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)


def flags(story: Story, record: Record) -> list[tuple[str, str]]:
    with story.unit("contributor_ngo", writes=False) as unit:
        return follow_inputs.doubts(unit, read.find_record(unit, record.ref))


def test_what_rested_on_a_withdrawn_record_is_flagged_for_its_originator(story: Story) -> None:
    source = story.published()
    record = derived_from(story, source)
    assert flags(story, record) == []
    withdrawn(story, source)
    assert flags(story, record) == [(source.ref, "taken_down")]
    assert reading(story, "reader", record).revision is not None, "an error flags it; its marking still fits"
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="t"):
            pass
    with story.unit("contributor_ngo", writes=False) as unit:
        assert "Something that a record of yours rests on has changed." in [
            one.sentence for one in alerts.listed(unit) if one.ref == record.ref
        ]


def test_harm_leaves_what_rested_on_it_to_its_own_organization(story: Story) -> None:
    source = story.published(title="Moonlight invitations")
    record = derived_from(story, source)
    assert record.ref in hits(story, "researcher", "members can do")
    withdrawn(story, source, "harm")
    assert record.ref not in hits(story, "researcher", "members can do")
    assert record.ref in hits(story, "reader", "members can do"), "the reader is of its own organization"


def test_a_tightened_input_tightens_what_rests_on_it_until_it_is_loosened_again(story: Story) -> None:
    source = story.published()
    record = derived_from(story, source)
    retighten(story, source, AMBER)
    assert flags(story, record) == [(source.ref, "tightened")]
    assert record.ref not in hits(story, "researcher", "members can do")
    assert record.ref in hits(story, "liaison", "members can do"), "its originator reads both"
    retighten(story, source, Handling(tlp=TLP.GREEN))
    assert flags(story, record) == []
    assert record.ref in hits(story, "researcher", "members can do")


def retighten(story: Story, source: Record, handling: Handling) -> None:
    with story.unit("liaison") as unit:
        if handling.tlp is TLP.GREEN:
            read.open_with_purpose(unit, ref=source.ref, purpose="review_or_edit")
        record = correct.begin(unit, ref=source.ref)
        _, revision = draft.working(unit, record.ref)
        draft.save(unit, ref=record.ref, content=draft.full_content(unit, revision), handling=handling)
        lowering = submit.Lowering("now_public", "It is known by now.") if handling.tlp is TLP.GREEN else None
        record = submit.submit(unit, ref=record.ref, lowering=lowering)
    for who in ("reviewer_uni", "reviewer_firm", "reviewer_ngo"):
        if record.state == "in_review":
            with story.unit(who) as unit:
                read.open_with_purpose(unit, ref=source.ref, purpose="review_or_edit")
            record = story.voted(record, who)
    assert record.state == "published", record.state


def test_it_follows_along_a_chain_and_a_circle_ends(story: Story) -> None:
    source = story.published(title="The first of three")
    middle = derived_from(story, source)
    last = story.published("contributor", ("reviewer_gov", "reviewer_uni", "reviewer_ngo"), **citing(middle))
    with story.unit("contributor_ngo") as unit:  # the middle one now rests on the last one too
        correct.begin(unit, ref=middle.ref)
        _, revision = draft.working(unit, middle.ref)
        content = draft.full_content(unit, revision)
        content["related"] = [*content["related"], {"ref": last.ref, "relation": "builds_on"}]
        draft.save(unit, ref=middle.ref, content=content, handling=revision.handling)
        changed = submit.submit(unit, ref=middle.ref)
    for who in REVIEWERS:
        changed = story.voted(changed, who) if changed.state == "in_review" else changed
    withdrawn(story, source, "harm")
    assert middle.ref not in hits(story, "researcher", "members can do")
    assert last.ref not in hits(story, "researcher", "members can do"), "it rests on what rested on it"


def test_reading_on_what_was_flagged_names_no_hidden_input(story: Story) -> None:
    source = story.published()
    record = derived_from(story, source)
    retighten(story, source, AMBER)
    with story.unit("contributor_ngo", writes=False) as unit:
        assert follow_inputs.doubts(unit, read.find_record(unit, record.ref)) == [(source.ref, "tightened")]
    with story.unit("system", writes=False) as unit:
        shown = read.find_record(unit, record.ref)
    with story.unit("researcher", writes=False) as unit:
        assert follow_inputs.doubts(unit, shown) == [("", "tightened")]
