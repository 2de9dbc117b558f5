"""SG-02: personal data stay out unless the data protection officer and the ombudsperson agree to these very words."""

from __future__ import annotations

import pytest

from comity.domain.errors import Invalid
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.services import draft, lift
from tests.story import Story

ONE_NUMBER = "Call +49 170 1234567 about it before you accept the invitation."
MORE = "Dr Jane Doe, passport no. X1234567, born on 12/03/1970, was there."
BOTH = ("data_protection_officer", "ombudsperson")
BASIS = {"purpose": "Warn those who were invited", "basis": "Public task"}


def lifted(story: Story, record: Record) -> None:
    with story.unit("liaison") as unit:
        lift.ask(unit, ref=record.ref, necessity="Those warned must be able to check the number.")
    for officer in BOTH:
        with story.unit(officer) as unit:
            lift.lift(unit, ref=record.ref, text="The number is needed.")


def retyped(story: Story, record: Record, summary: str) -> None:
    with story.unit("liaison") as unit:
        _, revision = draft.working(unit, record.ref)
        content = {**draft.full_content(unit, revision), "summary": summary}
        draft.save(unit, ref=record.ref, content=content)


def test_both_officers_let_these_words_pass(story: Story) -> None:
    record = story.drafted(summary=ONE_NUMBER)
    lifted(story, record)
    assert story.submitted(record).state is State.TRIAGE


def test_what_is_typed_after_they_agreed_needs_both_again(story: Story) -> None:
    record = story.drafted(summary=ONE_NUMBER)
    lifted(story, record)
    retyped(story, record, MORE)
    with pytest.raises(Invalid) as refused:
        story.submitted(record)
    assert {one.code for one in refused.value.problems} == {"personal-data"}


@pytest.mark.parametrize("summary", [MORE, "Nothing in here that a scan could find."])
def test_an_author_cannot_declare_the_exception_alone(story: Story, summary: str) -> None:
    record = story.drafted(summary=summary, personal_data="exceptional", legal_basis=BASIS)
    with pytest.raises(Invalid) as refused:
        story.submitted(record)
    assert {one.code for one in refused.value.problems} <= {"personal-data", "exception-missing"}
    lifted(story, record)
    assert story.submitted(record).state is State.TRIAGE
