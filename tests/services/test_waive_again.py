"""G-32: notice that was waived follows within 30 days, or council waives it again."""

from __future__ import annotations

import pytest

from comity.domain.errors import Conflict, Invalid, NotAllowed
from comity.domain.record import Record
from comity.services import reply, waive_again
from comity.services.offer import offers
from comity.storage import editorial
from tests.story import ENOUGH, Story, noted, reading, ticked


@pytest.fixture
def waived(full: Story) -> Record:
    """Published without notice, 29 days ago."""
    record = noted(full)
    with full.unit("editor") as unit:
        reply.waive(unit, ref=record.ref, reason_code="legal_order", text="An order forbids notice.")
    assert ticked(full, minutes=1).published == [record.ref]
    assert ticked(full, days=29).to_tell == []
    return record


def speak(story: Story, record: Record, *who: str, agrees: bool = True, reason: str = "legal_order") -> None:
    for one in who:
        with story.unit(one) as unit:
            waive_again.vote(
                unit, ref=record.ref, reason_code=reason, text="The order still holds.", agrees=agrees
            )


def test_council_waives_for_thirty_days_more_and_it_is_counted(full: Story, waived: Record) -> None:
    """The originator is of industry, so its own member of council has an interest; government has a seat to fill the half."""
    speak(full, waived, "council_gov", *(who for who in ENOUGH if who != "second_firm"))
    assert ticked(full, days=2).to_tell == []
    assert ticked(full, days=27).to_tell == []
    assert ticked(full, days=2).to_tell == [waived.ref]
    with full.unit("system", writes=False) as unit:
        given = [
            one for one in editorial.of_record(unit.db, editorial.Decision, waived.id) if one.what == "waiver"
        ]
    assert [one.details.get("by_council", False) for one in given] == [False, True]


def test_without_council_notice_follows(full: Story, waived: Record) -> None:
    speak(full, waived, *ENOUGH[:4])
    speak(full, waived, "council_gov", agrees=False)
    assert ticked(full, days=2).to_tell == [waived.ref]
    with full.unit("council_ngo") as unit, pytest.raises(Conflict):
        waive_again.vote(unit, ref=waived.ref, reason_code="legal_order", text="Too late.", agrees=True)


def test_voices_for_one_extension_are_none_for_the_next(full: Story, waived: Record) -> None:
    enough = ("council_gov", *(who for who in ENOUGH if who != "second_firm"))
    speak(full, waived, *enough)
    ticked(full, days=25)
    speak(full, waived, enough[0])
    assert ticked(full, days=6).to_tell == [waived.ref]


def test_only_council_and_only_for_a_listed_reason(full: Story, waived: Record) -> None:
    with full.unit("editor") as unit, pytest.raises(NotAllowed):
        waive_again.vote(unit, ref=waived.ref, reason_code="legal_order", text="Please.", agrees=True)
    with full.unit("council_ngo") as unit, pytest.raises(Invalid):
        waive_again.vote(unit, ref=waived.ref, reason_code="hurry", text="Please.", agrees=True)
    for who, offered in (
        ("council_ngo", True),
        ("second_firm", False),
        ("editor", False),
        ("researcher", False),
    ):
        with full.unit(who, writes=False) as unit:
            assert ("waive/council" in offers(unit, reading(full, who, waived).record)) is offered, who
