"""Keys that give way: by the word of the one before, by revocation, or, when none can speak, from the beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from comity.config import get_settings
from comity.domain.descriptor import accept
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from comity.domain.signing import Refused, verify
from comity.services import describe, prove, rotate_key, set_up, sign
from comity.services.notarize import notarize
from comity.storage import ledger, node_keys
from tests.factories import NOW
from tests.place import Place

WHY = "The yearly change of the key."
LATER = NOW + timedelta(days=1)
OBJECT = {"type": "report", "id": "report--1", "modified": "2026-03-02T09:00:00.000Z"}


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Call it, and the process has another passphrase than the one the key was kept under."""
    monkeypatch.setattr(get_settings(), "key_passphrase", SecretStr("a passphrase nobody wrote down"))

    def forget() -> None:
        monkeypatch.setattr(get_settings(), "key_passphrase", SecretStr("another one"))
        sign._opened.clear()

    yield forget
    sign._opened.clear()


def opened(place: Place) -> str:
    with place.unit("system") as unit:
        set_up.open_to_others(unit)
        return sign.ensure_key(unit).kid


def test_a_rotated_key_is_followed_by_those_who_knew_the_one_before(place: Place) -> None:
    old = opened(place)
    with place.unit("system") as unit:
        known = accept(describe.descriptor(unit), (), now=NOW).keys
        signed = sign.signed_text(unit, OBJECT)
    with place.unit("system", now=LATER) as unit:
        new = rotate_key.rotate(unit, reason=WHY)
        said = describe.descriptor(unit)
        assert verify(signed.encode(), sign.key_of(unit), now=LATER).kid == old
        late = {**OBJECT, "modified": (LATER + timedelta(minutes=1)).isoformat()}
        assert verify(sign.signed_text(unit, late).encode(), sign.key_of(unit), now=LATER).kid == new.kid
    found = accept(said, known, now=LATER)
    assert (found.new, found.revoked) == ((new.kid,), ())
    assert place.audited()[-1] == "key.rotated"


def test_the_private_half_of_a_key_that_ended_is_gone(place: Place) -> None:
    old = opened(place)
    with place.unit("system", now=LATER) as unit:
        rotate_key.rotate(unit, reason=WHY)
        rows = unit.db.execute(sa.text("SELECT kid, private_pem FROM node_key"))
        pems = {str(kid): str(pem) for kid, pem in rows}
    assert pems.pop(old) == ""
    assert all(pem.startswith("-----BEGIN") for pem in pems.values())
    assert old not in sign._opened


def test_a_revoked_key_counts_for_nothing_and_allies_learn_it(place: Place) -> None:
    leaked = opened(place)
    with place.unit("system") as unit:
        known = accept(describe.descriptor(unit), (), now=NOW).keys
        signed = sign.signed_text(unit, OBJECT).encode()
    with place.unit("system", now=LATER) as unit:
        new = rotate_key.revoke(unit, kid=leaked, reason="A laptop with the backup is gone.")
        with pytest.raises(Refused, match="revoked-key"):
            verify(signed, sign.key_of(unit), now=LATER)
        found = accept(describe.descriptor(unit), known, now=LATER)
        assert (found.new, found.revoked) == ((new.kid,), (leaked,))
        with pytest.raises(Conflict):
            rotate_key.revoke(unit, kid=leaked, reason="A laptop with the backup is gone.")


def test_a_retired_key_that_turns_out_to_have_leaked_is_revoked_and_the_current_one_stays(
    place: Place,
) -> None:
    old = opened(place)
    with place.unit("system", now=LATER) as unit:
        current = rotate_key.rotate(unit, reason=WHY)
        known = accept(describe.descriptor(unit), (), now=LATER).keys
    later = LATER + timedelta(days=1)
    with place.unit("system", now=later) as unit:
        assert rotate_key.revoke(unit, kid=old, reason="An old backup was found.").kid == current.kid
        assert accept(describe.descriptor(unit), known, now=later).revoked == (old,)
        with pytest.raises(NotFound):
            rotate_key.revoke(unit, kid="x" * 43, reason="An old backup was found.")


def test_each_change_of_a_key_is_a_leaf_that_anybody_may_read(place: Place) -> None:
    old = opened(place)
    with place.unit("system", now=LATER) as unit:
        new = rotate_key.rotate(unit, reason=WHY).kid
    with place.unit("system", now=LATER + timedelta(days=1)) as unit:
        rotate_key.revoke(unit, kid=old, reason="An old backup was found.")
    with place.unit("public") as unit:
        told = [one.leaf.entry["entry"] for one in prove.about_node(unit)]
    assert told == [
        {"step": "revoked", "kid": old, "following": new},
        {"step": "rotated", "kid": new, "before": old},
        {"step": "made", "kid": old},
    ]


def test_only_the_operator_at_the_machine_changes_keys_and_says_why(place: Place) -> None:
    kid = opened(place)
    with place.unit("node_admin") as unit:
        with pytest.raises(NotAllowed):
            rotate_key.rotate(unit, reason=WHY)
        with pytest.raises(NotAllowed):
            rotate_key.revoke(unit, kid=kid, reason=WHY)
        with pytest.raises(NotAllowed):
            rotate_key.replace(unit, reason=WHY)
    with place.unit("system") as unit:
        for reason in ("", "short", " " * 30, "x" * 201):
            with pytest.raises(Invalid):
                rotate_key.rotate(unit, reason=reason)
        assert [key.kid for key in node_keys.history(unit.db)] == [kid]


def test_a_node_without_a_key_has_none_to_rotate(place: Place) -> None:
    with place.unit("system") as unit, pytest.raises(Conflict):
        rotate_key.rotate(unit, reason=WHY)


def test_a_key_that_nobody_can_open_gives_way_to_one_that_people_confirm_anew(
    place: Place, forgotten: Callable[[], None]
) -> None:
    old = opened(place)
    with place.unit("system") as unit:
        known = accept(describe.descriptor(unit), (), now=NOW).keys
        with pytest.raises(Conflict):
            rotate_key.replace(unit, reason="The passphrase is lost.")
    forgotten()
    with place.unit("system", now=LATER) as unit:
        new = rotate_key.replace(unit, reason="The passphrase is lost.")
        said = describe.descriptor(unit)
        assert [key.state for key in node_keys.history(unit.db)] == ["revoked", "active"]
    with pytest.raises(Refused, match="history-rewritten"):
        accept(said, known, now=LATER)
    assert [key.kid for key in accept(said, (), now=LATER).keys] == [new.kid]
    assert old != new.kid


def test_a_leaf_of_a_membership_is_for_those_who_audit(place: Place) -> None:
    with place.unit("system") as unit:
        notarize(unit, "membership", entry={"group": "hidden-group", "version": 2})
    for who, sees in (("public", False), ("reader", False), ("editor", False), ("auditor", True)):
        with place.unit(who) as unit:
            assert bool(ledger.about_node(unit.db, unit.viewer)) is sees, who
