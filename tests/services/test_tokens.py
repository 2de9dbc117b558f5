"""Tokens: only their secret proves them, they narrow what the owner may do, and they end (S11, S12, S19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from comity.domain.errors import Invalid, NotFound, SignInNeeded, StepUpNeeded
from comity.domain.scopes import Scope
from comity.services import change_password, suspend, tokens
from comity.services.tokens import Caller, Issued
from tests.factories import NOW, person_id
from tests.place import PASSWORD, Place


def issued(place: Place, who: str = "liaison", **changes: Any) -> Issued:
    with place.unit(who) as unit:
        return tokens.issue(unit, **{"name": "reader script", "scopes": [Scope.READ_RECORDS], **changes})


def caller(place: Place, secret: Any, *, address: str = "", days: float = 0) -> Caller | None:
    with place.world.unit(place.engine, "public", now=NOW + timedelta(days=days), writes=False) as unit:
        return tokens.authenticate(unit, secret=secret, address=address)


def test_a_token_is_its_owner_narrowed(place: Place) -> None:
    token = issued(place)
    found = caller(place, token.secret)
    assert found is not None
    viewer = found.viewer
    owner = place.world.viewer("liaison")
    assert (viewer.person, viewer.organization, viewer.sector) == (
        owner.person,
        owner.organization,
        owner.sector,
    )
    assert viewer.scopes == frozenset({"read:records"})
    assert not viewer.second_factor
    assert viewer.may("read_green")
    assert owner.may("read_amber")
    assert owner.may("draft")
    assert owner.may("read_red")
    assert set(viewer.powers) == {"read_clear", "read_green"}


def test_no_scope_gives_what_the_owner_has_not(place: Place) -> None:
    token = issued(place, "reader", scopes=list(Scope))
    found = caller(place, token.secret)
    assert found is not None
    owner = place.world.viewer("reader")
    assert all(words <= owner.powers[action] for action, words in found.viewer.powers.items())
    assert not found.viewer.may("draft")
    assert not found.viewer.may("read_red")


def test_s11_ids_and_hashes_authenticate_nobody(place: Place) -> None:
    token = issued(place)
    with place.engine.connect() as connection:
        kept = connection.execute(sa.text("SELECT hash FROM token")).scalar_one()
    for guess in (
        token.token.id,
        kept,
        person_id("liaison"),
        f"cmt_{token.token.id}",
        f"cmt_{kept}",
        place.email("liaison"),
    ):
        assert caller(place, guess) is None
    assert token.secret not in place.everything_stored()
    assert len(token.secret) >= 4 + 43  # 256 bits
    assert caller(place, token.secret) is not None


@pytest.mark.parametrize(
    "secret", [None, "", "cmt_", b"cmt_x", 0, [], "cmt_" + "x" * 5000, "cmt_\0", "cmt_\ud800"], ids=repr
)
def test_s19_what_cannot_be_a_token_is_nobody(sqlite_place: Place, secret: Any) -> None:
    issued(sqlite_place)
    assert caller(sqlite_place, secret) is None


def test_s12_a_token_of_somebody_else_is_not_there(place: Place) -> None:
    token = issued(place)
    for who in ("organization_admin", "editor", "node_admin", "researcher"):
        with place.unit(who) as unit:
            assert tokens.listed(unit) == []
        with place.unit(who) as unit, pytest.raises(NotFound):
            tokens.revoke(unit, token_id=token.token.id)
        with place.unit(who) as unit, pytest.raises(NotFound):
            tokens.revoke(unit, token_id="")
    assert caller(place, token.secret) is not None
    with place.unit("liaison") as unit:
        assert [item.id for item in tokens.listed(unit)] == [token.token.id]
        tokens.revoke(unit, token_id=token.token.id)
    assert caller(place, token.secret) is None


def test_a_token_ends(place: Place) -> None:
    token = issued(place, days=30)
    assert caller(place, token.secret, days=29.9) is not None
    assert caller(place, token.secret, days=30) is None
    for days in (0, -1, 366):
        with pytest.raises(Invalid) as refusal:
            issued(place, days=days)
        assert [problem.field for problem in refusal.value.problems] == ["days"]


def test_a_token_bound_to_networks_works_from_there_alone(place: Place) -> None:
    token = issued(place, networks=["192.0.2.0/24", " 2001:db8::/32 "])
    for address in ("192.0.2.9", "2001:db8::5", "::ffff:192.0.2.9"):
        assert caller(place, token.secret, address=address) is not None
    for address in ("198.51.100.1", "2001:db9::1", "", "unknown"):
        assert caller(place, token.secret, address=address) is None
    with pytest.raises(Invalid):
        issued(place, networks=["everywhere"])


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 101}),
        ("scopes", {"scopes": []}),
        ("scopes", {"scopes": ["write:everything"]}),
        ("scopes", {"scopes": ["read:records", "read:red"]}),
    ],
)
def test_bad_input_names_its_field(sqlite_place: Place, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refusal:
        issued(sqlite_place, **changes)
    assert [problem.field for problem in refusal.value.problems] == [field]


def test_amber_by_token_needs_a_second_factor_when_it_is_made(sqlite_place: Place) -> None:
    with sqlite_place.unit("liaison", second_factor=False) as unit, pytest.raises(StepUpNeeded):
        tokens.issue(unit, name="amber", scopes=[Scope.READ_AMBER])
    found = caller(sqlite_place, issued(sqlite_place, scopes=[Scope.READ_AMBER]).secret)
    assert found is not None
    assert found.viewer.may("read_amber", "marking")
    assert not found.viewer.may("read_red")


def test_no_token_makes_lists_or_ends_tokens(sqlite_place: Place) -> None:
    token = issued(sqlite_place, scopes=list(Scope))
    found = caller(sqlite_place, token.secret)
    assert found is not None
    for viewer in (found.viewer, sqlite_place.world.viewer("public"), sqlite_place.world.viewer("system")):
        with sqlite_place.unit(viewer) as unit, pytest.raises(SignInNeeded):
            tokens.issue(unit, name="another", scopes=[Scope.READ_FEED])
        with sqlite_place.unit(viewer) as unit, pytest.raises(SignInNeeded):
            tokens.listed(unit)
        with sqlite_place.unit(viewer) as unit, pytest.raises(SignInNeeded):
            tokens.revoke(unit, token_id=token.token.id)


def test_only_the_day_of_its_use_is_kept(place: Place) -> None:
    token = issued(place)
    found = caller(place, token.secret)
    assert found is not None
    assert found.touch
    with place.unit("system") as unit:
        tokens.note_use(unit, token_id=found.token_id)
    again, tomorrow = caller(place, token.secret), caller(place, token.secret, days=1)
    assert again is not None
    assert tomorrow is not None
    assert (again.touch, tomorrow.touch) == (False, True)
    with place.unit("liaison") as unit:
        [kept] = tokens.listed(unit)
    assert kept.last_used_on == NOW.replace(hour=0)


def test_tokens_end_with_the_account_and_with_its_password(place: Place, quick_hashes: object) -> None:
    place.give_password("liaison")
    first, theirs = issued(place), issued(place, "researcher")
    with place.unit("liaison") as unit:
        change_password.change_password(unit, old=PASSWORD, new="nine white swans sleep", current="")
    assert caller(place, first.secret) is None
    second = issued(place)
    with place.unit("editor") as unit:
        suspend.suspend_account(unit, account_id=person_id("liaison"), reason="left the office")
    assert caller(place, second.secret) is None
    assert caller(place, theirs.secret) is not None


def test_the_owners_powers_are_those_of_the_moment_of_the_call(place: Place) -> None:
    token = issued(place)
    with place.unit("editor") as unit:
        suspend.suspend_organization(
            unit, organization_id="gov-security-office", reason="merged with another"
        )
    found = caller(place, token.secret)
    assert found is not None
    assert set(found.viewer.powers) == {"read_clear"}
    assert replace(found.viewer, person=None).organization is None
