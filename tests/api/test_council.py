"""Second appeals and council's voice on notice through the API: offered to whom they are open, found by nobody else."""

from __future__ import annotations

import pytest

from comity.domain.lifecycle_facts import State
from comity.services import decide, dispute, reply
from tests.api.conftest import Service
from tests.factories import person_id
from tests.story import ENOUGH, Story, noted, reading, seat_council, ticked

DESK = ("read:records", "read:amber", "write:editorial")


@pytest.fixture
def story(service: Service) -> Story:
    return seat_council(service.story)


def test_a_second_appeal_from_asking_to_the_decision(service: Service, story: Story) -> None:
    record = story.published()
    with story.unit("researcher") as unit:
        which = dispute.raise_appeal(unit, ref=record.ref, grounds="It is wrong.").id
    panel = ("researcher_south", "contributor", "reader")
    with story.unit("ombudsperson") as unit:
        dispute.first_look(unit, ref=record.ref, dispute_id=which, passes=True, text="Something in it.")
        decide.name_panel(unit, ref=record.ref, dispute_id=which, panel=[person_id(who) for who in panel])
    for who in panel:
        with story.unit(who) as unit:
            decide.enter(unit, ref=record.ref, dispute_id=which, outcome="dismissed", text="It stands.")
    here = f"/records/{record.ref}/appeals/{which}/council"
    member = service.caller("council_ngo", *DESK)
    assert member.get(f"/records/{record.ref}/appeals/council").status_code == 404
    asked = service.caller("researcher", *DESK).post(here, json={"grounds": "A source was overlooked."})
    assert (asked.status_code, asked.json()["under_dispute"]) == (201, True)
    assert service.caller("researcher", *DESK).post(here, json={"grounds": "Again."}).status_code == 404
    (item,) = member.get(f"/records/{record.ref}/appeals/council").json()["items"]
    assert item["grounds"] == "It is wrong.\n\nA source was overlooked."
    assert item["first_outcome"] == "dismissed"
    voice = {"outcome": "upheld", "text": "The source says otherwise."}
    assert service.caller("ombudsperson", *DESK).put(f"{here}/voice", json=voice).status_code == 403
    assert service.caller("council_ngo", "read:records").put(f"{here}/voice", json=voice).status_code == 403
    marked = [
        service.caller(who, *DESK).put(f"{here}/voice", json=voice).json()["under_dispute"] for who in ENOUGH
    ]
    assert marked == [True] * 5 + [False]


def test_council_waives_notice_again(service: Service, story: Story) -> None:
    record = noted(story)
    with story.unit("editor") as unit:
        reply.waive(unit, ref=record.ref, reason_code="legal_order", text="An order forbids notice.")
    ticked(story, minutes=1)
    assert reading(story, "reader", record).record.state is State.PUBLISHED
    here, voice = (
        f"/records/{record.ref}/waiver/council",
        {"reason_code": "legal_order", "text": "So ordered."},
    )
    assert service.caller("second_firm", *DESK).put(here, json={**voice, "agrees": True}).status_code == 404
    for who in ("council_gov", *(one for one in ENOUGH if one != "second_firm")):
        assert service.caller(who, *DESK).put(here, json={**voice, "agrees": True}).status_code == 200
    assert ticked(story, days=29).to_tell == []
    assert ticked(story, days=2).to_tell == [record.ref]


def test_council_and_auditor_read_declared_interests(service: Service, story: Story) -> None:
    """G-24."""
    record = story.in_review(story.submitted(story.drafted()))
    story.voted(record, "reviewer_firm", interests=["A contract."])
    for who in ("reviewer_uni", "reviewer_ngo"):
        story.voted(record, who)
    scopes = ("read:records", "read:audit")
    for who in ("council_ngo", "auditor"):
        items = service.caller(who, *scopes).get(f"/records/{record.ref}/interests").json()["items"]
        assert [one["interests"] for one in items if one["interests"]] == [["A contract."]]
    assert service.caller("editor", *scopes).get(f"/records/{record.ref}/interests").status_code == 404
    assert (
        service.caller("auditor", "read:records").get(f"/records/{record.ref}/interests").status_code == 403
    )
