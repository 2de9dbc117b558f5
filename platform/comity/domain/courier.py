"""A courier file: what one node has for another, carried by hand to a place without a network. The same signed objects as the feed.

One JSON object a line: a header, the objects as they are served, and a seal, which is itself signed and gives the digest and the
number of the lines before it. Decides whether a file is whole and from whom; each object is still verified on its own. Refuses to
know where files are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from comity.domain.canonical import canonical_json
from comity.domain.signing import KeyOf, Refused, SigningKey, signed_bytes, verify
from comity.domain.strict_json import BadJson, parse

FORMAT: Final = "comity-courier/1"
LONGEST_LINE: Final = 2_000_000
"""Bytes of one object: what a node takes over the network, too."""
MOST_LINES: Final = 5_000_000

NodeId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,58}$")]


class Header(BaseModel):
    """From whom, to whom, and which part of the feed: after `since` up to `until`. `seen` is how far `origin` has read `to`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["comity-courier/1"] = FORMAT
    origin: NodeId
    to: NodeId
    since: int = Field(ge=0)
    until: int = Field(ge=0)
    seen: int = Field(default=0, ge=0)
    made_at: AwareDatetime


class _Seal(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    type: Literal["comity-courier-seal"]
    origin: NodeId
    to: NodeId
    count: int = Field(ge=0)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


@dataclass(frozen=True)
class Opened:
    """A file that is whole and from `header.origin`. `count` objects follow the header."""

    header: Header
    count: int


def pack(header: Header, objects: Iterable[bytes], key: SigningKey) -> Iterator[bytes]:
    """The lines of a file, each with its line end. `objects` are canonical bytes of signed objects, which hold no line end."""
    digest, count = hashlib.sha256(), 0
    first = canonical_json(header.model_dump(mode="json")) + b"\n"
    digest.update(first)
    yield first
    for one in objects:
        line = one + b"\n"
        digest.update(line)
        count += 1
        yield line
    seal = {
        "type": "comity-courier-seal",
        "origin": header.origin,
        "to": header.to,
        "count": count,
        "digest": digest.hexdigest(),
        "modified": header.made_at.isoformat(),
    }
    yield signed_bytes(seal, key) + b"\n"


def inspect(lines: Iterable[bytes], key_of: KeyOf, *, here: str, now: datetime) -> Opened:
    """Read a whole file once before anything in it is believed. Raises `Refused` for one that is cut, changed or not for `here`."""
    header: Header | None = None
    digest, last, count = hashlib.sha256(), b"", -1
    for line in _bounded(lines):
        if header is None:
            header = _header(line)
        elif last:
            digest.update(last)
            count += 1
        last = line
        if count > MOST_LINES:
            raise Refused("too-long", str(MOST_LINES))
    if header is None or count < 0:
        raise Refused("truncated", "no seal")
    _check_seal(last, header, count, digest.hexdigest(), key_of, now)
    if header.to != here:
        raise Refused("not-for-us", header.to)
    return Opened(header, count)


def objects_in(lines: Iterable[bytes], opened: Opened) -> Iterator[bytes]:
    """The objects of a file that was inspected, as they stand in it."""
    for number, line in enumerate(lines):
        if 1 <= number <= opened.count:
            yield line.rstrip(b"\n")


def _bounded(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        if len(line) > LONGEST_LINE:
            raise Refused("too-long", f"a line of {len(line)} bytes")
        if not line.endswith(b"\n"):
            raise Refused("truncated", "the last line has no end")
        yield line


def _header(line: bytes) -> Header:
    try:
        return Header.model_validate(parse(line))
    except (BadJson, ValidationError) as error:
        raise Refused("malformed", "header") from error


def _check_seal(line: bytes, header: Header, count: int, digest: str, key_of: KeyOf, now: datetime) -> None:
    sealed = verify(line, key_of, now=now)
    try:
        seal = _Seal.model_validate(sealed.value)
    except ValidationError as error:
        raise Refused("malformed", "seal") from error
    if (sealed.node, seal.origin, seal.to) != (header.origin, header.origin, header.to):
        raise Refused("foreign-seal", sealed.node)
    if seal.count != count:
        raise Refused("truncated", f"{count} of {seal.count} objects")
    if seal.digest != digest:
        raise Refused("changed", "the digest differs")
