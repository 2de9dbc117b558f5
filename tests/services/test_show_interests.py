"""G-24: what reviewers declared, and what was found, is open to council and auditor; how somebody voted is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.domain.errors import NotFound
from comity.domain.handling import Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import recount, show_interests
from comity.services.offer import offers
from comity.storage import editorial
from tests.factories import person_id
from tests.story import Story, reading

TIE = "We are negotiating a contract with the firm named."


def declared(story: Story, handling: Handling) -> Record:
    """Published, with an interest of the reviewer of a firm on it."""
    record = story.in_review(story.submitted(story.drafted(handling=handling)))
    story.voted(record, "reviewer_firm", interests=[TIE])
    story.voted(record, "reviewer_uni")
    return story.voted(record, "reviewer_ngo")


@pytest.mark.parametrize("who", ["council_ngo", "auditor"])
def test_council_and_auditor_see_who_declared_what(story: Story, who: str) -> None:
    record = declared(story, Handling(tlp=TLP.GREEN))
    reviewer = person_id("reviewer_uni")
    with story.unit("ombudsperson") as unit:
        recount.enter_conflict(unit, ref=record.ref, reviewer=reviewer, text="A grant.")
    with story.unit("auditor") as unit:
        recount.settle_conflict(unit, ref=record.ref, reviewer=reviewer, stands=True, text="It is so.")
    with story.unit(who, writes=False) as unit:
        found = {one.reviewer: one for one in show_interests.of_record(unit, ref=record.ref)}
        listed = show_interests.everywhere(unit)
    assert found["Reviewer Firm"].interests == [TIE]
    assert not found["Reviewer Firm"].counted
    assert "A grant." in found["Reviewer Uni"].conflicts[0]
    assert found["Reviewer Ngo"].counted
    assert {one.reviewer for one in listed} == {"Reviewer Firm", "Reviewer Uni"}
    assert "approve" not in repr(found)


@pytest.mark.parametrize("who", ["editor", "reviewer_uni", "liaison", "researcher", "node_admin", "public"])
def test_nobody_else_does(story: Story, who: str) -> None:
    record = declared(story, Handling(tlp=TLP.CLEAR))
    with story.unit(who, writes=False) as unit:
        with pytest.raises(NotFound):
            show_interests.of_record(unit, ref=record.ref)
        with pytest.raises(NotFound):
            show_interests.everywhere(unit)
        assert "interests" not in offers(unit, reading(story, who, record).record)


def test_the_marking_of_the_record_holds(story: Story) -> None:
    """An auditor reads no content above GREEN, and learns of no reviewer of it either."""
    record = declared(story, Handling(tlp=TLP.AMBER))
    with story.unit("auditor", writes=False) as unit:
        with pytest.raises(NotFound):
            show_interests.of_record(unit, ref=record.ref)
        assert show_interests.everywhere(unit) == []


def test_a_reviewer_of_an_unnamed_originator_is_not_named(story: Story) -> None:
    """4.4.1: the conflict itself would say whose record it is."""
    record = declared(story, Handling(tlp=TLP.GREEN, attribution_mode="sector_only"))
    with story.unit("system") as unit:
        (vote, *_) = editorial.of_record(unit.db, editorial.StoredVote, record.id)
        editorial.store(unit.db, replace(vote, organization="gov-security-office"))
    with story.unit("auditor", writes=False) as unit:
        found = show_interests.of_record(unit, ref=record.ref)
    assert next((one.reviewer, one.organization) for one in found) == ("", "")
    assert "Office for Protective Security" not in repr(found)
