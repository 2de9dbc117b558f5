"""G-35, G-36: a first decision is taken to council, which decides within 40 working days with members who took no part before."""

from __future__ import annotations

import pytest

from comity.domain.errors import Conflict, Invalid, NotFound
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.domain.working_days import end_of_working_days
from comity.services import alerts, appeal_again, correct, decide, dispute, draft, submit, worklist
from comity.services.offer import offers
from comity.storage import editorial
from comity.web import record_view
from tests.factories import person_id
from tests.story import ENOUGH, Story, reading

PANEL = ("researcher_south", "contributor", "reader")


def first_decision(story: Story, record: Record, outcome: str = "dismissed") -> int:
    """An appeal that a panel without anybody of council has decided."""
    with story.unit("researcher") as unit:
        which = dispute.raise_appeal(unit, ref=record.ref, grounds="The second statement is wrong.").id
    with story.unit("ombudsperson") as unit:
        dispute.first_look(
            unit, ref=record.ref, dispute_id=which, passes=True, text="There is something in it."
        )
        decide.name_panel(unit, ref=record.ref, dispute_id=which, panel=[person_id(who) for who in PANEL])
    for who in PANEL[:2]:
        panel_says(story, who, record, which, outcome)
    if outcome != "record_withdrawn":
        panel_says(story, PANEL[2], record, which, outcome)
    return which


def panel_says(story: Story, who: str, record: Record, which: int, outcome: str) -> None:
    with story.unit(who) as unit:
        decide.enter(unit, ref=record.ref, dispute_id=which, outcome=outcome, text="So it is.")


def asked(story: Story, record: Record, which: int, who: str = "researcher") -> editorial.StoredDispute:
    with story.unit(who) as unit:
        return appeal_again.ask(
            unit, ref=record.ref, dispute_id=which, grounds="The panel overlooked a source."
        )


def said(story: Story, who: str, record: Record, which: int, outcome: str) -> Record:
    with story.unit(who) as unit:
        return appeal_again.vote(
            unit, ref=record.ref, dispute_id=which, outcome=outcome, text=f"So says {who}."
        )


@pytest.fixture
def record(full: Story) -> Record:
    return full.published()


def test_the_record_is_under_dispute_again_until_council_has_decided(full: Story, record: Record) -> None:
    which = first_decision(full, record)
    assert not reading(full, "reader", record).record.under_dispute
    stored = asked(full, record, which)
    assert stored.due_at == end_of_working_days(full.now, 40)
    shown = reading(full, "reader", record)
    assert shown.record.under_dispute
    assert [one["title"] for one in record_view.disputes(shown)] == ["Before council"]
    for who in ENOUGH:
        assert reading(full, "reader", record).record.under_dispute
        said(full, who, record, which, "upheld")
    shown = reading(full, "reader", record)
    assert not shown.record.under_dispute
    assert [one["title"] for one in record_view.disputes(shown)] == ["Decided: upheld"]


def test_council_takes_a_record_down_and_says_why(full: Story, record: Record) -> None:
    which = first_decision(full, record)
    asked(full, record, which)
    for who in ENOUGH:
        record = said(full, who, record, which, "record_withdrawn")
    assert record.state is State.WITHDRAWN
    assert str((record.tombstone or {})["reason"]).startswith("So says council_uni.")


def test_there_is_no_third_appeal_and_none_before_the_first_is_decided(full: Story, record: Record) -> None:
    with full.unit("researcher") as unit:
        which = dispute.raise_appeal(unit, ref=record.ref, grounds="It is wrong.").id
    with full.unit("researcher") as unit, pytest.raises(Conflict):
        appeal_again.ask(unit, ref=record.ref, dispute_id=which, grounds="Hurry.")
    which = first_decision(full, record)
    with full.unit("researcher") as unit, pytest.raises(Invalid):
        appeal_again.ask(unit, ref=record.ref, dispute_id=which, grounds=" ")
    asked(full, record, which)
    for who in ENOUGH:
        said(full, who, record, which, "dismissed")
    with full.unit("researcher") as unit, pytest.raises(Conflict):
        appeal_again.ask(unit, ref=record.ref, dispute_id=which, grounds="Once more.")


def test_who_took_part_before_has_no_voice(full: Story, record: Record) -> None:
    """Panel and reviewers, even with a seat in council; half of the seats is not reached without them."""
    with full.unit("researcher") as unit:
        which = dispute.raise_appeal(unit, ref=record.ref, grounds="It is wrong.").id
    with full.unit("ombudsperson") as unit:
        dispute.first_look(unit, ref=record.ref, dispute_id=which, passes=True, text="Something in it.")
        panel = [person_id(who) for who in ("council_uni", "contributor", "reader")]
        decide.name_panel(unit, ref=record.ref, dispute_id=which, panel=panel)
    for who in ("council_uni", "contributor", "reader"):
        panel_says(full, who, record, which, "dismissed")
    asked(full, record, which)
    with full.unit("council_uni") as unit, pytest.raises(NotFound):
        appeal_again.vote(unit, ref=record.ref, dispute_id=which, outcome="dismissed", text="Again.")
    for who in ENOUGH[1:]:
        said(full, who, record, which, "upheld")
    assert reading(full, "reader", record).record.under_dispute


def test_votes_for_different_outcomes_are_no_majority(full: Story, record: Record) -> None:
    which = first_decision(full, record)
    asked(full, record, which)
    for who in ENOUGH[:3]:
        said(full, who, record, which, "upheld")
    for who in ENOUGH[3:]:
        said(full, who, record, which, "dismissed")
    assert reading(full, "reader", record).record.under_dispute
    for who in ENOUGH[3:]:
        said(full, who, record, which, "upheld")
    assert not reading(full, "reader", record).record.under_dispute


def test_council_is_told_and_offered_and_nobody_else_is(full: Story, record: Record) -> None:
    which = first_decision(full, record)
    for who, offered in (("researcher", True), ("liaison", True)):
        assert ("appeal/council" in _offers(full, who, record)) is offered
    asked(full, record, which)
    for who, mine in (
        ("council_ngo", True),
        ("researcher", False),
        ("ombudsperson", False),
        ("council_gov", True),
    ):
        assert ("appeals/council" in _offers(full, who, record)) is mine, who
        with full.unit(who, writes=False) as unit:
            assert bool(worklist.worklist(unit).council) is mine, who
    with full.unit("system") as unit:
        while alerts.follow(unit, worker="test"):
            pass
    with full.unit("council_ngo", writes=False) as unit:
        assert any("taken to council" in line.sentence for line in alerts.listed(unit))


def test_a_refusal_at_the_first_look_stays_out_of_sight_before_council(full: Story, record: Record) -> None:
    """G-36: it has not passed a first look. Who got the refusal takes it further, or the ombudsperson for them; others cannot."""
    with full.unit("researcher") as unit:
        which = dispute.raise_appeal(unit, ref=record.ref, grounds="It is wrong.").id
    with full.unit("ombudsperson") as unit:
        dispute.first_look(unit, ref=record.ref, dispute_id=which, passes=False, text="Nothing in it.")
    for who, may in (("researcher", True), ("ombudsperson", True), ("reader", False)):
        assert ("appeal/council" in _offers(full, who, record)) is may, who
    asked(full, record, which)
    shown = reading(full, "reader", record)
    assert not shown.record.under_dispute
    assert record_view.disputes(shown) == []
    assert not any(one.title == "Under dispute" for one in record_view.notices(shown, full.now))


def test_council_can_read_an_amber_record_that_it_decides_on(full: Story) -> None:
    handling = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    record = full.published(handling=handling)
    with full.unit("researcher") as unit:
        which = dispute.raise_appeal(unit, ref=record.ref, grounds="It is wrong.").id
    with full.unit("ombudsperson") as unit:
        dispute.first_look(unit, ref=record.ref, dispute_id=which, passes=False, text="Nothing in it.")
    with full.unit("council_ngo", writes=False) as unit, pytest.raises(NotFound):
        appeal_again.vote(unit, ref=record.ref, dispute_id=which, outcome="upheld", text="Why not.")
    asked(full, record, which)
    assert said(full, "council_ngo", record, which, "upheld").state is State.PUBLISHED


@pytest.mark.parametrize("outcome", ["corrected", "claim_withdrawn"])
def test_a_decision_for_a_correction_is_a_task_until_a_new_version_is_out(
    full: Story, record: Record, outcome: str
) -> None:
    """G-37, 4.2.4: readers see at once that one is due, within five working days."""
    first_decision(full, record, outcome)
    assert _to_correct(full, "liaison") == [record.ref]
    assert _to_correct(full, "contributor") == []
    shown = reading(full, "reader", record)
    due = end_of_working_days(full.now, 5)
    assert [
        one.text for one in record_view.notices(shown, full.now) if one.title == "A correction is due"
    ] == [f"An appeal decided that it is corrected. A new version is due by {due:%-d %B %Y}."]
    with full.unit("liaison") as unit:
        correct.begin(unit, ref=record.ref)
        _, revision = draft.working(unit, record.ref)
        content = draft.full_content(unit, revision)
        draft.save(unit, ref=record.ref, content={**content, "summary": content["summary"] + " Mended."})
        record = submit.submit(unit, ref=record.ref)
    for who in ("reviewer_uni", "reviewer_ngo"):
        record = full.voted(record, who)
    assert _to_correct(full, "liaison") == []
    shown = reading(full, "reader", record)
    assert not any(one.title == "A correction is due" for one in record_view.notices(shown, full.now))


@pytest.mark.parametrize("outcome", ["upheld", "dismissed"])
def test_other_outcomes_open_no_task(full: Story, record: Record, outcome: str) -> None:
    first_decision(full, record, outcome)
    assert _to_correct(full, "liaison") == []


def _offers(story: Story, who: str, record: Record) -> list[str]:
    with story.unit(who, writes=False) as unit:
        return list(offers(unit, reading(story, who, record).record))


def _to_correct(story: Story, who: str) -> list[str]:
    with story.unit(who, writes=False) as unit:
        return [item.record.ref for item in worklist.worklist(unit).to_correct]
