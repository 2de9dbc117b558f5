"""Proposed corrections on one node: never an edit, seen by whom they concern, and decided by reviewers once taken up (J-12)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.kinds.registry import kind
from comity.domain.record import Record
from comity.services import draft, propose, read
from tests.services.test_onward import told
from tests.story import Story, reading

TEXT = "The laboratory left that programme in 2024: its own page says so."


def claim(**changes: Any) -> dict[str, Any]:
    found = deepcopy(kind("due_diligence_note").example["claims"][0])
    return {**found, "text": "The laboratory left the programme in 2024.", **changes}


def note(story: Story) -> Record:
    from tests.story import noted, ticked

    record = noted(story)
    ticked(story, days=30)
    with story.unit("system", writes=False) as unit:
        record = read.find_record(unit, record.ref)
    assert record.state == "published"
    return record


def proposed(story: Story, record: Record, who: str = "researcher", **more: Any) -> propose.Proposal:
    with story.unit(who) as unit:
        return propose.propose(unit, ref=record.ref, text=TEXT, **{"claim": claim(), **more})


def seen(story: Story, record: Record, who: str) -> int:
    with story.unit(who, writes=False) as unit:
        return len(propose.of_record(unit, read.find_record(unit, record.ref)))


def test_it_arrives_as_a_proposal_and_changes_nothing(story: Story) -> None:
    record = note(story)
    before = reading(story, "reader", record).content
    proposed(story, record)
    assert reading(story, "reader", record).content == before
    assert "Somebody proposes a correction of a record." in told(story, "contributor")
    with story.unit("contributor", writes=False) as unit:
        (line,) = propose.waiting(unit)
    assert line.who == "University of the North"
    assert line.proposal.claim["sources"]


def test_the_originator_the_editors_and_the_proposer_see_it_and_nobody_else(story: Story) -> None:
    record = note(story)
    proposed(story, record)
    for who in ("contributor", "editor", "researcher"):
        assert seen(story, record, who) == 1, who
    for who in (
        "reader",
        "researcher_south",
        "security_officer",
        "liaison",
        "auditor",
        "council_gov",
    ):
        assert seen(story, record, who) == 0, who


def test_taking_it_up_begins_a_correction_with_the_claim_in_it(story: Story) -> None:
    record = note(story)
    made = proposed(story, record, claim=claim(claim_id="c1", tlp="RED"))
    with story.unit("contributor") as unit:
        propose.accept(unit, proposal_id=made.id, text="Thank you.")
        _, revision = draft.working(unit, record.ref)
        claims = draft.full_content(unit, revision)["claims"]
    added = claims[-1]
    assert added["text"] == "The laboratory left the programme in 2024."
    assert len({one["claim_id"] for one in claims}) == len(claims), "it gets a number of its own here"
    assert "tlp" not in added
    assert not any("reliability" in one for one in added["sources"]), "graded here anew"
    assert "left the programme" not in str(reading(story, "reader", record).content), "reviewers decide first"
    assert "A correction that you proposed has been decided on." in told(story, "researcher")
    with story.unit("researcher", writes=False) as unit:
        (line,) = propose.mine(unit)
    assert (line.proposal.state, line.proposal.reason) == ("accepted", "Thank you.")
    with story.unit("contributor") as unit, pytest.raises(Conflict):
        propose.decline(unit, proposal_id=made.id, text="No.")


def test_a_second_proposal_goes_into_the_same_correction(story: Story) -> None:
    record = note(story)
    first, second = (
        proposed(story, record),
        proposed(story, record, "liaison"),
    )
    with story.unit("contributor") as unit:
        propose.accept(unit, proposal_id=first.id)
        propose.accept(unit, proposal_id=second.id)
        _, revision = draft.working(unit, record.ref)
        claims = draft.full_content(unit, revision)["claims"]
    assert [one["text"] for one in claims[-2:]] == ["The laboratory left the programme in 2024."] * 2


def test_declining_needs_a_reason_that_the_proposer_reads(story: Story) -> None:
    record = note(story)
    made = proposed(story, record)
    with story.unit("contributor") as unit, pytest.raises(Invalid):
        propose.decline(unit, proposal_id=made.id, text=" ")
    with story.unit("contributor") as unit:
        propose.decline(unit, proposal_id=made.id, text="The page is older than our source.")
    with story.unit("researcher", writes=False) as unit:
        (line,) = propose.mine(unit)
    assert (line.proposal.state, line.proposal.reason) == ("declined", "The page is older than our source.")


def test_nobody_else_decides(story: Story) -> None:
    record = note(story)
    made = proposed(story, record)
    for who in ("researcher", "editor", "liaison", "reader", "council_gov"):
        with story.unit(who) as unit, pytest.raises(NotFound):
            propose.decline(unit, proposal_id=made.id, text="No.")
        with story.unit(who) as unit, pytest.raises(NotFound):
            propose.accept(unit, proposal_id=made.id)


@pytest.mark.parametrize(
    ("text", "given", "field"),
    [
        ("", None, "text"),
        ("x" * 6001, None, "text"),
        ("Ask Professor Anna Lindqvist about it.", None, "text"),
        ("Call +47 22 12 34 56.", None, "text"),
        (TEXT, {"sources": []}, "claim.sources"),
        (TEXT, {"nationality": "x"}, "claim.nationality"),
        (TEXT, {"text": "Dr. Anna Lindqvist runs it."}, "claim.text"),
        (TEXT, {"text": "x" * 50_000}, "claim"),
    ],
)
def test_what_cannot_be_proposed(story: Story, text: str, given: dict[str, Any] | None, field: str) -> None:
    record = story.published()
    with story.unit("researcher") as unit, pytest.raises(Invalid) as wrong:
        propose.propose(unit, ref=record.ref, text=text, claim=claim(**given) if given else None)
    assert field in {one.field for one in wrong.value.problems}


def test_who_can_propose(story: Story) -> None:
    record = story.published()
    with pytest.raises(Conflict):
        proposed(story, record, "liaison")
    for who in ("reader", "federation_officer", "node_admin"):
        with pytest.raises((NotAllowed, NotFound)):
            proposed(story, record, who)
