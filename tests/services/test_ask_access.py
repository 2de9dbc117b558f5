"""Asking for what one was told of: nothing that the asker gets differs, and nobody hears of it who could not read it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from comity.domain.errors import Invalid, NotAllowed, NotFound, SignInNeeded, TooMany
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import alerts, ask_access, audit_view
from tests.factories import person_id
from tests.story import Story

ABSENT = "RSI-nordmark-ADV-2026-000001"
SECRET = "The instrument at the northern site"


def hidden(story: Story) -> Record:
    """An AMBER record of the ministry that the asker may not know of."""
    handling = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    return story.published(handling=handling, title=SECRET)


def ask(story: Story, who: str, about: str) -> None:
    with story.unit(who) as unit:
        ask_access.ask(unit, about=about, reason="We are asked to host a visit.")


def waiting(story: Story, who: str) -> list[ask_access.Waiting]:
    with story.unit(who, writes=False) as unit:
        return list(ask_access.waiting(unit))


def test_a_request_reaches_those_who_answer_for_the_record_and_nobody_else(story: Story) -> None:
    record = hidden(story)
    ask(story, "contributor_ngo", record.ref)
    found = waiting(story, "liaison")
    assert [(one.record and one.record.ref, one.email) for one in found] == [
        (record.ref, "contributor_ngo@ngo-rights.example.org")
    ]
    assert found[0].reason == "We are asked to host a visit."
    told = [who for who in story.world.people if who != "liaison" and waiting(story, who)]
    assert told == [], "an editor who saw it could tell the asker that the record is here"
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="one"):
            pass
    with story.unit("liaison", writes=False) as unit:
        said = [one.sentence for one in alerts.listed(unit)]
    assert "Somebody asks for access to a record." in said


def test_what_nobody_has_a_record_of_reaches_the_editors(story: Story) -> None:
    for about in (ABSENT, "Visits to battery laboratories"):
        ask(story, "researcher", about)
    assert [(one.about, one.record) for one in waiting(story, "editor")] == [
        (ABSENT, None),
        ("Visits to battery laboratories", None),
    ]
    assert waiting(story, "liaison") == waiting(story, "researcher") == []


def test_the_asker_is_told_the_same_whatever_they_name(story: Story) -> None:
    """Their own audit entries, their alerts and their lists do not differ; nor does a second editor's question tell."""
    record = hidden(story)
    seen: dict[str, Any] = {}
    for who, about in (("contributor_ngo", record.ref), ("researcher_south", ABSENT)):
        ask(story, who, about)
        with story.unit("system") as unit:
            while alerts.follow(unit, worker="one"):
                pass
        with story.unit(who, writes=False) as unit:
            own = [
                (row.action, row.about, row.details) for row in audit_view.view(unit, family="access").rows
            ]
            seen[about] = (own, alerts.listed(unit), list(ask_access.waiting(unit)))
    assert len(seen[ABSENT][0]) == 1
    assert seen[record.ref] == seen[ABSENT]
    with story.unit("system", writes=False) as unit:
        logged = unit.db.execute(sa.text("SELECT * FROM audit_entry WHERE action = 'access.ask'")).all()
    assert len(logged) == 2
    assert not [row for row in logged if record.ref in str(row) or ABSENT in str(row)]
    ask(story, "editor", ABSENT)
    assert len(waiting(story, "editor")) == 1, "nobody sees their own request arrive"


def test_closing_is_for_those_who_answer(story: Story) -> None:
    record = hidden(story)
    ask(story, "contributor_ngo", record.ref)
    found = waiting(story, "liaison")[0]
    for who in ("editor", "contributor_ngo", "node_admin"):
        with story.unit(who) as unit, pytest.raises(NotFound):
            ask_access.close(unit, request_id=found.id)
    with story.unit("liaison") as unit:
        ask_access.close(unit, request_id=found.id)
    with story.unit("liaison") as unit, pytest.raises(NotFound):
        ask_access.close(unit, request_id=found.id)
    assert waiting(story, "liaison") == []


def test_a_red_record_is_no_exception(story: Story) -> None:
    """Its originator's other people may not know of it either."""
    named = tuple(person_id(who) for who in ("researcher", "editor"))
    record = story.drafted(handling=Handling(tlp=TLP.RED, audience=AudienceChoice(persons=named)))
    ask(story, "contributor_ngo", record.ref)
    assert len(waiting(story, "liaison")) == 1
    assert [who for who in story.world.people if who != "liaison" and waiting(story, who)] == []


def test_what_is_refused_says_nothing_of_a_record(story: Story) -> None:
    record = hidden(story)
    with story.unit("researcher") as unit:
        with pytest.raises(Invalid) as wrong:
            ask_access.ask(unit, about="", reason=" ")
        assert {one.field for one in wrong.value.problems} == {"about", "reason"}
    with story.unit("public") as unit, pytest.raises(SignInNeeded):
        ask_access.ask(unit, about=record.ref, reason="Curious.")
    with story.unit("node_admin") as unit, pytest.raises(NotAllowed):
        ask_access.ask(unit, about=record.ref, reason="Curious.")
    for turn in range(ask_access.MOST_A_DAY):
        ask(story, "researcher_south", record.ref if turn % 2 else ABSENT)
    for about in (record.ref, ABSENT):
        with pytest.raises(TooMany) as throttled:
            ask(story, "researcher_south", about)
        assert throttled.value.retry_after == 86400
