"""Throwing a draft away, and taking a reviewer off: what goes, what stays, and when it is too late."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from comity.domain.audit_chain import Intact
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.lifecycle_facts import State
from comity.domain.quorum import Decision
from comity.domain.record import Record
from comity.services import alerts, ask_access, discard, draft, examine, lift, submit, triage, verify_audit
from comity.services.reviewers import assigned_reviewers
from comity.storage.tables import metadata
from tests.factories import person_id
from tests.story import Story, example, reading

PRIVATE = "A sentence that nobody else has seen"


def rows_about(story: Story, record: Record) -> dict[str, int]:
    """In every table with a column for the record, how many rows name it."""
    found: dict[str, int] = {}
    with story.engine.connect() as db:
        for table in metadata.sorted_tables:
            if "record_id" in table.c:
                count = sa.select(sa.func.count()).select_from(table).where(table.c.record_id == record.id)
                found[table.name] = int(db.execute(count).scalar_one())
    return {name: count for name, count in found.items() if count}


def throw_away(story: Story, record: Record, who: str = "liaison") -> None:
    with story.unit(who) as unit:
        discard.discard(unit, ref=record.ref)


def test_a_draft_goes_with_everything_of_it_and_the_log_keeps_that_it_went(story: Story) -> None:
    other = story.drafted(title="Another draft of the same author")
    content = example("due_diligence_note", now=story.now, title=PRIVATE)
    record = story.drafted(kind_name="due_diligence_note", title=PRIVATE)
    with story.unit("liaison") as unit:
        draft.save(unit, ref=record.ref, content=content)
        lift.ask(unit, ref=record.ref, necessity="A name is in the title of a source.")
    with story.unit("contributor_ngo") as unit:
        ask_access.ask(unit, about=record.ref, reason="We were told of it.")
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="one"):
            pass
    assert {"revision", "decision", "outbox", "access_request", "alert"} <= rows_about(story, record).keys()
    throw_away(story, record)
    assert rows_about(story, record) == {}
    with story.engine.connect() as db:
        for table in metadata.sorted_tables:
            assert PRIVATE not in str(db.execute(sa.select(table)).all()), table.name
        last = db.execute(sa.text("SELECT actor, object, details FROM audit_entry ORDER BY seq DESC")).first()
    assert last is not None
    assert (last.actor, last.object) == (person_id("liaison"), record.ref)
    assert str(last.details) in ("{}", '"{}"')
    with story.unit("system", writes=False) as unit:
        assert isinstance(verify_audit.verify_chain(unit), Intact)
        assert unit.db.execute(sa.text("SELECT count(*) FROM claim")).scalar_one() == 0
    for _ in "again":
        with pytest.raises(NotFound):
            throw_away(story, record)
    assert reading(story, "liaison", other).content["title"] == "Another draft of the same author"
    with story.unit("editor", writes=False) as unit:
        assert [one.reason for one in ask_access.waiting(unit)] == ["We were told of it."]


def test_nobody_elses_and_nothing_that_was_handed_in(story: Story) -> None:
    record = story.drafted()
    for who in ("contributor", "editor", "node_admin", "public"):
        with pytest.raises((NotFound, NotAllowed)):
            throw_away(story, record, who)
    record = story.submitted(record)
    with pytest.raises(Conflict):
        throw_away(story, record)
    with story.unit("liaison") as unit:
        submit.take_back(unit, ref=record.ref)
    with pytest.raises(Conflict):
        throw_away(story, record)
    published = story.published()
    with pytest.raises(Conflict):
        throw_away(story, published)
    assert reading(story, "researcher", published).record.state is State.PUBLISHED


# ---- reviewers


def take_off(story: Story, record: Record, who: str, text: str = "On leave until March.") -> Record:
    with story.unit("editor") as unit:
        return triage.unassign(unit, ref=record.ref, reviewer=person_id(who), text=text)


FOUR = ("reviewer_uni", "reviewer_firm", "reviewer_ngo", "reviewer_gov")


def test_a_reviewer_who_has_not_voted_is_taken_off_with_a_reason(story: Story) -> None:
    record = story.in_review(story.submitted(story.drafted()), FOUR)
    with pytest.raises(Invalid) as silent:
        take_off(story, record, "reviewer_gov", " ")
    assert [one.field for one in silent.value.problems] == ["text"]
    record = take_off(story, record, "reviewer_gov")
    assert person_id("reviewer_gov") not in assigned_reviewers(record)
    with story.unit("reviewer_gov", writes=False) as unit, pytest.raises(NotFound):
        examine.examine(unit, ref=record.ref)
    with story.unit("liaison", writes=False) as unit:
        said = examine.examine(unit, ref=record.ref).said
    assert "On leave until March." not in [one.text for one in said], "it would tell the author who reviews"
    with pytest.raises(Invalid):
        take_off(story, record, "reviewer_gov")


def test_nobody_takes_a_voice_away(story: Story) -> None:
    record = story.in_review(story.submitted(story.drafted()), FOUR)
    record = story.voted(record, "reviewer_firm", Decision.REQUEST_CHANGES)
    with pytest.raises(Conflict):
        take_off(story, record, "reviewer_firm")
    for who in ("liaison", "reviewer_uni"):
        with story.unit(who) as unit, pytest.raises(NotAllowed):
            triage.unassign(unit, ref=record.ref, reviewer=person_id("reviewer_gov"), text="Not needed.")


def test_those_who_remain_can_still_meet_the_quorum(story: Story) -> None:
    record = story.in_review(story.submitted(story.drafted()), ("reviewer_uni", "reviewer_ngo"))
    with pytest.raises(Invalid) as refused:
        take_off(story, record, "reviewer_ngo")
    assert [one.code for one in refused.value.problems] == ["needed"]
