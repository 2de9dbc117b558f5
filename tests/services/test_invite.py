"""Invitations work once, for some days, into one's own organization, and write nothing but what they say (S12, S13)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from comity.domain.errors import Invalid, NotAllowed, NotFound
from comity.domain.roles import Role
from comity.services.change_password import change_password
from comity.services.change_profile import change_profile, set_skills
from comity.services.invite import accept, invite, invited
from comity.services.sign_in import Refused, SignedIn, sign_in
from comity.storage import people
from tests.factories import NOW, person_id
from tests.place import PASSWORD, Place

pytestmark = pytest.mark.usefixtures("quick_hashes")
NEW: dict[str, Any] = {
    "email": "Ada.New@uni-north.example.org",
    "name": "Ada  New",
    "organization": "uni-north",
}


def test_invited_accepted_signed_in(place: Place) -> None:
    with place.unit("organization_admin") as unit:
        invitation = invite(unit, **NEW, roles=[Role.RESEARCHER])
    assert invitation.secret not in place.everything_stored()
    with place.unit("public") as unit:
        assert isinstance(sign_in(unit, email=NEW["email"], password=""), Refused)
    with place.unit("public") as unit:
        assert invited(unit, secret=invitation.secret).name == "Ada New"
        accept(unit, secret=invitation.secret, password=PASSWORD)
    with place.unit("public") as unit, pytest.raises(NotFound):
        accept(unit, secret=invitation.secret, password="nine white swans sleep")
    with place.unit("public") as unit:
        answer = sign_in(unit, email=NEW["email"], password=PASSWORD)
    assert isinstance(answer, SignedIn)
    visit = place.resume(answer.secret)
    assert visit is not None
    assert visit.viewer.roles == {Role.RESEARCHER}
    assert visit.viewer.organization == "uni-north"
    assert place.audited() == [
        "account.invited",
        "role.granted",
        "sign_in.refused",
        "account.accepted",
        "sign_in",
    ]


def test_s12_nobody_is_invited_into_another_house(sqlite_place: Place) -> None:
    for who in ("organization_admin_south", "researcher", "node_admin", "liaison", "public"):
        with sqlite_place.unit(who) as unit, pytest.raises(NotAllowed):
            invite(unit, **NEW)
    with pytest.raises(NotAllowed), sqlite_place.unit("organization_admin") as unit:
        invite(unit, **NEW, roles=[Role.REVIEWER])
    with sqlite_place.unit("system") as unit:
        assert (
            people.account_by_email(unit.db, NEW["email"]) is None
        )  # a refused role leaves no account behind


def test_an_invitation_ends(sqlite_place: Place) -> None:
    with sqlite_place.unit("organization_admin") as unit:
        invitation = invite(unit, **NEW)
    with sqlite_place.unit("public", now=invitation.ends_at) as unit, pytest.raises(NotFound):
        accept(unit, secret=invitation.secret, password=PASSWORD)
    with sqlite_place.unit("public", now=invitation.ends_at - timedelta(seconds=1)) as unit:
        accept(unit, secret=invitation.secret, password=PASSWORD)


@pytest.mark.parametrize("secret", [None, "", 0, b"", [], "wrong", "\ud800", "x" * 5000], ids=repr)
def test_s19_what_cannot_be_an_invitation_is_none(sqlite_place: Place, secret: Any) -> None:
    with sqlite_place.unit("public") as unit, pytest.raises(NotFound):
        accept(
            unit, secret=secret, password=PASSWORD
        )  # every account of the world has an empty invitation hash


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("email", {"email": ""}),
        ("email", {"email": "nobody"}),
        ("email", {"email": "a b@example.org"}),
        ("email", {"email": "a\0b@example.org"}),
        ("email", {"email": "LIAISON@gov-security-office.example.org"}),
        ("name", {"name": " "}),
        ("name", {"name": "x" * 121}),
        ("organization", {"organization": "no-such-place"}),
    ],
)
def test_bad_input_names_its_field(sqlite_place: Place, field: str, changes: dict[str, str]) -> None:
    with sqlite_place.unit("editor") as unit, pytest.raises(Invalid) as refusal:
        invite(unit, **{**NEW, **changes})
    assert [problem.field for problem in refusal.value.problems] == [field]


def test_s13_no_further_field_of_an_account_can_be_written(sqlite_place: Place) -> None:
    """Mass assignment: whatever a form is given beside, there is no parameter for it."""
    for field in (
        "state",
        "password_hash",
        "totp_secret",
        "organization",
        "roles",
        "id",
        "skills",
        "preferences",
    ):
        with sqlite_place.unit("liaison") as unit, pytest.raises(TypeError):
            change_profile(unit, name="Liaison", **{field: "x"})
    with sqlite_place.unit("liaison") as unit:
        changed = change_profile(unit, name=" New  Name ", language="nb")
    assert (changed.name, changed.preferences["language"]) == ("New Name", "nb")
    with sqlite_place.unit("liaison") as unit, pytest.raises(Invalid):
        change_profile(unit, name="Liaison", language="xx")
    with sqlite_place.unit("liaison") as unit, pytest.raises(NotAllowed):
        set_skills(unit, account_id=person_id("liaison"), skills=["optics"])
    with sqlite_place.unit("editor") as unit:
        assert set_skills(
            unit, account_id=person_id("reviewer_gov"), skills=["optics", "optics "]
        ).skills == ("optics",)


def test_a_new_password_needs_the_old_and_ends_other_sessions(place: Place) -> None:
    place.give_password("liaison")
    here, there = place.signed_in("liaison").secret, place.signed_in("liaison").secret
    with place.unit("liaison") as unit, pytest.raises(Invalid) as refusal:
        change_password(unit, old="wrong", new="nine white swans sleep", current=here)
    assert [problem.field for problem in refusal.value.problems] == ["old"]
    with place.unit("liaison") as unit, pytest.raises(Invalid) as refusal:
        change_password(unit, old=PASSWORD, new="short", current=here)
    assert [problem.field for problem in refusal.value.problems] == ["password"]
    with place.unit("liaison") as unit:
        change_password(unit, old=PASSWORD, new="nine white swans sleep", current=here)
    assert place.resume(here) is not None
    assert place.resume(there) is None
    assert isinstance(place.sign_in("liaison"), Refused)
    assert isinstance(
        place.sign_in("liaison", "nine white swans sleep", now=NOW + timedelta(minutes=1)), SignedIn
    )
