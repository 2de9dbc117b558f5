"""Passwords that are long and not guessed first, and scopes that only ever take away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import policies
from comity.domain.account import canonical_email
from comity.domain.password_rules import password_problems
from comity.domain.roles import Role
from comity.domain.scopes import ACTIONS, SAYS, Scope, narrowed

ABOUT = ("Ada Lindqvist", "ada.lindqvist@uni-north.example.org", "uni-north")


@pytest.mark.parametrize(
    "password",
    ["seven grey herons wade", "fünf graue Reiher", "五只灰鹭站在水里一动也不动了", "k3$Vw9!qLm2x"],
)
def test_good_passwords(password: str) -> None:
    assert password_problems(password, ABOUT) == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        (None, "empty"),
        ("", "empty"),
        (123456789012, "empty"),
        (b"seven grey herons wade", "empty"),
        ("herons wade", "short"),
        ("x y z" * 52, "long"),
        ("abababababababab", "uniform"),
        ("password123456", "guessable"),
        ("Password!Qwerty1", "guessable"),
        ("AdaLindqvist12", "guessable"),
        ("lindqvist@uni-north", "guessable"),
    ],
)
def test_bad_passwords(password: Any, code: str) -> None:
    assert code in [problem.code for problem in password_problems(password, ABOUT)]


@given(st.sets(st.sampled_from(list(Role))), st.sets(st.sampled_from(list(Scope))))
def test_scopes_only_take_away(roles: set[Role], scopes: set[Scope]) -> None:
    whole = policies.roles().powers("public", *sorted(roles))
    part = narrowed(whole, scopes)
    assert all(part[action] == whole[action] for action in part)
    assert "read_clear" in part
    assert not {"read_red", "manage_members", "change_policy", "release"} & part.keys()
    if Scope.WRITE_EDITORIAL not in scopes:
        assert not {"vote", "publish"} & part.keys()


def test_every_scope_is_explained_and_names_actions_of_the_matrix() -> None:
    assert set(SAYS) == set(ACTIONS) == set(Scope)
    known = set(policies.roles().matrix)
    assert all(actions <= known for actions in ACTIONS.values())


def test_one_mailbox_one_spelling() -> None:
    assert canonical_email("  Ada.L@Example.ORG ") == "ada.l@example.org"
