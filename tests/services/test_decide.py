"""G-35 to G-37: an appeal marks the record, and three people of three sectors decide it; nobody decides alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.domain.account import AccountState
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import correct, decide, dispute, read, submit, worklist
from comity.services.offer import offers
from comity.services.reviewers import assigned_reviewers
from comity.storage import people
from tests.factories import person_id
from tests.story import Story, reading

PANEL = ("council_uni", "council_firm", "council_ngo")


def _appealed(story: Story, record: Record) -> int:
    with story.unit("researcher" if record.author != person_id("researcher") else "reader") as unit:
        raised = dispute.raise_appeal(unit, ref=record.ref, grounds="The second statement is wrong.")
    with story.unit("ombudsperson") as unit:
        dispute.first_look(
            unit, ref=record.ref, dispute_id=raised.id, passes=True, text="There is something in it."
        )
    return raised.id


def _named(story: Story, record: Record, which: int, people: tuple[str, ...] = PANEL) -> Record:
    with story.unit("ombudsperson") as unit:
        panel = [person_id(who) for who in people]
        return decide.name_panel(unit, ref=record.ref, dispute_id=which, panel=panel)


def _said(story: Story, who: str, record: Record, which: int, outcome: str = "record_withdrawn") -> Record:
    with story.unit(who) as unit:
        return decide.enter(unit, ref=record.ref, dispute_id=which, outcome=outcome, text=f"So says {who}.")


def test_an_appeal_marks_the_record_and_the_panel_takes_the_mark_away(story: Story) -> None:
    record = story.published()
    assert not reading(story, "reader", record).record.under_dispute
    which = _appealed(story, record)
    assert reading(story, "reader", record).record.under_dispute
    _named(story, record, which)
    for who in PANEL:
        record = _said(story, who, record, which, "dismissed")
    assert not reading(story, "reader", record).record.under_dispute
    assert record.state is State.PUBLISHED
    with story.unit("ombudsperson") as unit, pytest.raises(Conflict):
        decide.name_panel(unit, ref=record.ref, dispute_id=which, panel=[person_id(who) for who in PANEL])


def test_the_ombudsperson_has_no_voice_and_no_single_member_decides(story: Story) -> None:
    """One person could take down any record by entering a panel that never voted."""
    record = story.published()
    which = _appealed(story, record)
    _named(story, record, which)
    with story.unit("ombudsperson") as unit, pytest.raises(NotFound):
        decide.enter(unit, ref=record.ref, dispute_id=which, outcome="record_withdrawn", text="I say so.")
    for who in ("researcher", "editor", "liaison"):
        with story.unit(who) as unit, pytest.raises(NotFound):
            decide.enter(unit, ref=record.ref, dispute_id=which, outcome="record_withdrawn", text="I say so.")
    assert _said(story, "council_uni", record, which).state is State.PUBLISHED
    assert _said(story, "council_uni", record, which).state is State.PUBLISHED, "nor by saying it twice"
    assert _said(story, "council_firm", record, which).state is State.PUBLISHED
    gone = _said(story, "council_ngo", record, which, "dismissed")
    assert gone.state is State.WITHDRAWN
    assert (gone.tombstone or {})["reason"] == "So says council_uni.\n\nSo says council_firm."


def test_only_the_ombudsperson_names_and_only_strangers_to_the_case(story: Story) -> None:
    record = story.published()
    which = _appealed(story, record)
    panel = [person_id(who) for who in PANEL]
    with story.unit("editor") as unit, pytest.raises(NotAllowed):
        decide.name_panel(unit, ref=record.ref, dispute_id=which, panel=panel)
    unfit = {
        "voted": ("reviewer_uni", "council_firm", "council_ngo"),
        "of the originator": ("liaison", "council_firm", "council_ngo"),
        "of one sector twice": ("council_uni", "researcher", "council_ngo"),
        "of no sector": ("ombudsperson", "council_firm", "council_ngo"),
        "too few": ("council_firm", "council_ngo"),
    }
    for chosen in unfit.values():
        with pytest.raises(Invalid):
            _named(story, record, which, chosen)


def test_whoever_has_spoken_stays_on_the_panel(story: Story) -> None:
    """Otherwise whoever names could go on until the panel says what is wanted."""
    record = story.published()
    which = _appealed(story, record)
    _named(story, record, which)
    _said(story, "council_uni", record, which, "dismissed")
    with pytest.raises(Invalid):
        _named(story, record, which, ("researcher_south", "council_firm", "council_ngo"))
    _named(story, record, which, ("council_uni", "council_firm", "reader"))
    with story.unit("council_ngo") as unit, pytest.raises(NotFound):
        decide.enter(unit, ref=record.ref, dispute_id=which, outcome="dismissed", text="It stands.")


def test_the_panel_of_a_narrow_record_can_read_it_and_reviews_nothing_in_it(story: Story) -> None:
    quiet = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    record = story.published(handling=quiet)
    with story.unit("council_ngo", writes=False) as unit, pytest.raises(NotFound):
        read.find_record(unit, record.ref)
    which = _appealed(story, record)
    with pytest.raises(Invalid):
        _named(story, record, which, ("organization_admin_south", "council_firm", "council_ngo"))
    record = _named(story, record, which)
    with story.unit("council_ngo", writes=False) as unit:
        assert "appeals/decide" in offers(unit, record)
        assert [one.record.ref for one in worklist.worklist(unit).disputes] == [record.ref]
        assert [one.id for one in decide.before_me(unit, record)] == [which]
    assert not assigned_reviewers(record) & {person_id(who) for who in PANEL}
    with story.unit("reader", writes=False) as unit, pytest.raises(NotFound):
        read.find_record(unit, record.ref)


def test_a_voice_whose_owner_may_not_decide_any_more_is_not_counted(story: Story) -> None:
    record = story.published()
    which = _appealed(story, record)
    _named(story, record, which)
    _said(story, "council_uni", record, which)
    _said(story, "council_firm", record, which)
    with story.unit("system") as unit:
        held = people.account(unit.db, person_id("council_uni"))
        assert held is not None
        people.save_account(unit.db, replace(held, state=AccountState.SUSPENDED))
    assert _said(story, "council_ngo", record, which).state is State.PUBLISHED


def test_a_decision_during_a_correction_takes_the_mark_away_too(story: Story) -> None:
    record = story.published()
    which = _appealed(story, record)
    _named(story, record, which)
    with story.unit("liaison") as unit:
        correct.begin(unit, ref=record.ref)
    with story.unit("liaison") as unit:
        submit.submit(unit, ref=record.ref)
    for who in PANEL:
        record = _said(story, who, record, which, "corrected")
    assert not record.under_dispute
    assert record.state is State.IN_REVIEW
