"""Every public clock that counts working days leaves out the holidays of the node."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from comity import policies
from comity.domain.lifecycle_facts import State
from comity.domain.membership import Step, What
from comity.domain.working_days import Holidays, end_of_working_days
from comity.services import dispute, enrol
from comity.storage import editorial, organizations
from tests.factories import person_id
from tests.story import Story, noted, reading, ticked

WEEK = Holidays(version="1.0.0", once=tuple(date(2026, 11, day) for day in (3, 4, 5)), every_year=("11-06",))
"""The rest of the week in which the stories of tests begin."""


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "holidays", lambda: WEEK)


def test_a_day_is_a_holiday_once_or_every_year() -> None:
    assert date(2026, 11, 3) in WEEK
    assert date(2027, 11, 3) not in WEEK
    assert date(2031, 11, 6) in WEEK
    assert "2026-11-03" not in WEEK
    for wrong in ("13-01", "1-1", "06-32"):
        with pytest.raises(ValidationError):
            Holidays(version="1.0.0", every_year=(wrong,))


def test_the_time_for_review(story: Story) -> None:
    record = story.in_review(story.submitted(story.drafted()))
    assert record.state is State.IN_REVIEW
    due = end_of_working_days(story.now, 5, WEEK)
    assert ticked(story, days=(due - story.now).days - 1).timed_out == []
    assert ticked(story, days=2).timed_out == [record.ref]


def test_the_time_to_reply_and_to_decide_an_appeal(story: Story) -> None:
    record = noted(story)
    with story.unit("system", writes=False) as unit:
        slots = editorial.of_record(unit.db, editorial.StoredReply, record.id)
    assert {one.due_at for one in slots} == {datetime(2026, 11, 21, tzinfo=UTC)}
    published = story.published()
    with story.unit("researcher") as unit:
        raised = dispute.raise_appeal(unit, ref=published.ref, grounds="It is wrong.")
    assert raised.due_at == end_of_working_days(story.now, 20, WEEK)
    assert reading(story, "researcher", published).record.state is State.PUBLISHED


def test_the_time_for_objections_to_a_member(story: Story) -> None:
    with story.unit("system") as unit:
        home = organizations.get(unit.db, "uni-south")
        assert home is not None
        organizations.save(unit.db, replace(home, state="proposed"))
        checked = Step(What.CHECKED, person_id("editor"), "secretariat", "", "Checked.", story.now)
        organizations.add_step(unit.db, home.id, checked)
    with story.unit("editor", writes=False) as unit:
        ends = enrol.applications(unit)[0].standing.window_ends
    days = policies.membership().objection_working_days
    assert ends == end_of_working_days(story.now, days, WEEK)
    assert ends != end_of_working_days(story.now, days)
