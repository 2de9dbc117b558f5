"""Tear-lines: a record of its own, found from its parent by those who read both, and no way back for anybody (J-06.1, J-06.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import audit_view, draft, export, onward, read, tear
from tests.story import Story, example, hits, reading

AMBER = Handling(tlp=TLP.AMBER, orcon=True, audience=AudienceChoice(organizations=("uni-north",)))
SECRET = "moonlight"


def parent(story: Story) -> Record:
    return story.published(
        handling=AMBER,
        title="Moonlight questions after talks",
        known="Moonlight visitors asked three groups for raw data.",
        assessed="It is likely that they will ask again.",
    )


def torn(story: Story, record: Record, *chosen: str, who: str = "liaison", tlp: str = "CLEAR") -> Record:
    with story.unit(who) as unit:
        if who == "liaison":
            read.open_with_purpose(unit, ref=record.ref, purpose="review_or_edit")
        return tear.tear(unit, ref=record.ref, tlp=tlp, chosen=chosen or ("assessed", "sources.0"))


def completed(story: Story, made: Record, **changes: Any) -> Record:
    """The author fills in the rest, hands in, and it goes through its own review."""
    with story.unit("liaison") as unit:
        _, revision = draft.working(unit, made.ref)
        content = {**example(now=story.now), **draft.full_content(unit, revision), **changes}
        draft.save(unit, ref=made.ref, content=content, handling=revision.handling)
    record = story.in_review(story.submitted(made))
    for who in ("reviewer_uni", "reviewer_firm", "reviewer_ngo"):
        record = story.voted(record, who) if record.state == "in_review" else record
    assert record.state == "published"
    return record


def test_only_what_was_chosen_comes_along(story: Story) -> None:
    source = parent(story)
    made = torn(story, source, "assessed")
    with story.unit("liaison", writes=False) as unit:
        found = tear.tear_lines(unit, read.find_record(unit, source.ref))
        assert [one.ref for one in found] == [made.ref]
    assert made.state == "draft"
    with story.unit("system", writes=False) as unit:
        content = read.read(unit, ref=made.ref).content
    assert {name for name, value in content.items() if value} == {"assessed"}
    assert made.uid != source.uid


def test_it_has_a_review_of_its_own_and_everybody_finds_it(story: Story) -> None:
    source = parent(story)
    made = completed(story, torn(story, source))
    assert hits(story, "public", "likely ask again") == [made.ref]
    assert reading(story, "public", made).record.state == "published"


def everything_about(story: Story, record: Record, who: str) -> str:
    """All that one reader can get hold of about the tear-line."""
    with story.unit(who, writes=False) as unit:
        found = read.read(unit, ref=record.ref)
        said: list[Any] = [
            found.content,
            [vars(one) for one in found.versions],
            vars(found.record),
            export.as_json(unit, found),
            export.as_stix(unit, found),
        ]
        if who != "public":
            said.append([vars(row) for row in audit_view.view(unit).rows])
            said.append([vars(row) for row in audit_view.view(unit, about=record.ref).rows])
        return json.dumps(said, default=str).lower()


@pytest.mark.parametrize("who", ["public", "reader", "researcher_south", "auditor"])
def test_nothing_of_it_points_back(story: Story, who: str) -> None:
    source = parent(story)
    made = completed(story, torn(story, source))
    said = everything_about(story, made, who)
    assert "likely that they will ask again" in said
    for hint in (SECRET, source.ref.lower(), source.uid, "tear", "uni-north", '"orcon": true'):
        assert hint not in said, hint
    with story.unit(who, writes=False) as unit:
        for key in (source.ref, source.uid):
            with pytest.raises(NotFound):
                read.find_record(unit, key)


def test_an_outsider_gets_the_answers_of_a_record_without_a_parent(story: Story) -> None:
    """The same record written by hand answers alike, but for its own number and times."""
    source = parent(story)
    made = completed(story, torn(story, source, "assessed"))
    with story.unit("system", writes=False) as unit:
        content = dict(read.read(unit, ref=made.ref).content)
    alone = story.published(handling=Handling(tlp=TLP.CLEAR), **content)

    def shape(record: Record) -> Any:
        with story.unit("reader", writes=False) as unit:
            found = read.read(unit, ref=record.ref)
            exported = export.as_json(unit, found)
            return (
                json.dumps([exported, sorted(vars(found.record))], default=str)
                .replace(record.ref, "")
                .replace(record.uid, "")
            )

    assert shape(made) == shape(alone)


def test_the_way_is_shown_to_readers_of_both_alone(story: Story) -> None:
    source = parent(story)
    made = torn(story, source)

    def seen(who: str) -> list[str]:
        with story.unit(who, writes=False) as unit:
            return [one.ref for one in tear.tear_lines(unit, read.find_record(unit, source.ref))]

    assert seen("liaison") == [made.ref]
    assert seen("researcher") == [], "a reader of the parent does not hear of a draft"
    completed(story, made)
    assert seen("researcher") == [made.ref]
    with story.unit("reader", writes=False) as unit, pytest.raises(NotFound):
        tear.tear_lines(unit, source)


def test_a_passage_that_names_the_parent_stops_the_submission(story: Story) -> None:
    source = parent(story)
    made = torn(story, source)
    with pytest.raises(Invalid) as wrong:
        completed(story, made, body=f"More is in {source.ref}.")
    assert [one.code for one in wrong.value.problems] == [f"ask-originator:{source.ref}"]


def test_who_may_tear_what(story: Story) -> None:
    source = parent(story)
    with story.unit("researcher") as unit, pytest.raises(NotAllowed):
        tear.tear(unit, ref=source.ref, tlp="CLEAR", chosen=["assessed"])
    with story.unit("researcher_south") as unit, pytest.raises(NotFound):
        tear.tear(unit, ref=source.ref, tlp="CLEAR", chosen=["assessed"])
    for tlp, chosen in (
        ("AMBER", ["assessed"]),
        ("RED", ["assessed"]),
        ("CLEAR", []),
        ("CLEAR", ["related.0"]),
    ):
        with story.unit("liaison") as unit, pytest.raises(Invalid):
            tear.tear(unit, ref=source.ref, tlp=tlp, chosen=chosen)
    clear = story.published(tlp=TLP.CLEAR)
    with story.unit("liaison") as unit, pytest.raises(Conflict):
        tear.tear(unit, ref=clear.ref, tlp="CLEAR", chosen=["assessed"])
    unpublished = story.drafted(handling=AMBER)
    with story.unit("liaison") as unit, pytest.raises(Conflict):
        tear.tear(unit, ref=unpublished.ref, tlp="CLEAR", chosen=["assessed"])


def test_a_request_can_be_answered_with_the_tear_line(story: Story) -> None:
    source = parent(story)
    with story.unit("researcher") as unit:
        request = onward.ask(unit, ref=source.ref, recipient="any", purpose="cite")
    made, other = torn(story, source), story.published(tlp=TLP.CLEAR)
    for wrong in ("", made.ref, other.ref, source.ref):
        with story.unit("liaison") as unit, pytest.raises(Invalid):
            onward.answer(unit, request_id=request.id, answer="tearline", tear_line=wrong)
    completed(story, made)
    with story.unit("liaison") as unit:
        done = onward.answer(unit, request_id=request.id, answer="tearline", tear_line=made.ref)
    assert (done.state, done.text) == ("tearline", made.ref)


def test_the_link_is_kept_beside_the_parent_alone(story: Story) -> None:
    source = parent(story)
    made = torn(story, source)
    with story.engine.connect() as connection:
        rows = [
            tuple(row)
            for row in connection.execute(sa.text("SELECT record_id, relation, key FROM record_link"))
        ]
    assert rows == [(source.id, "tear_line", made.uid)]
