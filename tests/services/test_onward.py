"""Asking the originator on one node: the request reaches the one it concerns, the answer the one who asked, and silence is no."""

from __future__ import annotations

from datetime import timedelta

import pytest

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import alerts, export, onward, read
from tests.story import Story, reading, ticked

AMBER = Handling(
    tlp=TLP.AMBER, orcon=True, audience=AudienceChoice(organizations=("ngo-rights", "uni-north"))
)
REVIEWERS = ("reviewer_gov", "reviewer_uni", "reviewer_firm")


def amber(story: Story) -> Record:
    return story.published(handling=AMBER, title="Moonlight questions after talks")


def asked(
    story: Story,
    record: Record,
    who: str = "contributor_ngo",
    recipient: str = "group:fjord",
    passage: str = "",
) -> onward.OnwardRequest:
    with story.unit(who) as unit:
        return onward.ask(unit, ref=record.ref, recipient=recipient, purpose="cite", passage=passage)


def answered(
    story: Story, request: onward.OnwardRequest, answer: str = "yes", who: str = "liaison", text: str = ""
) -> onward.OnwardRequest:
    with story.unit(who) as unit:
        return onward.answer(unit, request_id=request.id, answer=answer, text=text)


def told(story: Story, who: str) -> list[str]:
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="t"):
            pass
    with story.unit(who, writes=False) as unit:
        return [one.sentence for one in alerts.listed(unit)]


def waiting(story: Story, who: str) -> list[str]:
    with story.unit(who, writes=False) as unit:
        return [line.request.id for line in onward.waiting(unit)]


def test_who_is_told_to_ask_can_cite_after_a_yes(story: Story) -> None:
    """J-06.3: a reader of an AMBER record who cites it in a GREEN one is told to ask; the request reaches the liaison."""
    source = amber(story)
    derived = story.drafted("contributor_ngo", related=[{"ref": source.ref, "relation": "builds_on"}])
    with pytest.raises(Invalid) as wrong:
        story.submitted(derived, "contributor_ngo")
    assert [one.code for one in wrong.value.problems] == [f"ask-originator:{source.ref}"]
    request = asked(story, source)
    assert waiting(story, "liaison") == [request.id]
    assert "Somebody asks whether a record may go on to others." in told(story, "liaison")
    for other in ("researcher", "contributor_ngo", "editor", "federation_officer", "reviewer_gov"):
        assert waiting(story, other) == []
    answered(story, request)
    assert "What you asked about passing a record on has been answered." in told(story, "contributor_ngo")
    assert story.submitted(derived, "contributor_ngo").state == "triage"


@pytest.mark.parametrize(
    ("recipient", "passage", "answer", "text"),
    [
        ("org:uni-south", "", "yes", ""),
        ("group:fjord", "One sentence of it.", "yes", ""),
        ("group:fjord", "", "no", "It would give the source away."),
        ("group:fjord", "", "yes_with_changes", "A visit was prepared."),
    ],
)
def test_no_other_answer_lets_it_be_cited(
    story: Story, recipient: str, passage: str, answer: str, text: str
) -> None:
    source = amber(story)
    derived = story.drafted("contributor_ngo", related=[{"ref": source.ref, "relation": "builds_on"}])
    answered(story, asked(story, source, recipient=recipient, passage=passage), answer, text=text)
    with pytest.raises(Invalid):
        story.submitted(derived, "contributor_ngo")


def test_a_yes_is_for_the_organization_that_asked(story: Story) -> None:
    source = amber(story)
    answered(story, asked(story, source, "researcher"))
    derived = story.drafted("contributor_ngo", related=[{"ref": source.ref, "relation": "builds_on"}])
    with pytest.raises(Invalid):
        story.submitted(derived, "contributor_ngo")


def test_ten_working_days_of_silence_are_a_no(story: Story) -> None:
    source = amber(story)
    request = asked(story, source)
    assert request.due_at - story.now == timedelta(days=14, hours=15)
    ticked(story, days=14)
    assert waiting(story, "liaison") == [request.id]
    assert ticked(story, days=1).silent == [request.id]
    assert ticked(story, days=1).silent == []
    assert waiting(story, "liaison") == []
    with pytest.raises(Conflict):
        answered(story, request)
    with story.unit("contributor_ngo", writes=False) as unit:
        (line,) = onward.asked(unit)
    assert line.request.state == "silent"
    assert "What you asked about passing a record on has been answered." in told(story, "contributor_ngo")
    assert asked(story, source).state == "open", "it can be asked again"


def test_nobody_else_answers_and_nothing_is_answered_twice(story: Story) -> None:
    source = amber(story)
    request = asked(story, source)
    for other in (
        "contributor_ngo",
        "researcher",
        "editor",
        "contributor",
        "federation_officer",
        "council_gov",
    ):
        with pytest.raises(NotFound):
            answered(story, request, who=other)
    answered(story, request)
    with pytest.raises(Conflict):
        answered(story, request, "no", text="Too late.")


def test_what_cannot_be_asked(story: Story) -> None:
    source, clear = amber(story), story.published(tlp=TLP.CLEAR)
    with pytest.raises(Conflict):
        asked(story, clear)
    with pytest.raises(NotFound):
        asked(story, source, "researcher_south")
    with pytest.raises(NotAllowed):
        asked(story, source, "federation_officer")
    with pytest.raises(Invalid):
        asked(story, source, recipient="person:x")
    for _ in range(onward.MOST_A_DAY):
        asked(story, source)
    with pytest.raises(TooMany):
        asked(story, source)


def test_both_sides_see_where_it_stands_and_nobody_else(story: Story) -> None:
    source = amber(story)
    asked(story, source, passage="The visit was prepared in May.")

    def seen(who: str) -> list[str]:
        with story.unit(who, writes=False) as unit:
            return [one.request.passage for one in onward.of_record(unit, read.find_record(unit, source.ref))]

    for who in ("liaison", "contributor_ngo", "reader"):
        assert seen(who) == ["The visit was prepared in May."]
    assert seen("researcher") == [], "another reader of the record, of another organization"


def test_a_copy_of_an_orcon_record_needs_a_yes(story: Story) -> None:
    source = amber(story)
    with story.unit("reader") as unit:
        read.open_with_purpose(unit, ref=source.ref, purpose="protect_own_institution")

    def refusal(who: str) -> str:
        with story.unit(who, writes=False) as unit:
            return export.refusal(unit, read.read(unit, ref=source.ref))

    assert "ORCON" in refusal("reader")
    answered(story, asked(story, source, "reader", passage="One line"))
    assert "ORCON" in refusal("reader"), "a yes to a passage is none to the whole"
    answered(story, asked(story, source, "reader"))
    assert refusal("reader") == ""
    assert reading(story, "reader", source).revision is not None


def test_a_yes_frees_what_was_in_doubt_because_its_input_was_tightened(story: Story) -> None:
    from tests.services.test_inputs import derived_from, flags, retighten

    source = story.published()
    derived = derived_from(story, source)
    retighten(story, source, AMBER)
    assert flags(story, derived) == [(source.ref, "tightened")]
    with story.unit("contributor_ngo") as unit:
        request = onward.ask(unit, ref=source.ref, recipient="group:fjord", purpose="cite")
    answered(story, request)
    assert flags(story, derived) == []
    assert reading(story, "researcher_south", derived).revision is not None


def test_a_new_version_needs_a_new_yes(story: Story) -> None:
    from tests.services.test_inputs import retighten

    source = amber(story)
    answered(story, asked(story, source))
    with story.unit("liaison") as unit:
        read.open_with_purpose(unit, ref=source.ref, purpose="review_or_edit")
    retighten(story, source, AMBER)
    derived = story.drafted("contributor_ngo", related=[{"ref": source.ref, "relation": "builds_on"}])
    with pytest.raises(Invalid):
        story.submitted(derived, "contributor_ngo")
