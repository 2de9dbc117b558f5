"""What one step leaves to the next: an order that ended, a hold beneath it, a reference on a tombstone, wording and votes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from comity.domain.errors import Conflict, Invalid
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import correct, draft, hold, restrict, triage, withdraw
from comity.services.reviewers import count
from comity.services.settle import settle
from comity.storage import records
from tests.story import Story, grades, reading, ticked


def _ordered_away(story: Story, record: Record) -> None:
    with story.unit("editor") as unit:
        restrict.restrict(
            unit,
            ref=record.ref,
            reason_code="court_order",
            text="Ordered.",
            order="2026/17",
            tombstone_forbidden=False,
        )
    with story.unit("ombudsperson") as unit:
        restrict.confirm(unit, ref=record.ref, order="2026/17")


def _order_over(story: Story, record: Record) -> Record:
    with story.unit("editor") as unit:
        return restrict.lift_restriction(unit, ref=record.ref, text="It was set aside.")


def _held(story: Story, record: Record) -> Record:
    with story.unit("contributor") as unit:
        ends = story.now + timedelta(days=3)
        hold.ask(unit, ref=record.ref, reason_code="factual_doubt", text="A date is wrong.", ends_at=ends)
    for who in ("reviewer_gov", "reviewer_uni"):
        with story.unit(who) as unit:
            record = hold.agree(unit, ref=record.ref, agrees=True)
    assert record.state is State.HELD
    return record


def test_after_an_order_the_notice_of_a_hold_or_a_withdrawal_is_there_again(story: Story) -> None:
    """An order that ended must not have made a public tombstone vanish (4.5.2)."""
    held, gone = _held(story, story.published()), story.published()
    with story.unit("liaison") as unit:
        withdraw.ask(unit, ref=gone.ref, reason_code="overtaken", text="There is a newer one.")
    with story.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=gone.ref)
    before = [reading(story, "researcher", one).record.tombstone for one in (held, gone)]
    assert all(before)
    for record in (held, gone):
        _ordered_away(story, record)
        _order_over(story, record)
    assert [reading(story, "researcher", one).record.tombstone for one in (held, gone)] == before


def test_a_hold_that_an_order_outlasts_still_ends_by_itself(story: Story) -> None:
    """G-06: otherwise a hold and an order together would pause a record for good."""
    record = _held(story, story.published())
    _ordered_away(story, record)
    ticked(story, days=10)
    assert _order_over(story, record).state is State.HELD
    assert ticked(story, minutes=1).resumed == [record.ref]
    assert reading(story, "researcher", record).record.state is State.PUBLISHED


def test_a_tombstone_names_its_replacement_to_those_who_may_read_that_too(story: Story) -> None:
    """S36: a reference that the acknowledging editor could read was told to everybody, whoever had typed it."""
    quiet = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("firm-optics",)))
    hidden = story.published("contributor", handling=quiet)
    record, newer = story.published(), story.published()
    absent = hidden.ref[:-6] + "000000"
    refusals = []
    for named in (hidden.ref, absent):
        with story.unit("liaison") as unit, pytest.raises(Invalid) as refused:
            withdraw.ask(unit, ref=record.ref, reason_code="overtaken", text="See there.", replacement=named)
        refusals.append(refused.value.problems)
    assert refusals[0] == refusals[1]
    with story.unit("liaison") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code="overtaken", text="See there.", replacement=newer.ref)
    with story.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)
    assert (reading(story, "researcher", record).record.tombstone or {})["replacement"] == newer.ref
    _ordered_away(story, newer)
    with story.unit("system") as unit:
        forbidden = records.get(unit.db, unit.viewer, newer.ref)
        assert forbidden is not None
        settle(unit, replace(forbidden, facts={**forbidden.facts, "tombstone_forbidden": True}))
    assert (reading(story, "researcher", record).record.tombstone or {})["replacement"] == ""


# ---- wording and grades behind the reviewers' backs


def test_a_minor_correction_brings_no_wording_that_reviewers_never_weighed(story: Story) -> None:
    """SG-03: an override has a reason that reviewers see, and nobody reviews a minor correction."""
    record = story.published(body="Unpublished results were asked for after talks at the harbour.")
    with story.unit("liaison") as unit:
        _, revision = draft.working(unit, record.ref)
        content = {
            **draft.full_content(unit, revision),
            "body": "Infiltrated results were asked for after talks at the harbour.",
        }
        with pytest.raises(Invalid) as refused:
            correct.minor(unit, ref=record.ref, content=content, note="A typo.")
    assert [(one.field, one.code) for one in refused.value.problems] == [("body", "language")]


def test_an_editor_cannot_take_votes_away_by_grading_again(story: Story) -> None:
    """No voice is taken away by the secretariat (G-41): a new version would leave the votes on the old one."""
    record = story.voted(story.in_review(story.submitted(story.drafted())), "reviewer_uni")
    with story.unit("editor") as unit:
        _, revision = draft.working(unit, record.ref)
        again = grades(draft.full_content(unit, revision))
        with pytest.raises(Conflict):
            triage.grade_sources(unit, ref=record.ref, grades=again)
        assert len(count(unit, record).counted) == 1
