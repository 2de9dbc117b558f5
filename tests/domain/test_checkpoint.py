"""Signed heads: what was signed by whom under which name, and every bent one refused with its reason."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc.jwk import OKPKey

from comity.domain.checkpoint import (
    cosigned,
    lines_of,
    origin_of,
    read_cosignature,
    read_head,
    signed_head,
    verifier_key,
    with_lines,
)
from comity.domain.signing import PublicKey, Refused, SigningKey

NOW = datetime(2026, 11, 25, 9, 0, 0, 123456, tzinfo=UTC)
ROOT = hashlib.sha256(b"root").digest()
LOG = SigningKey("kestria", OKPKey.generate_key("Ed25519"))
WITNESS = SigningKey("sudland", OKPKey.generate_key("Ed25519"))
NOTE = signed_head(LOG, size=7, root=ROOT)


def public(key: SigningKey) -> PublicKey:
    return PublicKey(key.node, key.kid, key.key.as_dict(private=False), NOW - timedelta(days=1))


def raw_verify(key: SigningKey, signature: bytes, message: bytes) -> None:
    """By the library of the primitive itself."""
    found = key.key.public_key
    assert isinstance(found, Ed25519PublicKey)
    found.verify(signature, message)


def refused_head(note: str, node: str = "kestria", *keys: PublicKey) -> str:
    with pytest.raises(Refused) as refused:
        read_head(note, node, keys or (public(LOG),), now=NOW)
    return refused.value.reason


def test_a_checkpoint_is_the_note_that_c2sp_describes() -> None:
    text, line = NOTE.split("\n\n")
    assert text.split("\n") == ["comity/kestria", "7", b64encode(ROOT).decode()]
    dash, name, signature = line[:-1].split(" ")
    assert (dash, name) == ("\u2014", "comity/kestria")
    raw = b64decode(signature)
    key = b64decode(str(LOG.key.as_dict(private=False)["x"]) + "=", altchars=b"-_")
    assert raw[:4] == hashlib.sha256(b"comity/kestria\n\x01" + key).digest()[:4]
    raw_verify(LOG, raw[4:], f"{text}\n".encode())
    name, hashed, rest = verifier_key("kestria", LOG.key.as_dict(private=False)).split("+", 2)
    assert (name, bytes.fromhex(hashed), b64decode(rest)) == ("comity/kestria", raw[:4], b"\x01" + key)


def test_a_cosignature_is_the_one_that_c2sp_describes() -> None:
    head = read_head(NOTE, "kestria", [public(LOG)], now=NOW)
    line = cosigned(WITNESS, head, at=NOW)
    raw = b64decode(line.split(" ")[2])
    key = b64decode(str(WITNESS.key.as_dict(private=False)["x"]) + "=", altchars=b"-_")
    assert line.split(" ")[1] == "comity/sudland"
    assert raw[:4] == hashlib.sha256(b"comity/sudland\n\x04" + key).digest()[:4]
    time = int.from_bytes(raw[4:12], "big")
    assert time == int(NOW.timestamp())
    raw_verify(WITNESS, raw[12:], f"cosignature/v1\ntime {time}\n{head.text}".encode())


def test_head_and_cosignatures_are_read_back() -> None:
    head = read_head(NOTE, "kestria", [public(LOG)], now=NOW)
    assert (head.origin, head.size, head.root) == (origin_of("kestria"), 7, ROOT)
    line = cosigned(WITNESS, head, at=NOW)
    note = with_lines(NOTE, [line])
    assert read_head(note, "kestria", [public(LOG)], now=NOW) == head
    assert list(lines_of(note))[1] == line
    seen = read_cosignature(head, line, "sudland", [public(WITNESS)], now=NOW)
    assert seen == NOW.replace(microsecond=0)


def test_another_key_another_log_and_another_text_are_refused() -> None:
    thief = SigningKey("kestria", OKPKey.generate_key("Ed25519"))
    assert refused_head(signed_head(thief, size=7, root=ROOT)) == "unknown-key"
    assert refused_head(signed_head(replace(LOG, node="sudland"), size=7, root=ROOT)) == "another-log"
    assert refused_head(NOTE.replace("\n7\n", "\n8\n")) == "bad-signature"
    assert refused_head(NOTE, "kestria", replace(public(LOG), node="sudland")) == "unknown-key"
    assert refused_head(NOTE, "kestria", replace(public(LOG), revoked_at=NOW)) == "unknown-key"
    retired = replace(public(LOG), valid_until=NOW - timedelta(hours=1))
    assert read_head(NOTE, "kestria", [retired], now=NOW).size == 7, (
        "heads of before a rotation go on counting"
    )


def test_a_cosignature_holds_for_its_head_its_witness_and_its_time() -> None:
    head = read_head(NOTE, "kestria", [public(LOG)], now=NOW)
    line = cosigned(WITNESS, head, at=NOW)

    def refused(line: str, node: str = "sudland", given: object = head) -> str:
        with pytest.raises(Refused) as refused:
            read_cosignature(given, line, node, [replace(public(WITNESS), node=node)], now=NOW)  # type: ignore[arg-type]
        return refused.value.reason

    assert refused(line, "kestria") == "unknown-key"
    other = replace(head, text=head.text.replace("\n7\n", "\n8\n"))
    assert refused(line, given=other) == "bad-signature"
    raw = bytearray(b64decode(line.split(" ")[2]))
    raw[11] ^= 1
    assert refused(f"\u2014 comity/sudland {b64encode(bytes(raw)).decode()}") == "bad-signature"
    assert refused(cosigned(WITNESS, head, at=NOW + timedelta(hours=1))) == "from-the-future"
    assert refused(signed_head(WITNESS, size=7, root=ROOT).split("\n\n")[1][:-1]) == "unknown-key"


@pytest.mark.parametrize(
    "bent",
    [
        "",
        "\n",
        NOTE[:-1],
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("\n7\n", "\n07\n"),
        NOTE.replace("\n7\n", "\n-7\n"),
        NOTE.replace("\n7\n", "\n\u0667\n"),
        NOTE.replace("\n7\n", "\n99999999999999999999\n"),
        NOTE.replace(b64encode(ROOT).decode(), b64encode(ROOT[:-1]).decode()),
        NOTE.replace(b64encode(ROOT).decode(), b64encode(ROOT).decode()[:-2] + "9="),
        NOTE.replace("\u2014 ", "- "),
        NOTE + "\u2014 x\n",
        NOTE + "\u2014 x %%%%\n",
        NOTE + "x" * 40_000 + "\n",
        NOTE.replace("comity/kestria\n", "comity/kestria\r\n"),
        "\n".join(NOTE.split("\n")[1:]),
    ],
    ids=range(16),
)
def test_what_is_no_note_is_malformed_and_nothing_worse(bent: str) -> None:
    assert refused_head(bent) in {"malformed", "another-log"}
