"""4.1.3, G-34, G-35: an appeal or a reply without an account lands with the ombudsperson, and sending one tells nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from comity.domain.errors import Conflict, Invalid, NotFound, TooMany
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import alerts, dispute, examine, hear, reply, respond, worklist
from comity.services.respond import Letter
from comity.storage import editorial
from tests.story import Story, noted, reading, ticked

WORDS = "We left that programme in 2024."
MESSAGES = (respond.MESSAGE,)


def sent(
    story: Story, record: Record | str, kind: str = "appeal", code: str = "", address: str = "", **more: str
) -> None:
    about = record if isinstance(record, str) else record.ref
    letter = Letter(
        kind, about, more.get("words", WORDS), more.get("contact", "Legal office, desk@example.org"), code
    )
    with story.unit("public") as unit:
        respond.respond(unit, letter=letter, address=address)


def waiting(story: Story, record: Record) -> list[hear.Message]:
    with story.unit("ombudsperson", writes=False) as unit:
        return hear.messages(unit, ref=record.ref)


def handed(story: Story, record: Record) -> hear.Code:
    with story.unit("ombudsperson") as unit:
        entity = hear.named(unit, ref=record.ref)[0].entity_id
        return hear.hand_out(unit, ref=record.ref, entity_id=entity)


def everything_kept(story: Story) -> list[editorial.Decision]:
    with story.unit("system", writes=False) as unit:
        return editorial.given(unit.db, *MESSAGES)


# ---- appeals


def test_anybody_appeals_about_a_public_record(story: Story) -> None:
    record = story.published(tlp=TLP.CLEAR)
    sent(story, record, words="The second statement is wrong.")
    (one,) = waiting(story, record)
    assert (one.kind, one.name, one.contact) == ("appeal", "", "Legal office, desk@example.org")
    with story.unit("ombudsperson", writes=False) as unit:
        assert [item.record.ref for item in worklist.worklist(unit).outside] == [record.ref]
    with story.unit("ombudsperson") as unit:
        hear.enter(unit, ref=record.ref, message_id=one.id, words=one.words)
        (raised,) = dispute.appeals(unit, ref=record.ref)
    assert (raised.raised_by, raised.grounds) == (
        "somebody without an account",
        "The second statement is wrong.",
    )
    assert waiting(story, record) == []


def test_what_is_not_public_and_what_is_not_there_are_dropped_alike(story: Story) -> None:
    """H-04: nothing is kept, nobody is told, and the sender gets the same answer: none."""
    green, draft = story.published(tlp=TLP.GREEN), story.drafted()
    for about in (green, draft, "RSI-nordmark-ADV-2026-000000", green.uid, "../etc"):
        for kind in respond.KINDS:
            sent(story, about, kind)
            sent(story, about, kind, code="a" * 43)
    assert everything_kept(story) == []
    clear = story.published(tlp=TLP.CLEAR)
    sent(story, clear, "reply")
    assert everything_kept(story) == [], "a reply always needs a code"


# ---- codes


def test_a_reply_comes_in_by_a_code_and_stands_unedited(story: Story) -> None:
    """Before publication too, when nothing of the record is public."""
    record = noted(story)
    code = handed(story, record)
    sent(story, record, "reply", code.secret)
    (one,) = waiting(story, record)
    assert (one.kind, one.name) == ("reply", code.name)
    with story.unit("ombudsperson") as unit, pytest.raises(Invalid):
        hear.enter(unit, ref=record.ref, message_id=one.id, words="They left that programme.")
    with story.unit("ombudsperson") as unit:
        hear.enter(unit, ref=record.ref, message_id=one.id, words=one.words)
    ticked(story, days=20)
    assert [one.text for one in reading(story, "researcher", record).replies] == [WORDS]


def test_a_code_works_once_for_its_record_until_it_ends(story: Story) -> None:
    record, other = noted(story), noted(story)
    first, code = handed(story, record), handed(story, record)
    sent(story, record, "reply", first.secret)
    assert waiting(story, record) == [], "a fresh code ends the one before"
    sent(story, other, "reply", code.secret)
    assert waiting(story, other) == [], "a code is for one record"
    sent(story, record, "reply", code.secret)
    sent(story, record, "reply", code.secret, words="And once more.")
    assert [one.words for one in waiting(story, record)] == [WORDS]
    late = handed(story, other)
    story.now += hear.LASTS
    sent(story, other, "reply", late.secret)
    assert waiting(story, other) == []


def test_a_code_lets_its_organization_appeal_under_its_name(story: Story) -> None:
    """The record is GREEN, which no visitor can read."""
    record = noted(story)
    ticked(story, days=20)
    code = handed(story, record)
    sent(story, record, "appeal", code.secret)
    (one,) = waiting(story, record)
    with story.unit("ombudsperson") as unit:
        hear.enter(unit, ref=record.ref, message_id=one.id, words=one.words)
        assert [raised.raised_by for raised in dispute.appeals(unit, ref=record.ref)] == [code.name]


def test_only_the_hash_of_a_code_is_kept(story: Story) -> None:
    record = noted(story)
    code = handed(story, record)
    with story.unit("system", writes=False) as unit:
        kept = repr(editorial.given(unit.db, respond.CODE))
    assert code.secret not in kept


# ---- the ombudsperson, and nobody else


def test_nobody_else_hands_out_sees_or_enters(story: Story) -> None:
    record = noted(story)
    ticked(story, days=20)
    code = handed(story, record)
    sent(story, record, "reply", code.secret)
    (one,) = waiting(story, record)
    for who in ("editor", "contributor", "reviewer_uni", "auditor", "council_ngo", "public"):
        with story.unit(who) as unit:
            with pytest.raises(NotFound):
                hear.hand_out(unit, ref=record.ref, entity_id="x")
            with pytest.raises(NotFound):
                hear.messages(unit, ref=record.ref)
            with pytest.raises(NotFound):
                hear.enter(unit, ref=record.ref, message_id=one.id, words=one.words)
    with story.unit("contributor", writes=False) as unit:
        assert WORDS not in repr(examine.examine(unit, ref=record.ref).said)


def test_what_was_dealt_with_is_blotted_out(story: Story) -> None:
    record = story.published(tlp=TLP.CLEAR)
    sent(story, record)
    (one,) = waiting(story, record)
    with story.unit("ombudsperson") as unit, pytest.raises(Invalid):
        hear.put_aside(unit, ref=record.ref, message_id=one.id, text=" ")
    with story.unit("ombudsperson") as unit:
        hear.put_aside(unit, ref=record.ref, message_id=one.id, text="Advertising.")
    with story.unit("ombudsperson") as unit, pytest.raises(Conflict):
        hear.put_aside(unit, ref=record.ref, message_id=one.id, text="Again.")
    kept = repr(everything_kept(story))
    assert WORDS not in kept
    assert "desk@example.org" not in kept


def test_the_ombudsperson_is_told(story: Story) -> None:
    record = story.published(tlp=TLP.CLEAR)
    sent(story, record)
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="test"):
            pass
    for who, told in (("ombudsperson", 1), ("liaison", 0)):
        with story.unit(who, writes=False) as unit:
            assert sum("without an account" in line.sentence for line in alerts.listed(unit)) == told, who


# ---- limits


def test_sending_much_has_to_wait_whatever_is_named(story: Story) -> None:
    record = story.published(tlp=TLP.CLEAR)
    for about in (record.ref, "RSI-nordmark-ADV-2026-000000"):
        for _ in range(respond.FREE_BY_ADDRESS + 1):
            sent(story, about, address="192.0.2.7")
        with pytest.raises(TooMany):
            sent(story, about, address="192.0.2.7")
        sent(story, about, address="192.0.2.8")
        story.now += timedelta(hours=2)


@pytest.mark.parametrize(
    ("field", "letter"),
    [
        ("kind", Letter("praise", "RSI-x", WORDS, "me")),
        ("about", Letter("appeal", " ", WORDS, "me")),
        ("contact", Letter("appeal", "RSI-x", WORDS, "")),
        ("words", Letter("appeal", "RSI-x", " ", "me")),
        ("words", Letter("reply", "RSI-x", "word " * 1001, "me")),
        ("words", Letter("appeal", "RSI-x", "x" * 6001, "me")),
    ],
)
def test_what_is_missing_is_said_before_anything_is_looked_up(
    story: Story, field: str, letter: Letter
) -> None:
    with story.unit("public") as unit, pytest.raises(Invalid) as refused:
        respond.respond(unit, letter=letter)
    assert [one.field for one in refused.value.problems] == [field]


def test_what_is_taken_out_of_a_reply_is_said(story: Story) -> None:
    """G-33."""
    record = noted(story)
    code = handed(story, record)
    sent(story, record, "reply", code.secret, words="Ask our rector by name.")
    (one,) = waiting(story, record)
    with story.unit("ombudsperson") as unit:
        redaction = reply.redacted("personal_data", "A name.")
        hear.enter(unit, ref=record.ref, message_id=one.id, words="Ask our rector.", redaction=redaction)
    ticked(story, days=20)
    shown = reading(story, "researcher", record).replies
    assert [(one.text, one.edited_note) for one in shown] == [
        ("Ask our rector.", "Personal data removed: A name.")
    ]
