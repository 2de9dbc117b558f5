"""SG-16 and 4.5.1: the author is asked once when the review date has come, and what ended is archived after retention."""

from __future__ import annotations

from datetime import timedelta

from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.services import age, alerts, correct, withdraw
from comity.services.offer import offers
from tests.story import Story, reading, ticked


def _aged(story: Story, **later: float) -> age.Aged:
    story.now += timedelta(**later)
    with story.unit("system") as unit:
        return age.age(unit)


def _told(story: Story, who: str) -> list[str]:
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="test"):
            pass
    with story.unit(who, writes=False) as unit:
        return [one.sentence for one in alerts.listed(unit) if "review date" in one.sentence]


def _offers(story: Story, who: str, record: Record) -> bool:
    with story.unit(who, writes=False) as unit:
        return "still-true" in offers(unit, reading(story, who, record).record)


def test_the_author_is_asked_once_when_the_review_date_has_come(story: Story) -> None:
    record = story.published()
    assert _aged(story, days=59).to_review == []
    assert not _offers(story, "liaison", record)
    assert _aged(story, days=3).to_review == [record.ref]
    assert _aged(story, days=1).to_review == []
    assert len(_told(story, "liaison")) == 1
    assert _told(story, "researcher") == []
    assert _offers(story, "liaison", record)
    assert not _offers(story, "editor", record)
    with story.unit("liaison") as unit:
        correct.confirm_still_true(unit, ref=record.ref, review_due=(story.now + timedelta(days=5)).date())
    assert not reading(story, "researcher", record).record.overdue(story.now)
    assert _aged(story, days=6).to_review == [record.ref], "the next date asks again"


def test_what_ended_is_archived_after_the_retention_of_the_legal_profile(story: Story) -> None:
    gone, expired, live = story.published(), story.published(), story.published()
    with story.unit("liaison") as unit:
        withdraw.ask(unit, ref=gone.ref, reason_code="overtaken", text="There is a newer one.")
    with story.unit("editor") as unit:
        gone = withdraw.acknowledge(unit, ref=gone.ref)
    before = reading(story, "researcher", gone).record.tombstone
    ticked(story, days=90)
    assert reading(story, "researcher", expired).record.state is State.EXPIRED
    months = story.world.node.legal_profile["retention_months"]["records"]
    assert _aged(story, days=31 * (months - 6)).archived == []
    found = set(_aged(story, days=31 * 8).archived)
    assert found == {gone.ref, expired.ref, live.ref}
    assert reading(story, "researcher", gone).record.tombstone == before, "the tombstone stays (G-07)"
    assert _aged(story, days=1).archived == []
