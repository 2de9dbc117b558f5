"""Signed heads of a transparency log, and the signatures of its witnesses (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

A checkpoint is a text: origin, number of leaves, root hash; a blank line; signatures. A witness signs the same text with the time
at which it found the log to have only grown. The three texts that a node's key signs (JWS, checkpoint, cosignature) begin
differently, so none can be taken for another. Decides whether a text is what a known key signed. Refuses to know the tree.
"""

from __future__ import annotations

import binascii
import hashlib
import struct
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from comity.domain.ledger import SIZE
from comity.domain.signing import SKEW, PublicKey, Refused, SigningKey

MOST: Final = 32_000
"""Bytes of a note. A checkpoint has three lines, and a signature for each witness."""

_ED25519: Final = JWSRegistry(algorithms=["Ed25519"]).get_alg("Ed25519")
_PREFIX: Final = "comity/"
_NOTE: Final = 0x01
_COSIGNATURE: Final = 0x04
_DASH: Final = "\u2014"
_LARGEST: Final = 2**53
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Head:
    """What a checkpoint says. `text` is the very text that is signed, with its last line feed."""

    origin: str
    size: int
    root: bytes
    text: str


@dataclass(frozen=True)
class Line:
    """One signature: `key_hash` are its first four bytes, `rest` what follows them."""

    name: str
    key_hash: bytes
    rest: bytes
    text: str


def origin_of(node: str) -> str:
    """The name of a node's log, in its checkpoints and under its cosignatures. It does not follow the node's address."""
    return f"{_PREFIX}{node}"


def verifier_key(node: str, jwk: Mapping[str, Any]) -> str:
    """The key in the form that tools for signed notes read: `<name>+<hash>+<key>`."""
    name, public = origin_of(node), _raw(jwk)
    key = b64encode(bytes([_NOTE]) + public).decode("ascii")
    return f"{name}+{_key_hash(name, _NOTE, public).hex()}+{key}"


def from_verifier_key(text: str) -> PublicKey:
    """A key in that form, without limits of time. Raises `ValueError` for what is none of a node's log."""
    name, _, rest = text.partition("+")
    hashed, _, key = rest.partition("+")
    raw = _unbase64(key)
    node = name.removeprefix(_PREFIX)
    if len(raw) != 33 or raw[0] != _NOTE or name != origin_of(node):
        raise ValueError("not a verifier key of a node's log")
    if _key_hash(name, _NOTE, raw[1:]).hex() != hashed:
        raise ValueError("the verifier key was not copied whole")
    x = urlsafe_b64encode(raw[1:]).decode("ascii").rstrip("=")
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": x}
    return PublicKey(node, OKPKey.import_key(dict(jwk)).thumbprint(), jwk, _EPOCH)


def text_of(node: str, size: int, root: bytes) -> str:
    """What is signed."""
    return f"{origin_of(node)}\n{size}\n{b64encode(root).decode('ascii')}\n"


def signed_head(key: SigningKey, *, size: int, root: bytes) -> str:
    """The checkpoint of `key`'s node as a signed note."""
    text = text_of(key.node, size, root)
    return f"{text}\n{_line(key, _NOTE, _sign(text.encode(), key))}\n"


def cosigned(key: SigningKey, head: Head, *, at: datetime) -> str:
    """The line of a witness for `head`, without a line feed: seen at `at`, and consistent with all that the witness saw before."""
    time = int(at.timestamp())
    signature = _sign(_witnessed(head.text, time), key)
    return _line(key, _COSIGNATURE, struct.pack(">Q", time) + signature)


def with_lines(note: str, lines: Iterable[str]) -> str:
    """The note with further signatures under it."""
    return note + "".join(f"{line}\n" for line in lines)


def read_head(note: str, node: str, keys: Sequence[PublicKey], *, now: datetime) -> Head:
    """The head that `node` signed with one of `keys`. Raises `Refused`: malformed, another-log, unknown-key, bad-signature."""
    head, lines = _split(note)
    if head.origin != origin_of(node):
        raise Refused("another-log", head.origin[:120])
    key, line = _signed_by(node, keys, lines, _NOTE, now)
    if not _holds(head.text.encode(), line.rest, key):
        raise Refused("bad-signature", key.kid)
    return head


def read_cosignature(
    head: Head, line: str, node: str, keys: Sequence[PublicKey], *, now: datetime
) -> datetime:
    """When `node` cosigned `head` by this `line`. Raises `Refused` as `read_head` does."""
    key, found = _signed_by(node, keys, [_read_line(line)], _COSIGNATURE, now)
    if len(found.rest) < 8:
        raise Refused("malformed", "cosignature")
    (time,) = struct.unpack(">Q", found.rest[:8])
    if not _holds(_witnessed(head.text, time), found.rest[8:], key):
        raise Refused("bad-signature", key.kid)
    if time > _LARGEST or time > (now + SKEW).timestamp():
        raise Refused("from-the-future", str(time)[:40])
    return _EPOCH + timedelta(seconds=time)


def _witnessed(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _signed_by(
    node: str, keys: Sequence[PublicKey], lines: Iterable[Line], kind: int, now: datetime
) -> tuple[PublicKey, Line]:
    """The first line that one of the node's keys may have made. A key that was revoked made none."""
    name = origin_of(node)
    by_hash = {
        _key_hash(name, kind, _raw(key.jwk)): key
        for key in keys
        if key.node == node and (key.revoked_at is None or key.revoked_at > now)
    }
    for line in lines:
        if line.name == name and line.key_hash in by_hash:
            return by_hash[line.key_hash], line
    raise Refused("unknown-key", node)


def _split(note: str) -> tuple[Head, list[Line]]:
    if len(note) > MOST or not note.endswith("\n") or any(ord(one) < 32 and one != "\n" for one in note):
        raise Refused("malformed", "note")
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures:
        raise Refused("malformed", "note")
    origin, size, root = _three_lines(text)
    head = Head(origin, size, root, f"{text}\n")
    return head, [_read_line(line) for line in signatures[:-1].split("\n")]


def _three_lines(text: str) -> tuple[str, int, bytes]:
    """Origin, size and root. Lines after them are extensions: signed with the rest, and unknown here."""
    lines = text.split("\n")
    if len(lines) < 3 or not all(lines):
        raise Refused("malformed", "checkpoint")
    origin, size, root = lines[:3]
    plain = size.isascii() and size.isdigit() and (size == "0" or size[0] != "0") and len(size) < 17
    hashed = _unbase64(root)
    if not plain or len(hashed) != SIZE:
        raise Refused("malformed", "checkpoint")
    return origin, int(size), hashed


def _read_line(line: str) -> Line:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH or not parts[1]:
        raise Refused("malformed", "signature line")
    signature = _unbase64(parts[2])
    if len(signature) < 5:
        raise Refused("malformed", "signature line")
    return Line(parts[1], signature[:4], signature[4:], line)


def _unbase64(text: str) -> bytes:
    """Base64 in its one spelling: what was changed without changing the bytes is refused too."""
    try:
        found = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("malformed", "base64") from error
    if b64encode(found).decode("ascii") != text:
        raise Refused("malformed", "base64")
    return found


def _line(key: SigningKey, kind: int, signature: bytes) -> str:
    name = origin_of(key.node)
    public = _raw(key.key.as_dict(private=False))
    return f"{_DASH} {name} {b64encode(_key_hash(name, kind, public) + signature).decode('ascii')}"


def _key_hash(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def _raw(jwk: Mapping[str, Any]) -> bytes:
    return urlsafe_b64decode(str(jwk["x"]) + "=")


def _sign(message: bytes, key: SigningKey) -> bytes:
    return bytes(_ED25519.sign(message, key.key))


def _holds(message: bytes, signature: bytes, key: PublicKey) -> bool:
    return len(signature) == 64 and bool(_ED25519.verify(message, signature, key.key))


def node_of(line: str) -> str:
    """The node that a signature line names; whether it made the line is another question."""
    return _read_line(line).name.removeprefix(_PREFIX)


def lines_of(note: str) -> Iterator[str]:
    """The signature lines of a note, as they stand in it."""
    return (line.text for line in _split(note)[1])
