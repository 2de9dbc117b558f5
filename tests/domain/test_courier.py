"""A courier file is taken whole, from the node that made it, by the node it is for, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import OKPKey

from comity.domain.courier import Header, inspect, objects_in, pack
from comity.domain.signing import PublicKey, Refused, SigningKey, signed_bytes

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
KEY = SigningKey("kestria", OKPKey.generate_key("Ed25519"))
PUBLIC = PublicKey("kestria", KEY.kid, KEY.key.as_dict(private=False), NOW - timedelta(days=3))
HEADER = Header(origin="kestria", to="lorvania", since=3, until=9, made_at=NOW)
MADE = "2026-11-24T09:00:00.000Z"
OBJECTS = [
    signed_bytes({"type": "report", "name": f"北京 {number}", "modified": MADE}, KEY) for number in range(4)
]
LINES = list(pack(HEADER, OBJECTS, KEY))


def key_of(node: str, kid: str) -> PublicKey | None:
    return PUBLIC if (node, kid) == ("kestria", KEY.kid) else None


def refusal(lines: Sequence[bytes], here: str = "lorvania") -> str:
    with pytest.raises(Refused) as refused:
        inspect(lines, key_of, here=here, now=NOW)
    return refused.value.reason


def test_what_was_packed_comes_out_as_it_was() -> None:
    opened = inspect(LINES, key_of, here="lorvania", now=NOW)
    assert (opened.header, opened.count) == (HEADER, 4)
    assert list(objects_in(LINES, opened)) == OBJECTS


def test_an_empty_file_is_a_file() -> None:
    lines = list(pack(HEADER, [], KEY))
    assert list(objects_in(lines, inspect(lines, key_of, here="lorvania", now=NOW))) == []


@pytest.mark.parametrize("kept", range(len(LINES)))
def test_a_file_that_was_cut_anywhere_is_refused(kept: int) -> None:
    assert refusal(LINES[:kept]) in {"truncated", "unsigned", "malformed"}


def test_a_line_taken_out_put_in_or_moved_is_noticed() -> None:
    assert refusal(LINES[:2] + LINES[3:]) == "truncated"
    assert refusal([*LINES[:2], LINES[1], *LINES[2:]]) == "truncated"
    assert refusal([LINES[0], LINES[2], LINES[1], *LINES[3:]]) == "changed"
    assert refusal([LINES[0].replace(b'"until":9', b'"until":8'), *LINES[1:]]) == "changed"


def test_a_last_line_without_its_end_is_a_copy_that_was_cut_short() -> None:
    assert refusal([*LINES[:-1], LINES[-1].rstrip(b"\n")]) == "truncated"


def test_a_seal_of_somebody_else_does_not_count() -> None:
    stranger = SigningKey("kestria", OKPKey.generate_key("Ed25519"))
    assert refusal(list(pack(HEADER, OBJECTS, stranger))) == "unknown-key"
    assert (
        refusal([*list(pack(HEADER.model_copy(update={"origin": "zephyr"}), OBJECTS, KEY))]) == "foreign-seal"
    )


def test_a_file_for_another_node_is_not_opened() -> None:
    assert refusal(LINES, here="thalassa") == "not-for-us"


def test_a_line_beyond_bounds_is_refused_before_it_is_read() -> None:
    assert refusal([LINES[0], b"[" * 2_000_001 + b"\n"]) == "too-long"
