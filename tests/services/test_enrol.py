"""Membership: the secretariat finds the sector, several sectors agree, objections are heard, and nobody counts themselves in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.node import Organization
from comity.domain.roles import Role, Sector
from comity.services import enrol, set_up, suspend
from comity.services.enrol import Profile, Proposal
from comity.services.list_members import by_sector
from comity.storage import organizations
from tests.factories import NODE, NOW, make_database
from tests.place import PASSWORD, Place

WINDOW = timedelta(days=8, hours=15)  # a Monday morning, six working days, to the end of the Tuesday after
ID = "institute-west"
PROPOSAL = Proposal(
    id=ID, name="Institute of the West", country="NO", why="A partner in two of our projects."
)
NOTE = "Charter and budget read; a foundation of public law."


def proposed(place: Place, *, checked: bool = True) -> None:
    with place.unit("security_officer") as unit:
        enrol.propose(unit, PROPOSAL)
    if checked:
        with place.unit("editor") as unit:
            enrol.check(unit, organization_id=ID, sector=Sector.ACADEMIA, note=NOTE)


def state(place: Place) -> Organization:
    with place.unit("system") as unit:
        found = organizations.get(unit.db, ID)
    assert found is not None
    return found


def test_a_member_after_check_window_and_two_sectors(place: Place) -> None:
    proposed(place, checked=False)
    with place.unit("council_uni") as unit, pytest.raises(Conflict):
        enrol.approve(unit, organization_id=ID)
    with place.unit("editor") as unit:
        enrol.check(unit, organization_id=ID, sector=Sector.ACADEMIA, note=NOTE)
    with place.unit("council_uni") as unit:
        assert len(enrol.approve(unit, organization_id=ID).missing) == 3
    with place.unit("council_uni") as unit, pytest.raises(Conflict):
        enrol.approve(unit, organization_id=ID)
    with place.unit("council_gov") as unit:
        enrol.approve(unit, organization_id=ID)
    with place.unit("system", now=NOW + WINDOW - timedelta(seconds=1)) as unit:
        assert enrol.admit_due(unit) == []
    with place.unit("editor", now=NOW + WINDOW - timedelta(seconds=1)) as unit, pytest.raises(Conflict):
        enrol.admit(unit, organization_id=ID)
    with place.unit("system", now=NOW + WINDOW) as unit:
        assert enrol.admit_due(unit) == [ID]
        assert ID in {item.id for item in by_sector(unit)[Sector.ACADEMIA]}
    assert state(place).verified
    with place.unit("system") as unit:
        taken = [(step.what.value, step.by_sector) for step in organizations.steps(unit.db, ID)]
    assert taken == [
        ("proposed", "academia"), ("checked", ""), ("approved", "academia"), ("approved", "government"), ("verified", ""),
    ]  # fmt: skip


def test_no_single_sector_lets_a_member_in(sqlite_place: Place) -> None:
    proposed(sqlite_place)
    with sqlite_place.unit("council_uni") as unit:
        enrol.approve(unit, organization_id=ID)
    with (
        sqlite_place.unit("editor", now=NOW + WINDOW) as unit,
        pytest.raises(Conflict, match="1 of 2 sectors"),
    ):
        enrol.admit(unit, organization_id=ID)


def test_an_objection_asks_for_more_and_is_no_veto(place: Place) -> None:
    proposed(place)
    for who in ("council_uni", "council_gov"):
        with place.unit(who) as unit:
            enrol.approve(unit, organization_id=ID)
    with place.unit("liaison", now=NOW + timedelta(hours=1)) as unit:
        standing = enrol.object_to(unit, organization_id=ID, text="Its board has not been made public yet.")
    assert standing.approvals == ()
    for who in ("council_uni", "council_gov"):
        with place.unit(who, now=NOW + timedelta(hours=2)) as unit:
            enrol.approve(unit, organization_id=ID)
    with place.unit("editor", now=NOW + WINDOW) as unit, pytest.raises(Conflict, match="2 of 3 approvals"):
        enrol.admit(unit, organization_id=ID)
    with place.unit("council_ngo", now=NOW + timedelta(hours=3)) as unit:
        enrol.approve(unit, organization_id=ID)
    with place.unit("editor", now=NOW + WINDOW) as unit:
        assert enrol.admit(unit, organization_id=ID).verified
    with place.unit("liaison", now=NOW + WINDOW) as unit, pytest.raises(Conflict):
        enrol.object_to(unit, organization_id=ID, text="Its board has not been made public yet.")


def test_only_the_secretariat_finds_the_sector_and_says_on_what(sqlite_place: Place) -> None:
    proposed(sqlite_place, checked=False)
    for who in ("security_officer", "council_uni", "organization_admin", "node_admin", "liaison"):
        with sqlite_place.unit(who) as unit, pytest.raises(NotAllowed):
            enrol.check(unit, organization_id=ID, sector=Sector.ACADEMIA, note=NOTE)
    with sqlite_place.unit("editor") as unit, pytest.raises(Invalid):
        enrol.check(unit, organization_id=ID, sector=Sector.ACADEMIA, note=" ")
    assert state(sqlite_place).sector is None


@pytest.mark.parametrize(
    "field",
    [
        "sector",
        "state",
        "kind",
        "name",
        "state_owned",
        "majority_government_funded",
        "client_of",
        "parent",
        "id",
    ],
)
def test_s13_an_organization_cannot_write_what_it_counts_as(sqlite_place: Place, field: str) -> None:
    with pytest.raises(ValidationError):
        Profile.model_validate({"website": "https://north.example.org", field: "government"})
    if field not in ("name", "id"):
        with pytest.raises(ValidationError):
            Proposal.model_validate({**PROPOSAL.model_dump(), field: "government"})


def test_an_administrator_describes_the_own_house(sqlite_place: Place) -> None:
    with sqlite_place.unit("organization_admin") as unit:
        changed = enrol.change_profile(
            unit, Profile(website="https://north.example.org", competitors=("uni-south",))
        )
    assert (changed.id, changed.sector, changed.competitors) == ("uni-north", Sector.ACADEMIA, ("uni-south",))
    with sqlite_place.unit("researcher") as unit, pytest.raises(NotAllowed):
        enrol.change_profile(unit, Profile())


def test_only_the_provider_registers_a_client(sqlite_place: Place) -> None:
    with sqlite_place.unit("organization_admin") as unit, pytest.raises(NotAllowed):
        enrol.register_client(unit, client="uni-north")
    with sqlite_place.unit("organization_admin") as unit:
        enrol.register_client(unit, client="firm-optics")
        found = organizations.get(unit.db, "firm-optics")
        assert found is not None
        assert found.client_of == ("uni-north",)
        enrol.register_client(unit, client="firm-optics", registered=False)
        assert organizations.get(unit.db, "firm-optics").client_of == ()  # type: ignore[union-attr]


def test_suspension_is_the_secretariats_and_keeps_its_reason(sqlite_place: Place) -> None:
    for who in ("council_gov", "liaison", "organization_admin", "node_admin"):
        with sqlite_place.unit(who) as unit, pytest.raises(NotAllowed):
            suspend.suspend_organization(unit, organization_id="ngo-rights", reason="we would like that")
    with sqlite_place.unit("editor") as unit, pytest.raises(NotFound):
        suspend.suspend_organization(unit, organization_id="secretariat", reason="we would like that")
    with sqlite_place.unit("organization_admin") as unit, pytest.raises(NotFound):  # S12
        suspend.suspend_account(unit, account_id="person-liaison", reason="we would like that")
    with sqlite_place.unit("editor") as unit:
        suspend.suspend_organization(unit, organization_id="ngo-rights", reason="dissolved last week")
        assert organizations.steps(unit.db, "ngo-rights")[-1].text == "dissolved last week"
        suspend.restore_organization(unit, organization_id="ngo-rights", reason="founded again")


def test_any_country_starts_its_own_node(tmp_path: Any, quick_hashes: object) -> None:
    engine = make_database(tmp_path / "new.db")
    from tests.factories import World

    place = Place(engine, World())
    with place.unit("public") as unit, pytest.raises(NotAllowed):
        set_up.set_up(unit, node=NODE)
    with place.unit("system") as unit:
        assert not set_up.is_set_up(unit)
        set_up.set_up(unit, node=NODE)
        with pytest.raises(Conflict):
            set_up.set_up(unit, node=NODE)
        member = Organization(
            id="uni-first", name="First University", kind="member", sector=Sector.ACADEMIA, state=""
        )
        assert set_up.found_member(unit, member).verified
        for email, organization, role in (
            ("a@example.org", "operator", Role.NODE_ADMIN),
            ("b@example.org", "secretariat", Role.EDITOR),
            ("c@example.org", "uni-first", Role.COUNCIL_MEMBER),
        ):
            set_up.first_person(unit, email=email, name="First", organization=organization, roles=[role])
        with pytest.raises(Invalid):
            set_up.first_person(
                unit,
                email="d@example.org",
                name="Both",
                organization="operator",
                roles=[Role.NODE_ADMIN, Role.EDITOR],
            )
        set_up.demo_person(
            unit,
            email="e@example.org",
            name="Eve",
            organization="uni-first",
            roles=[Role.RESEARCHER],
            password=PASSWORD,
        )
    with place.unit("system") as unit, pytest.raises(Invalid) as refusal:
        set_up.change_settings(unit, node=type(NODE)("nordmark", "", "Norway", (), "fjord"))
    assert {problem.field for problem in refusal.value.problems} == {"name", "country", "languages"}
    with place.unit("system") as unit, pytest.raises(Invalid):
        set_up.change_settings(unit, node=type(NODE)("other", "Name", "NO", ("en",), "fjord"))
    engine.dispose()
