"""Roles: nobody gives themselves one, an administrator reaches the own house only (S12), and duties never meet in one person."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity import policies
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.roles import Role
from comity.services.grant import grant, grantable, revoke
from comity.services.list_members import member, members
from comity.storage import people, role_grants
from tests.factories import PEOPLE, make_world, person_id
from tests.place import Place


def held(place: Place, who: str) -> frozenset[Role]:
    with place.unit("system") as unit:
        return role_grants.roles_of(unit.db, person_id(who))


def test_a_grant_counts_at_once_and_its_end_too(place: Place) -> None:
    with place.unit("organization_admin") as unit:
        grant(unit, account_id=person_id("researcher"), role=Role.CONTRIBUTOR)
        grant(unit, account_id=person_id("researcher"), role=Role.CONTRIBUTOR)
        assert people.viewer_of(unit.db, person_id("researcher")).may("withdraw", "own")
    with place.unit("editor") as unit:
        revoke(unit, account_id=person_id("researcher"), role=Role.CONTRIBUTOR)
        assert not people.viewer_of(unit.db, person_id("researcher")).may("withdraw")
    with place.unit("editor") as unit, pytest.raises(Conflict):
        revoke(unit, account_id=person_id("researcher"), role=Role.CONTRIBUTOR)
    with place.unit("editor") as unit:
        _, history = member(unit, account_id=person_id("researcher"))
    assert [(item.role, item.granted_by, item.revoked_by) for item in history] == [
        (Role.RESEARCHER, "system", ""),
        (Role.CONTRIBUTOR, person_id("organization_admin"), person_id("editor")),
    ]
    assert place.audited() == ["role.granted", "role.revoked"]


def test_s12_an_administrator_reaches_no_other_organization(place: Place) -> None:
    for account_id in (person_id("researcher_south"), person_id("editor"), "person-who-is-not-there", ""):
        for verb in (grant, revoke):
            with place.unit("organization_admin") as unit, pytest.raises(NotFound):
                verb(unit, account_id=account_id, role=Role.RESEARCHER)
        with place.unit("organization_admin") as unit, pytest.raises(NotFound):
            member(unit, account_id=account_id)
    with place.unit("organization_admin") as unit:
        assert {item.account.id for item in members(unit, organization="uni-north")} >= {
            person_id("researcher")
        }
    for organization in ("uni-south", "no-such-place", ""):
        with place.unit("organization_admin") as unit, pytest.raises(NotFound):
            members(unit, organization=organization)
    assert held(place, "researcher_south") == {Role.RESEARCHER}


def test_s12_an_administrator_gives_no_role_beyond_the_own_house(sqlite_place: Place) -> None:
    for role in set(Role) - {Role.READER, Role.RESEARCHER, Role.RESEARCH_SECURITY_OFFICER, Role.CONTRIBUTOR}:
        with sqlite_place.unit("organization_admin") as unit, pytest.raises(NotAllowed):
            grant(unit, account_id=person_id("security_officer"), role=role)


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_nobody_touches_a_role_of_their_own(sqlite_place: Place, who: str) -> None:
    for role in Role:
        with sqlite_place.unit(who) as unit, pytest.raises((NotAllowed, NotFound)):
            grant(unit, account_id=person_id(who), role=role)
        with sqlite_place.unit(who) as unit, pytest.raises((NotAllowed, NotFound)):
            revoke(unit, account_id=person_id(who), role=role)
    assert held(sqlite_place, who) == set(PEOPLE[who][1])


def test_the_node_administrator_grants_nothing_and_takes_no_content_role(sqlite_place: Place) -> None:
    for who, role in itertools.product(("researcher", "editor", "node_admin"), Role):
        with sqlite_place.unit("node_admin") as unit, pytest.raises((NotAllowed, NotFound)):
            grant(unit, account_id=person_id(who), role=role)
    for role in Role:
        if policies.roles().roles[role].content:
            with sqlite_place.unit("system") as unit, pytest.raises(Invalid):
                grant(unit, account_id=person_id("node_admin"), role=role)


def test_offices_are_filled_by_council_and_from_another_house(sqlite_place: Place) -> None:
    with sqlite_place.unit("council_uni") as unit, pytest.raises(NotAllowed):
        grant(unit, account_id=person_id("reviewer_uni"), role=Role.COUNCIL_MEMBER)
    with sqlite_place.unit("council_ngo") as unit:
        grant(unit, account_id=person_id("reviewer_uni"), role=Role.COUNCIL_MEMBER)
    with sqlite_place.unit("editor") as unit, pytest.raises(NotAllowed):
        grant(unit, account_id=person_id("intake_officer"), role=Role.EDITOR)


def test_a_role_sits_where_it_belongs(sqlite_place: Place) -> None:
    for who, role in (
        ("editor", Role.NODE_ADMIN),
        ("node_admin", Role.FEDERATION_OFFICER),
        ("researcher", Role.EDITOR),
        ("contributor", Role.GOVERNMENT_LIAISON),
        ("liaison", Role.RESEARCHER),
        ("liaison", Role.AUDITOR),
        ("editor", Role.AUDITOR),
    ):
        with sqlite_place.unit("system") as unit, pytest.raises(Invalid) as refusal:
            grant(unit, account_id=person_id(who), role=role)
        assert refusal.value.problems[0].code == "separation_of_duties"
        assert role not in held(sqlite_place, who)


def test_a_form_offers_what_would_be_granted(sqlite_place: Place) -> None:
    for actor, who in itertools.product(
        ("editor", "organization_admin", "council_gov", "reader"), ("researcher", "liaison", "editor")
    ):
        with sqlite_place.unit(actor) as unit:
            account = people.account(unit.db, person_id(who))
            assert account is not None
            offered = grantable(unit, account)
        for role in set(Role) - held(sqlite_place, who):
            try:
                with sqlite_place.unit(actor) as unit:
                    grant(unit, account_id=person_id(who), role=role)
                    unit.db.rollback()
                granted = True
            except (NotAllowed, NotFound, Invalid):
                granted = False
            assert (role in offered) == granted, (actor, who, role)


def test_a_token_grants_nothing(sqlite_place: Place) -> None:
    viewer = replace(sqlite_place.world.viewer("editor"), scopes=frozenset({"write:drafts"}))
    with sqlite_place.unit(viewer) as unit, pytest.raises(NotAllowed):
        grant(unit, account_id=person_id("researcher"), role=Role.CONTRIBUTOR)


ACTORS = [
    "editor",
    "organization_admin",
    "council_gov",
    "council_uni",
    "council_ngo",
    "node_admin",
    "system",
    "reviewer_gov",
]
step = st.tuples(
    st.sampled_from(ACTORS), st.sampled_from(sorted(PEOPLE)), st.sampled_from(list(Role)), st.booleans()
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(step, min_size=5, max_size=40))
def test_no_order_of_grants_lets_duties_meet(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, Role, bool]]
) -> None:
    where: Path = tmp_path_factory.mktemp("grants") / "node.db"
    engine, world = make_world(where)
    place, policy = Place(engine, world), policies.roles()
    for actor, who, role, gives in steps:
        before = held(place, who)
        try:
            with place.unit(actor) as unit:
                (grant if gives else revoke)(unit, account_id=person_id(who), role=role)
        except (NotAllowed, NotFound, Invalid, Conflict):
            assert held(place, who) == before
    for who in PEOPLE:
        roles = held(place, who)
        assert not [pair for pair in itertools.combinations(roles, 2) if policy.exclusive(*pair)]
        assert Role.NODE_ADMIN not in roles or not any(policy.roles[role].content for role in roles)
    engine.dispose()
