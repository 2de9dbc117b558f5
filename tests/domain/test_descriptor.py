"""Which keys count after a descriptor was read: only what follows from what was known. Everything else is refused as a whole."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from comity.domain.audit_chain import stamp
from comity.domain.descriptor import Accepted, accept, fingerprint, spoken, statement
from comity.domain.signing import PublicKey, Refused, SigningKey, sign

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
NODE = "kestria"
KEYS = [SigningKey(NODE, OKPKey.generate_key("Ed25519")) for _ in range(4)]
THIEF = SigningKey(NODE, OKPKey.generate_key("Ed25519"))


def began(number: int) -> datetime:
    return NOW - timedelta(days=100 - 10 * number)


def jwk(key: SigningKey) -> dict[str, Any]:
    return {name: str(value) for name, value in key.key.as_dict(private=False).items()}


def told(keys: list[SigningKey], *, revoked: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    """The list of keys as a node tells it: each named by the one before it."""
    found = []
    for number, key in enumerate(keys):
        last = number == len(keys) - 1
        before = keys[number - 1] if number else None
        found.append(
            {
                "kid": key.kid,
                "jwk": jwk(key),
                "valid_from": stamp(began(number)),
                "valid_until": None if last or number in revoked else stamp(began(number + 1)),
                "revoked_at": stamp(NOW - timedelta(hours=1)) if number in revoked else None,
                "statement": statement(before, following=jwk(key), at=began(number)) if before else None,
            }
        )
    return found


def descriptor(keys: list[dict[str, Any]], signer: SigningKey, **changes: Any) -> dict[str, Any]:
    base = "https://kestria.example"
    return sign(
        {
            "type": "comity-node",
            "id": NODE,
            "name": "Kestria",
            "country": "KE",
            "languages": ["en"],
            "modified": stamp(NOW),
            "base_url": base,
            "token_endpoint": f"{base}/federation/v1/token",
            "taxii": {
                "discovery": f"{base}/taxii2/",
                "api_root": f"{base}/taxii2/exchange/",
                "records": "5a5e7b4e-0000-4000-8000-000000000001",
                "inbox": "5a5e7b4e-0000-4000-8000-000000000002",
            },
            "ledger": {"origin": "comity/kestria", "key": "k", "checkpoint": f"{base}/checkpoint"},
            "protocol": {"current": 1, "understood": [1]},
            "keys": keys,
            "legal_profile": {"jurisdiction": "KE"},
            **changes,
        },
        signer,
    )


def honest(count: int, **more: Any) -> dict[str, Any]:
    return descriptor(told(KEYS[:count], **more), KEYS[count - 1])


def known(count: int) -> tuple[PublicKey, ...]:
    return accept(honest(count), (), now=NOW).keys


def refusal(obj: dict[str, Any], before: tuple[PublicKey, ...], now: datetime = NOW) -> str:
    with pytest.raises(Refused) as refused:
        accept(obj, before, now=now)
    return refused.value.reason


def test_at_a_first_meeting_the_whole_list_is_read_and_people_confirm_the_last_key() -> None:
    found = accept(honest(3), (), now=NOW)
    assert [key.kid for key in found.keys] == [key.kid for key in KEYS[:3]] == list(found.new)
    assert found.descriptor.active.kid == KEYS[2].kid
    assert found.keys[0].valid_until == began(1)


def test_a_fingerprint_is_the_thumbprint_of_rfc_7638() -> None:
    """The vector of RFC 8037 appendix A.3."""
    assert fingerprint("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k") == (
        "90facafea9b1556698540f70c0117a22ea37bd5cf3ed3c47093c1707282b4b89"
    )


@given(before=st.integers(1, 4), after=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_any_number_of_rotations_in_between_is_followed_and_none_is_taken_back(
    before: int, after: int
) -> None:
    if after < before:
        assert refusal(honest(after), known(before)) == "history-rewritten"
    else:
        found = accept(honest(after), known(before), now=NOW)
        assert list(found.new) == [key.kid for key in KEYS[before:after]]
        assert accept(honest(after), found.keys, now=NOW).new == ()


def test_a_new_key_counts_only_by_the_word_of_the_key_before_it() -> None:
    keys = told(KEYS[:2])
    keys[1]["statement"] = None
    assert refusal(descriptor(keys, KEYS[1]), known(1)) == "broken-succession"
    keys[1]["statement"] = statement(KEYS[1], following=jwk(KEYS[1]), at=began(1))
    assert refusal(descriptor(keys, KEYS[1]), known(1)) == "unknown-key"
    keys[1]["statement"] = statement(KEYS[0], following=jwk(KEYS[2]), at=began(1))
    assert refusal(descriptor(keys, KEYS[1]), known(1)) == "broken-succession"
    keys[1]["statement"] = statement(replace(KEYS[0], node="sudland"), following=jwk(KEYS[1]), at=began(1))
    assert refusal(descriptor(keys, KEYS[1]), known(1)) == "unknown-key"


def test_who_has_no_key_of_the_node_cannot_take_its_place() -> None:
    mine = told([THIEF])
    assert refusal(descriptor(mine, THIEF), known(1)) == "history-rewritten"
    appended = told([KEYS[0], THIEF])
    appended[1]["statement"] = statement(THIEF, following=jwk(THIEF), at=began(1))
    assert refusal(descriptor(appended, THIEF), known(1)) == "unknown-key"
    assert refusal(descriptor(told(KEYS[:2]), THIEF), known(2)) == "unknown-key"
    in_front = told([THIEF, KEYS[0]])
    assert refusal(descriptor(in_front, KEYS[0]), known(1)) == "history-rewritten"


def test_a_stolen_older_key_makes_no_second_line_of_keys() -> None:
    """Who holds the first key after it was retired can sign a statement, and is refused by everybody who knows the second."""
    forked = told([KEYS[0], THIEF])
    assert refusal(descriptor(forked, THIEF), known(2)) == "history-rewritten"
    after_the_fact = told(KEYS[:2])
    after_the_fact.append({**told([KEYS[0], THIEF])[1], "valid_from": stamp(began(2))})
    after_the_fact[1]["valid_until"] = stamp(began(2))
    assert refusal(descriptor(after_the_fact, THIEF), known(2)) == "unknown-key"


def test_the_descriptor_is_signed_by_the_key_in_force_and_by_no_older_one() -> None:
    assert refusal(descriptor(told(KEYS[:2]), KEYS[0]), known(2)) in {
        "broken-succession",
        "key-not-valid-then",
    }


def test_a_revocation_is_taken_from_the_next_key_and_never_undone() -> None:
    found = accept(honest(2, revoked=(0,)), known(2), now=NOW)
    assert found.revoked == (KEYS[0].kid,)
    assert found.keys[0].revoked_at == NOW - timedelta(hours=1)
    assert refusal(honest(2), found.keys) == "revocation-undone"
    assert accept(honest(3, revoked=(0,)), found.keys, now=NOW).new == (KEYS[2].kid,)


def test_a_key_that_is_revoked_names_no_key_after_that() -> None:
    revoked = tuple(replace(key, revoked_at=began(0) + timedelta(days=1)) for key in known(1))
    stolen = told([KEYS[0], THIEF], revoked=(0,))
    assert refusal(descriptor(stolen, THIEF), revoked) == "broken-succession"


def test_the_list_is_in_order_and_its_last_key_is_in_force() -> None:
    keys = told(KEYS[:2])
    for wrong in (
        [keys[0], keys[0]],
        [{**keys[0], "valid_until": None}, keys[1]],
        [{**keys[0], "valid_from": stamp(NOW)}, keys[1]],
        [keys[0], {**keys[1], "revoked_at": stamp(NOW)}],
        [keys[0], {**keys[1], "valid_until": stamp(NOW)}],
    ):
        assert refusal(descriptor(wrong, KEYS[1]), ()) == "key-order"


def test_the_name_of_a_key_cannot_be_given_to_another_key() -> None:
    keys = told(KEYS[:1])
    keys[0]["jwk"] = jwk(THIEF)
    assert refusal(descriptor(keys, KEYS[0]), ()) == "malformed"


def test_what_is_old_or_of_another_node_or_bent_is_refused() -> None:
    assert refusal(honest(1), known(1), now=NOW + timedelta(days=8)) == "stale"
    assert refusal(honest(1), known(1), now=NOW - timedelta(hours=1)) == "from-the-future"
    foreign = tuple(replace(key, node="sudland") for key in known(1))
    assert refusal(honest(1), foreign) == "another-node"
    bent = deepcopy(honest(1))
    bent["token_endpoint"] = "https://elsewhere.example/federation/v1/token"
    assert refusal(bent, known(1)) == "bad-signature"
    for missing in ("keys", "taxii", "ledger", "protocol", "base_url"):
        assert refusal({name: one for name, one in honest(1).items() if name != missing}, ()) == "malformed"


def test_what_a_newer_version_adds_is_signed_with_the_rest_and_disturbs_nobody() -> None:
    newer = descriptor(told(KEYS[:1]), KEYS[0], x_new={"a": 1})
    assert isinstance(accept(newer, (), now=NOW), Accepted)
    newer["x_new"] = {"a": 2}
    assert refusal(newer, ()) == "bad-signature"


def test_a_node_understands_its_own_version_of_the_protocol_first() -> None:
    assert spoken()[0] == 1
