"""Who hears of what: by their own right, at that moment, and never more than the marking allows (J-01.6, J-05.5, S28)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from comity.domain.errors import Invalid, NotFound
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import (
    alerts,
    correct,
    draft,
    export,
    find,
    read,
    restrict,
    submit,
    subscribe,
    triage,
    withdraw,
)
from tests.factories import person_id
from tests.story import Story, grades

TOPIC = {"technology_area": ["quantum"]}


def save(story: Story, who: str, *, text: str = "", period: str = "at_once", **filters: list[str]) -> int:
    with story.unit(who) as unit:
        return subscribe.save_search(unit, name="", text=text, filters=filters, period=period).id


def followed(story: Story) -> None:
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="one"):
            pass


def lines(story: Story, who: str) -> list[alerts.Line]:
    followed(story)
    with story.unit(who, writes=False) as unit:
        return alerts.listed(unit)


def sentences(story: Story, who: str) -> list[str]:
    return [line.sentence for line in lines(story, who)]


def named(*who: str, tlp: TLP = TLP.RED) -> Handling:
    return Handling(tlp=tlp, audience=AudienceChoice(persons=tuple(person_id(one) for one in who)))


def withdrawn(story: Story, record: Record) -> None:
    with story.unit("liaison") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code="overtaken", text="A newer law replaces what it says.")
    with story.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)


def test_a_saved_search_and_a_topic_hear_of_a_publication_at_once(story: Story) -> None:
    """J-05.5."""
    save(story, "researcher", text="conference")
    save(story, "researcher_south", kind=["advisory"])
    save(story, "contributor", text="photovoltaics")
    record = story.published(title="Questions at a conference about unpublished work")
    (line,) = lines(story, "researcher")
    assert line.sentence == "A record was published."
    assert line.title == "Questions at a conference about unpublished work"
    assert line.ref == record.ref
    assert line.new
    assert len(lines(story, "researcher_south")) == 1
    assert lines(story, "contributor") == []


def test_every_word_must_be_there_and_every_filter_must_hold(story: Story) -> None:
    save(story, "researcher", text="conference zeppelin")
    save(story, "researcher", text="conference", severity=["critical-that-does-not-exist"])
    story.published(title="Questions at a conference about unpublished work")
    assert lines(story, "researcher") == []


def test_nobody_hears_of_what_they_may_not_know(story: Story) -> None:
    """An AMBER record of the ministry's office reaches its own people; the same saved search elsewhere stays silent."""
    save(story, "researcher", kind=["advisory"])
    save(story, "reader", kind=["advisory"])
    save(story, "liaison", kind=["advisory"])
    story.published(tlp=TLP.AMBER, title="Restricted words about a laboratory")
    assert lines(story, "researcher") == []
    assert lines(story, "reader") == []
    (line,) = lines(story, "liaison")
    assert line.title == ""
    assert "laboratory" not in line.sentence


def test_a_named_recipient_of_amber_gets_a_line_without_a_title(story: Story) -> None:
    """J-01.6."""
    save(story, "researcher", kind=["advisory"])
    handling = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    story.published(handling=handling, title="Restricted words about a laboratory")
    (line,) = lines(story, "researcher")
    assert (line.sentence, line.title) == ("A record that you may read has changed.", "")


def test_named_readers_of_red_get_a_line_without_a_title_and_saved_searches_find_nothing(
    story: Story,
) -> None:
    """H-03: also the named reader's own saved search does not find it."""
    for who in ("researcher", "researcher_south", "liaison"):
        save(story, who, kind=["advisory"])
    workers = ("editor", "reviewer_uni", "reviewer_firm", "reviewer_ngo")
    story.published(handling=named("researcher", *workers), title="The words of a red notice")
    (line,) = lines(story, "researcher")
    assert (line.sentence, line.title) == ("A record that you may read has changed.", "")
    assert line.why == "you are one of its named readers"
    assert lines(story, "researcher_south") == []
    assert lines(story, "security_officer") == []


def test_a_later_narrowing_takes_the_alert_away_without_a_gap(story: Story) -> None:
    save(story, "researcher", kind=["advisory"])
    first = story.published(title="The first notice")
    second = story.published(title="The second notice")
    assert len(lines(story, "researcher")) == 2
    with story.unit("editor") as unit:
        restrict.restrict(
            unit,
            ref=second.ref,
            reason_code="court_order",
            text="An order.",
            order="X 1/26",
            tombstone_forbidden=True,
        )
    left = lines(story, "researcher")
    assert [line.ref for line in left] == [first.ref]
    with story.unit("researcher", writes=False) as unit:
        assert alerts.unread(unit) == 1


def test_those_told_before_hear_of_the_withdrawal(story: Story) -> None:
    """4.5.2: corrections travel to those who heard of the record, and the title of a withdrawn one is not repeated."""
    save(story, "researcher", kind=["advisory"])
    record = story.published(title="Questions at a conference")
    followed(story)
    withdrawn(story, record)
    newest = lines(story, "researcher")[0]
    assert newest.sentence == "A record was withdrawn."
    assert newest.title == ""
    assert lines(story, "researcher_south") == []


def test_those_who_opened_a_restricted_record_hear_of_its_withdrawal(story: Story) -> None:
    handling = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    record = story.published(handling=handling, title="Restricted words")
    followed(story)
    with story.unit("researcher") as unit:
        read.open_with_purpose(unit, ref=record.ref, purpose="assess_a_proposal")
    withdrawn(story, record)
    (line,) = lines(story, "researcher")
    assert line.sentence == "A record that you may read has changed."
    assert line.why == "you opened it or took a copy of it before"
    assert lines(story, "security_officer") == []


def test_an_author_hears_of_their_publication_and_a_follower_of_what_follows(story: Story) -> None:
    record = story.published()
    with story.unit("reader") as unit:
        subscribe.follow_record(unit, ref=record.ref)
        assert subscribe.follows(unit, record_id=record.id)
    assert "A record was published." in sentences(story, "liaison")
    withdrawn(story, record)
    assert "A record was withdrawn." in sentences(story, "reader")


def test_reviewers_and_editors_hear_of_their_work_and_others_do_not(story: Story) -> None:
    record = story.submitted(story.drafted())
    assert sentences(story, "editor") == ["A submission waits for an editor."]
    story.in_review(record)
    for reviewer in ("reviewer_uni", "reviewer_firm", "reviewer_ngo"):
        assert sentences(story, reviewer) == ["You are asked to review a submission."]
    assert lines(story, "reviewer_gov") == []
    assert lines(story, "researcher") == []


def test_following_twice_makes_no_second_alert_and_two_workers_share_the_work(story: Story) -> None:
    save(story, "researcher", kind=["advisory"])
    story.published()
    with story.unit("system") as unit:
        assert alerts.follow(unit, worker="one") > 0
    with story.unit("system") as unit:
        assert alerts.follow(unit, worker="two") == 0, "the lease is held"
    assert len(lines(story, "researcher")) == 1
    story.now += timedelta(minutes=3)
    with story.unit("system") as unit:
        assert alerts.follow(unit, worker="two") == 0, "nothing is left to do"
    assert len(lines(story, "researcher")) == 1


def test_one_event_is_one_alert_however_many_searches_find_it(story: Story) -> None:
    save(story, "researcher", kind=["advisory"], period="weekly")
    save(story, "researcher", text="conference", period="daily")
    story.published(title="Questions at a conference")
    assert len(lines(story, "researcher")) == 1


def test_a_person_marks_their_own_alerts_and_no_others(story: Story) -> None:
    for who in ("researcher", "reader"):
        save(story, who, kind=["advisory"])
    story.published()
    (line,) = lines(story, "researcher")
    with story.unit("reader") as unit:
        alerts.mark_read(unit, only=line.id)
    assert lines(story, "researcher")[0].new
    with story.unit("researcher") as unit:
        alerts.mark_read(unit)
    assert not lines(story, "researcher")[0].new
    assert lines(story, "reader")[0].new


def test_a_saved_search_is_private_and_bounded(story: Story) -> None:
    mine = save(story, "researcher", text="conference")
    with story.unit("reader") as unit:
        assert subscribe.listed(unit) == []
        for verb in (
            subscribe.delete,
            lambda u, **k: subscribe.change(u, **k, period="daily", by_mail=False),
        ):
            with pytest.raises(NotFound):
                verb(unit, subscription_id=mine)
    with story.unit("researcher") as unit:
        with pytest.raises(Invalid):
            subscribe.save_search(unit, name="all", text=" ", filters={"no_such_facet": ["x"]})
        with pytest.raises(Invalid):
            subscribe.save_search(unit, name="x", text="x", filters={}, period="hourly")
        subscribe.delete(unit, subscription_id=mine)
        assert subscribe.listed(unit) == []


def test_the_preview_shows_what_the_viewer_may_find(story: Story) -> None:
    record = story.published(title="Questions at a conference")
    story.published(tlp=TLP.AMBER, title="Questions at a conference behind doors")
    with story.unit("researcher", writes=False) as unit:
        shown = subscribe.preview(unit, text="conference", filters={})
    assert [one.record.ref for one in shown.items] == [record.ref]


def test_following_what_one_may_not_know_is_not_found(story: Story) -> None:
    record = story.published(tlp=TLP.AMBER)
    with story.unit("researcher") as unit:
        for verb in (subscribe.follow_record, subscribe.unfollow_record):
            with pytest.raises(NotFound):
                verb(unit, ref=record.ref)


def test_the_search_that_asks_about_one_record_finds_no_other(story: Story) -> None:
    story.published(title="Questions at a conference")
    with story.unit("researcher", writes=False) as unit:
        answer = find.find(
            unit, find.asked(text="conference", filters={}, sort="newest", page=1, include_ended=False)
        )
    assert answer.total == 1


def test_who_took_a_copy_hears_of_its_correction_and_withdrawal(story: Story) -> None:
    """4.5.2: readers who exported it, also those who follow nothing; and nobody else, nor anybody without the right any more."""
    record = story.published(title="Questions at a conference about unpublished work")
    followed(story)
    with story.unit("researcher_south") as unit:
        export.remember(unit, reading=read.read(unit, ref=record.ref), form="json")
    for who in ("researcher_south", "researcher"):
        assert sentences(story, who) == []
    with story.unit("liaison") as unit:
        correct.begin(unit, ref=record.ref)
        _, revision = draft.working(unit, record.ref)
        content = draft.full_content(unit, revision) | {"title": "Questions at a fair about unpublished work"}
        draft.save(unit, ref=record.ref, content=content)
        submit.submit(unit, ref=record.ref)
    with story.unit("editor") as unit:
        _, revision = draft.working(unit, record.ref)
        triage.grade_sources(unit, ref=record.ref, grades=grades(draft.full_content(unit, revision)))
    for who in ("reviewer_uni", "reviewer_ngo"):
        story.voted(record, who)
    (line,) = lines(story, "researcher_south")
    assert line.sentence == "A record was corrected: a new version is in force."
    assert line.why == "you opened it or took a copy of it before"
    withdrawn(story, record)
    assert sentences(story, "researcher_south")[0] == "A record was withdrawn."
    assert sentences(story, "researcher") == []
