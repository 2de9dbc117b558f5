"""G-08: one editor's word takes a record out of sight for a working day; a second person who saw the order keeps it there."""

from __future__ import annotations

import pytest

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.tlp import TLP
from comity.services import alerts, read, restrict, worklist
from comity.storage import editorial, people, role_grants
from tests.factories import make_account, person_id
from tests.story import Story, reading, ticked

LAPSE = {"days": 2}
"""From a Monday morning to after the end of the next working day."""


@pytest.fixture
def story(story: Story) -> Story:
    """With a second editor."""
    story.world.people["editor_two"] = ("secretariat", (Role.EDITOR,))
    with story.unit("system") as unit:
        people.add_account(unit.db, make_account("editor_two", "secretariat", now=story.now))
        role_grants.add(unit.db, person_id("editor_two"), Role.EDITOR, by="system", now=story.now)
    return story


def _ordered(story: Story, record: Record, *, who: str = "editor", forbidden: bool = False) -> Record:
    with story.unit(who) as unit:
        return restrict.restrict(
            unit, ref=record.ref, reason_code="court_order", text="Ordered.", order="Case 2026/17", tombstone_forbidden=forbidden
        )  # fmt: skip


def _confirmed(story: Story, who: str, record: Record, order: str = "case 2026/17") -> Record:
    with story.unit(who) as unit:
        return restrict.confirm(unit, ref=record.ref, order=order)


def _state(story: Story, record: Record) -> State:
    return reading(story, "system", record).record.state


def _said(story: Story, record: Record) -> list[str]:
    with story.unit("system", writes=False) as unit:
        return [one.what for one in editorial.of_record(unit.db, editorial.Decision, record.id)]


@pytest.mark.parametrize("forbidden", [False, True])
def test_what_nobody_confirms_comes_back_by_the_clock(story: Story, forbidden: bool) -> None:
    """An editor could take down any record for good by typing any text as the reference of an order."""
    record = story.published()
    _ordered(story, record, forbidden=forbidden)
    assert ticked(story, hours=20).unconfirmed == []
    assert _state(story, record) is State.LEGALLY_RESTRICTED
    assert ticked(story, **LAPSE).unconfirmed == [record.ref]
    assert reading(story, "researcher", record).revision is not None
    assert "restrict_lapsed" in _said(story, record)
    with story.unit("editor") as unit, pytest.raises(Conflict):
        restrict.restrict(
            unit, ref=record.ref, reason_code="court_order", text="Again.", order="Y 2", tombstone_forbidden=False
        )  # fmt: skip
    _ordered(story, record, who="editor_two")
    _confirmed(story, "editor", record)
    assert ticked(story, days=30).unconfirmed == []
    assert _state(story, record) is State.LEGALLY_RESTRICTED


@pytest.mark.parametrize("who", ["data_protection_officer", "ombudsperson", "editor_two"])
@pytest.mark.parametrize("forbidden", [False, True])
def test_a_second_person_keeps_it_out_of_sight(story: Story, who: str, forbidden: bool) -> None:
    record = story.published()
    _ordered(story, record, forbidden=forbidden)
    with story.unit(who) as unit, pytest.raises(Invalid):
        restrict.confirm(unit, ref=record.ref, order="Case 2026/18")
    _confirmed(story, who, record)
    assert ticked(story, **LAPSE).unconfirmed == []
    assert _state(story, record) is State.LEGALLY_RESTRICTED
    with story.unit(who) as unit, pytest.raises(Conflict):
        restrict.confirm(unit, ref=record.ref, order="Case 2026/17")
    assert "restrict_confirmed" in _said(story, record)


def test_neither_the_first_person_nor_somebody_else_confirms(story: Story) -> None:
    record = story.published()
    _ordered(story, record)
    for who in ("editor", "reviewer_uni", "council_uni", "liaison", "node_admin"):
        with story.unit(who) as unit, pytest.raises(NotAllowed):
            restrict.confirm(unit, ref=record.ref, order="Case 2026/17")


def test_to_confirm_tells_nothing_of_other_records(story: Story) -> None:
    """H-04: a record that is there and one that is not answer alike."""
    quiet = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    record = story.published(handling=quiet)
    for ref in (record.ref, record.ref[:-6] + "000000"):
        with story.unit("ombudsperson") as unit, pytest.raises(NotFound):
            restrict.confirm(unit, ref=ref, order="Case 2026/17")


def test_those_who_confirm_hear_of_it_and_stop_knowing_of_it_afterwards(story: Story) -> None:
    quiet = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    record = story.published(handling=quiet)
    _ordered(story, record)
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="test"):
            pass
    with story.unit("ombudsperson", writes=False) as unit:
        assert [one.record.ref for one in worklist.worklist(unit).orders] == [record.ref]
        assert "waits for a second person" in alerts.listed(unit)[0].sentence
    for who in ("editor", "reader"):
        with story.unit(who, writes=False) as unit:
            assert not worklist.worklist(unit).orders
    ticked(story, **LAPSE)
    with story.unit("ombudsperson", writes=False) as unit, pytest.raises(NotFound):
        read.find_record(unit, record.ref)


def test_an_order_that_forbids_the_tombstone_is_on_no_list(story: Story) -> None:
    record = story.published()
    _ordered(story, record, forbidden=True)
    for who in ("editor_two", "ombudsperson", "researcher"):
        with story.unit(who, writes=False) as unit:
            assert not worklist.worklist(unit).orders
            with pytest.raises(NotFound):
                read.find_record(unit, record.ref)
