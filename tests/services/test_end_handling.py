"""The time set for the conditions of a marking: its end asks the author, once, and widens nothing (4.3, H-06)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from comity.domain.errors import Conflict, Invalid, NotAllowed
from comity.domain.handling import Caveat, Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import alerts, correct, draft, end_handling, submit, worklist
from comity.services.offer import offers
from comity.services.spell_out import spell_out
from tests.story import NOW, Story, hits, reading, ticked

SET = Handling(
    tlp=TLP.GREEN,
    caveats=(Caveat.NOTIFY,),
    attribution="must",
    affected_party_notice="must_not",
    handling_ends=NOW + timedelta(days=5),
)


def waiting(story: Story, who: str = "liaison") -> list[str]:
    with story.unit(who, writes=False) as unit:
        return [item.record.ref for item in worklist.worklist(unit).conditions]


@pytest.fixture
def over(story: Story) -> Record:
    """Published, and the time is over."""
    record = story.published(handling=SET)
    assert ticked(story, days=4).to_look_at == []
    assert ticked(story, days=1, minutes=1).to_look_at == [record.ref]
    return record


def test_the_end_asks_the_author_once_and_nobody_else(story: Story, over: Record) -> None:
    assert ticked(story, minutes=1).to_look_at == []
    assert waiting(story) == [over.ref]
    assert waiting(story, "contributor") == []
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="test"):
            pass
    for who, told in (("liaison", 1), ("researcher", 0), ("editor", 0)):
        with story.unit(who, writes=False) as unit:
            assert (
                sum("time set for the conditions" in one.sentence for one in alerts.listed(unit)) == told
            ), who
            assert ("handling" in offers(unit, reading(story, who, over).record)) is (who == "liaison")


def test_the_end_widens_nothing(story: Story, over: Record) -> None:
    shown = reading(story, "researcher", over)
    assert shown.revision is not None
    assert shown.revision.handling == SET
    assert shown.audience == reading(story, "liaison", over).audience
    assert hits(story, "public", "conference") == []
    assert "They hold until its originator changes them." in spell_out(SET, story.now)[-1]


def test_the_author_leaves_the_marking_with_a_reason(story: Story, over: Record) -> None:
    with story.unit("contributor") as unit, pytest.raises(NotAllowed):
        end_handling.keep(unit, ref=over.ref, text="Why not.")
    with story.unit("liaison") as unit, pytest.raises(Invalid):
        end_handling.keep(unit, ref=over.ref, text=" ")
    with story.unit("liaison") as unit:
        end_handling.keep(unit, ref=over.ref, text="The tender still runs.")
    assert waiting(story) == []
    assert ticked(story, days=1).to_look_at == []
    with story.unit("liaison") as unit, pytest.raises(Conflict):
        end_handling.keep(unit, ref=over.ref, text="Again.")


def test_a_new_version_ends_the_task_and_sets_its_own_end(story: Story, over: Record) -> None:
    later = SET.model_copy(update={"handling_ends": story.now + timedelta(days=9)})
    with story.unit("liaison") as unit:
        correct.begin(unit, ref=over.ref)
        _, revision = draft.working(unit, over.ref)
        draft.save(unit, ref=over.ref, content=draft.full_content(unit, revision), handling=later)
        record = submit.submit(unit, ref=over.ref)
    assert waiting(story) == [record.ref]
    for who in ("reviewer_uni", "reviewer_ngo"):
        record = story.voted(record, who)
    assert waiting(story) == []
    assert ticked(story, days=8).to_look_at == []
    assert ticked(story, days=2).to_look_at == [record.ref]


def test_the_block_is_said_in_sentences_for_a_reader() -> None:
    """H-06. The permitted action that AMBER brings by itself is said too."""
    said = spell_out(SET, NOW)
    for words in (
        "name the originator",
        "Do not tell the organization concerned",
        "NOTIFY: ",
        "7 November 2026",
    ):
        assert sum(words in one for one in said) == 1, words
    assert "Use it for decisions inside your organization only." in spell_out(Handling(tlp=TLP.AMBER), NOW)
    hidden = Handling(tlp=TLP.GREEN, attribution_mode="sector_only")
    assert "When you use it, do not say whom it is from." in spell_out(hidden, NOW)
