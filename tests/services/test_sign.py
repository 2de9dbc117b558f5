"""The node's key: made once, kept under its passphrase, opened by no other, and never seen outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from joserfc.jwk import OKPKey
from pydantic import SecretStr

from comity.config import get_settings
from comity.domain.errors import KeyLocked
from comity.domain.signing import PublicKey, Refused, SigningKey, signed_bytes, verify
from comity.services import sign
from comity.storage import node_keys, peers
from tests.factories import NOW
from tests.place import Place

OBJECT = {"type": "report", "id": "report--1", "modified": "2026-03-02T09:00:00.000Z", "name": "é"}


@pytest.fixture
def passphrase(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Set what the environment gives, as if the process had just started."""

    def give(words: str) -> None:
        monkeypatch.setattr(get_settings(), "key_passphrase", SecretStr(words))
        sign._opened.clear()

    sign._opened.clear()
    yield give
    sign._opened.clear()


def stored_pem(place: Place) -> str:
    with place.engine.connect() as connection:
        return str(connection.execute(sa.text("SELECT private_pem FROM node_key")).scalar_one())


def test_a_node_gets_one_key_and_keeps_it(place: Place) -> None:
    with place.unit("system") as unit:
        assert sign.signing_key(unit) is None
        with pytest.raises(LookupError):
            sign.signed_text(unit, OBJECT)
        first = sign.ensure_key(unit)
    with place.unit("system") as unit:
        assert sign.ensure_key(unit).kid == first.kid
        signed = sign.signed_text(unit, OBJECT)
        verified = verify(signed.encode(), sign.key_of(unit), now=NOW)
    assert (verified.node, verified.kid) == ("nordmark", first.kid)
    assert place.audited() == ["key.made"]


def test_the_private_half_is_in_no_other_column_and_no_repr(place: Place) -> None:
    with place.unit("system") as unit:
        key = sign.ensure_key(unit)
    secret = str(key.key.as_dict(private=True)["d"])
    assert secret not in place.everything_stored().replace(stored_pem(place), "")
    assert secret not in repr(key)


def test_under_a_passphrase_the_database_alone_opens_nothing(
    place: Place, passphrase: Callable[[str], None]
) -> None:
    passphrase("a long line that no backup holds")
    with place.unit("system") as unit:
        kid = sign.ensure_key(unit).kid
    assert stored_pem(place).startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    for wrong in ("", "another line"):
        passphrase(wrong)
        with place.unit("system") as unit, pytest.raises(KeyLocked):
            sign.signed_text(unit, OBJECT)
    passphrase("a long line that no backup holds")
    with place.unit("system") as unit:
        found = sign.signing_key(unit)
        assert found is not None
        assert found.kid == kid


def test_a_locked_key_is_not_replaced_by_a_new_one(place: Place, passphrase: Callable[[str], None]) -> None:
    passphrase("a long line that no backup holds")
    with place.unit("system") as unit:
        sign.ensure_key(unit)
    passphrase("")
    with place.unit("system") as unit:
        with pytest.raises(KeyLocked):
            sign.ensure_key(unit)
        assert len(node_keys.history(unit.db)) == 1


def test_a_key_that_was_exchanged_in_the_database_does_not_sign(
    place: Place, passphrase: Callable[[str], None]
) -> None:
    with place.unit("system") as unit:
        sign.ensure_key(unit)
        other = OKPKey.generate_key("Ed25519").as_pem(private=True).decode()
        unit.db.execute(sa.text("UPDATE node_key SET private_pem = :pem"), {"pem": other})
    passphrase("")
    with place.unit("system") as unit, pytest.raises(KeyLocked):
        sign.signing_key(unit)


def test_keys_of_allied_nodes_count_as_long_as_they_are_known_and_not_revoked(place: Place) -> None:
    theirs = SigningKey("kestria", OKPKey.generate_key("Ed25519"))
    jwk = theirs.key.as_dict(private=False)
    known = PublicKey("kestria", theirs.kid, jwk, NOW - timedelta(days=1))
    raw = signed_bytes(OBJECT, theirs)
    with place.unit("system") as unit:
        with pytest.raises(Refused, match="unknown-key"):
            verify(raw, sign.key_of(unit), now=NOW)
        peers.put_key(unit.db, known)
        assert verify(raw, sign.key_of(unit), now=NOW).node == "kestria"
        revoked = PublicKey("kestria", theirs.kid, jwk, known.valid_from, revoked_at=NOW)
        peers.put_key(unit.db, revoked)
        with pytest.raises(Refused, match="revoked-key"):
            verify(raw, sign.key_of(unit), now=NOW)
        peers.put_key(unit.db, known)  # an older list of keys does not undo it
        with pytest.raises(Refused, match="revoked-key"):
            verify(raw, sign.key_of(unit), now=NOW)


def test_no_node_signs_in_the_name_of_this_one_with_a_key_of_its_own(place: Place) -> None:
    theirs = SigningKey("nordmark", OKPKey.generate_key("Ed25519"))
    with place.unit("system") as unit:
        sign.ensure_key(unit)
        jwk = theirs.key.as_dict(private=False)
        peers.put_key(unit.db, PublicKey("nordmark", theirs.kid, jwk, NOW))
        with pytest.raises(Refused, match="unknown-key"):
            verify(signed_bytes(OBJECT, theirs), sign.key_of(unit), now=NOW)
