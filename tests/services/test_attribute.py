"""Whom a record is said to be from: the choice holds wherever a reader looks, and the secretariat still knows (4.4.1)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from comity.domain.errors import Invalid
from comity.domain.handling import AttributionMode, Handling, handling_problems
from comity.domain.record import Record
from comity.domain.roles import Sector
from comity.domain.tlp import TLP
from comity.services import audit_view, correct, draft, export, find, preflight, submit, syndicate
from comity.services.reviewers import found_conflicts
from comity.storage import organizations
from tests.story import Story, reading

NAME, ID = "Office for Protective Security", "gov-security-office"
HIDING: list[AttributionMode] = ["sector_only", "anonymous_via_secretariat"]
ANYTHING = find.asked(text="", filters={}, sort="newest", page=1, include_ended=True)


def hidden(story: Story, mode: AttributionMode, tlp: TLP = TLP.GREEN) -> Record:
    return story.published(handling=Handling(tlp=tlp, attribution_mode=mode))


def everything_told(story: Story, who: str, record: Record) -> str:
    """All that services hand out about the origin to `who`, as one text."""
    shown = reading(story, who, record)
    with story.unit(who, writes=False) as unit:
        found = find.find(unit, ANYTHING).items
        fed = syndicate.syndicate(unit, ANYTHING)
        copies = [export.as_json(unit, shown), export.as_stix(unit, shown)]
    assert [one.record.ref for one in found] == [record.ref]
    assert fed
    told = [
        shown.originator,
        *(one.originator for one in found),
        *(one.originator for one in fed),
        json.dumps(copies),
    ]
    return " ".join(map(str, told))


@pytest.mark.parametrize("mode", HIDING)
def test_no_reader_is_told_the_organization(story: Story, mode: AttributionMode) -> None:
    record = hidden(story, mode)
    for who in ("researcher", "reviewer_uni", "ombudsperson", "auditor"):
        told = everything_told(story, who, record)
        assert NAME not in told, who
        assert ID not in told, who
    named = story.published(handling=Handling(tlp=TLP.GREEN))
    shown = reading(story, "researcher", named)
    assert shown.originator is not None
    assert shown.originator.id == ID


@pytest.mark.parametrize("mode", HIDING)
def test_the_secretariat_and_its_own_people_know(story: Story, mode: AttributionMode) -> None:
    record = hidden(story, mode)
    for who, knows in (("editor", True), ("liaison", True), ("researcher", False), ("auditor", False)):
        known = reading(story, who, record).known_originator
        assert (known is not None and known.id == ID) is knows, who


def test_anonymous_tells_no_sector_and_sector_only_does(story: Story) -> None:
    anonymous, by_sector = (hidden(story, mode) for mode in HIDING[::-1])
    assert reading(story, "researcher", anonymous).record.sector == ""
    assert reading(story, "researcher", by_sector).record.sector == "government"
    query = find.asked(text="", filters={"sector": ["government"]}, sort="newest", page=1, include_ended=True)
    with story.unit("researcher", writes=False) as unit:
        assert [one.record.ref for one in find.find(unit, query).items] == [by_sector.ref]


def test_the_choice_goes_with_the_version_and_the_sector_comes_back(story: Story) -> None:
    record = hidden(story, "anonymous_via_secretariat")
    with story.unit("liaison") as unit:
        correct.begin(unit, ref=record.ref)
        _, revision = draft.working(unit, record.ref)
        content = draft.full_content(unit, revision)
        draft.save(unit, ref=record.ref, content=content, handling=Handling(tlp=TLP.GREEN))
        record = submit.submit(unit, ref=record.ref)
    assert reading(story, "researcher", record).originator is None
    for who in ("reviewer_uni", "reviewer_ngo"):
        record = story.voted(record, who)
    shown = reading(story, "researcher", record)
    assert shown.originator is not None
    assert (shown.originator.id, shown.record.sector) == (ID, "government")


@pytest.mark.parametrize("mode", HIDING)
def test_the_log_names_nobody_of_the_originator_to_those_who_oversee(
    story: Story, mode: AttributionMode
) -> None:
    record = hidden(story, mode)
    for who, named in (("auditor", False), ("data_protection_officer", True)):
        with story.unit(who, writes=False) as unit:
            rows = [row for row in audit_view.view(unit).rows if row.about == record.ref]
        by_author = [row for row in rows if row.action == "draft: start"]
        assert rows
        assert [(row.who, row.organization) for row in by_author] == [
            ("Liaison", NAME) if named else (audit_view.UNNAMED, "")
        ], who
        assert any(row.organization == "University of the South" for row in rows), who


def test_a_conflict_with_the_originator_does_not_say_who_it_is(story: Story) -> None:
    record = hidden(story, "anonymous_via_secretariat")
    with story.unit("system") as unit:
        home = organizations.get(unit.db, "uni-south")
        assert home is not None
        organizations.save(unit.db, replace(home, parent=ID))
        said = found_conflicts(unit, record, "uni-south")
    assert said == ["The reviewer's organization and the originator are parent and child."]


def test_the_preflight_says_what_readers_will_be_told(story: Story) -> None:
    record = story.drafted(handling=Handling(tlp=TLP.GREEN, attribution_mode="sector_only"))
    with story.unit("liaison", writes=False) as unit:
        assert preflight.preflight(unit, ref=record.ref).attribution_mode == "sector_only"


@pytest.mark.parametrize("mode", HIDING)
def test_nobody_is_asked_to_name_whom_they_are_not_told(story: Story, mode: AttributionMode) -> None:
    asked = Handling(tlp=TLP.GREEN, attribution_mode=mode, attribution="must")
    record = story.drafted(handling=asked)
    with story.unit("liaison") as unit, pytest.raises(Invalid) as refused:
        submit.submit(unit, ref=record.ref)
    assert [one.field for one in refused.value.problems] == ["handling.attribution"]
    assert Handling(tlp=TLP.GREEN, attribution_mode=mode).attribution_in_force == "must_not"


def test_who_is_not_to_be_named_is_not_named_on_copies(story: Story) -> None:
    """Members see whom it is from and do not pass it on; anyone at all would be told at TLP:CLEAR, so that does not go together."""
    unnamed = Handling(tlp=TLP.GREEN, attribution="must_not")
    record = story.published(handling=unnamed)
    shown = reading(story, "researcher", record)
    assert shown.originator is not None
    with story.unit("researcher", writes=False) as unit:
        copies = json.dumps([export.as_json(unit, shown), export.as_stix(unit, shown)])
        assert [one.originator for one in syndicate.syndicate(unit, ANYTHING)] == [""]
    assert NAME not in copies
    clear = handling_problems(unnamed.model_copy(update={"tlp": TLP.CLEAR}))
    assert [one.code for one in clear] == ["clear-names-it"]
    assert Sector.GOVERNMENT.value in copies
