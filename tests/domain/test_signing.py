"""A signature holds for exactly the bytes, the node, the key and the time it was made for; everything else is a named refusal."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from comity.domain.signing import SIGNATURE, PublicKey, Refused, SigningKey, sign, signed_bytes, verify

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
KEY = SigningKey("kestria", OKPKey.generate_key("Ed25519"))
PUBLIC = PublicKey("kestria", KEY.kid, KEY.key.as_dict(private=False), NOW - timedelta(days=30))
OBJECT = {
    "type": "report",
    "id": "report--3f2b1c4a-1111-4111-8111-1234567890ab",
    "modified": "2026-11-24T09:00:00.000Z",
    "name": "北京 — é",
    "extensions": {"extension-definition--x": {"content": [1, 2.5, None]}},
    "x_unknown": {"kept": True},
}


def known(key: PublicKey) -> Any:
    return lambda node, kid: key if (node, kid) == (key.node, key.kid) else None


def refusal(raw: bytes, key: PublicKey = PUBLIC, now: datetime = NOW) -> str:
    with pytest.raises(Refused) as refused:
        verify(raw, known(key), now=now)
    return refused.value.reason


def test_what_was_signed_is_verified_whole_and_unknown_properties_with_it() -> None:
    verified = verify(signed_bytes(OBJECT, KEY), known(PUBLIC), now=NOW)
    assert (verified.node, verified.kid) == ("kestria", KEY.kid)
    assert verified.value["x_unknown"] == {"kept": True}
    assert verified.value["extensions"][SIGNATURE]["node"] == "kestria"


def test_the_layout_of_the_bytes_does_not_matter_their_meaning_does() -> None:
    signed = sign(OBJECT, KEY)
    verify(json.dumps(signed, indent=3).encode(), known(PUBLIC), now=NOW)
    changed = copy.deepcopy(signed)
    changed["x_unknown"]["kept"] = False
    assert refusal(json.dumps(changed).encode()) == "bad-signature"


@pytest.mark.parametrize("path", ["name", "modified", "type", "id"])
def test_one_changed_property_is_refused(path: str) -> None:
    signed = sign(OBJECT, KEY)
    signed[path] = signed[path][:-1] + ("Z" if signed[path][-1] != "Z" else "z")
    assert refusal(json.dumps(signed).encode()) in {"bad-signature", "malformed"}


def test_an_added_property_is_refused() -> None:
    assert refusal(json.dumps({**sign(OBJECT, KEY), "revoked": True}).encode()) == "bad-signature"


def test_a_duplicate_key_a_huge_number_and_half_a_character_never_reach_the_signature() -> None:
    raw = signed_bytes(OBJECT, KEY).decode()
    assert refusal(raw.replace('"name":', '"name":"other","name":', 1).encode()) == "malformed"
    assert refusal(raw.replace("2.5", "1e999", 1).encode()) == "malformed"
    assert refusal(raw.replace("2.5", "99999999999999999999", 1).encode()) == "malformed"
    assert refusal(raw.replace("北京", "\\ud800", 1).encode()) == "malformed"


def test_a_stranger_and_another_node_with_the_same_key_are_refused() -> None:
    assert (
        refusal(signed_bytes(OBJECT, SigningKey("kestria", OKPKey.generate_key("Ed25519")))) == "unknown-key"
    )
    signed = sign(OBJECT, KEY)
    signed["extensions"][SIGNATURE]["node"] = "lorvania"
    assert refusal(json.dumps(signed).encode()) == "unknown-key"


def test_unsigned_and_half_signed_are_refused() -> None:
    assert refusal(json.dumps(OBJECT).encode()) == "unsigned"
    for broken in (
        {"node": "kestria"},
        "x",
        {"signature": "a..b", "node": "kestria", "kid": "k", "extension_type": "p"},
    ):
        held = {**OBJECT, "extensions": {SIGNATURE: broken}}
        assert refusal(json.dumps(held).encode()) == "malformed"


def test_a_revoked_key_counts_for_nothing_a_retired_one_for_what_was_made_before() -> None:
    raw = signed_bytes(OBJECT, KEY)
    assert refusal(raw, replace(PUBLIC, revoked_at=NOW)) == "revoked-key"
    made = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    verify(raw, known(replace(PUBLIC, valid_until=made)), now=NOW)
    assert refusal(raw, replace(PUBLIC, valid_until=made - timedelta(seconds=1))) == "key-not-valid-then"
    assert refusal(raw, replace(PUBLIC, valid_from=made + timedelta(hours=1))) == "key-not-valid-then"


def test_what_was_made_tomorrow_is_refused() -> None:
    raw = signed_bytes({**OBJECT, "modified": "2026-11-26T09:00:00.000Z"}, KEY)
    assert refusal(raw) == "from-the-future"


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "EdDSA"}, {"alg": "Ed25519", "typ": "JWT"}]
)
def test_no_other_algorithm_or_type_is_taken(header: dict[str, str]) -> None:
    from base64 import urlsafe_b64encode

    signed = sign(OBJECT, KEY)
    _, _, signature = signed["extensions"][SIGNATURE]["signature"].split(".")
    forged = urlsafe_b64encode(json.dumps({"kid": KEY.kid, **header}).encode()).decode().rstrip("=")
    signed["extensions"][SIGNATURE]["signature"] = f"{forged}..{signature}"
    assert refusal(json.dumps(signed).encode()) == "bad-signature"


def test_nothing_is_signed_twice_and_the_private_half_is_never_shown() -> None:
    with pytest.raises(ValueError, match="already"):
        sign(sign(OBJECT, KEY), KEY)
    assert str(KEY.key.as_dict(private=True)["d"]) not in repr(KEY)
