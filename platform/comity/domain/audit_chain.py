"""A tamper-evident log: each entry's hash covers the entry and the hash before it.

hash(n) = SHA-256(hash(n-1) as 32 bytes || RFC 8785 canonical JSON of entry n), with a fixed genesis. Decides what an entry may
hold and whether a sequence of entries is whole. Refuses to know where entries are kept and who may read them; each entry carries
the audience of its object so that the log obeys the same markings as the page (class S8).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

GENESIS: Final = hashlib.sha256(b"comity audit chain v1").hexdigest()
"""The hash that stands before the first entry."""

MAX_DETAIL: Final = 200
"""Characters in one detail. Details are ids, codes, counts and hashes; content text never enters the log."""

CONTENT_WORDS: Final = frozenset(
    {"title", "summary", "body", "text", "content", "claim", "claims", "query", "comment", "dissent"}
)
"""Names of details that would hold content; refused, so that a log entry can never leak what its record says."""

Detail = str | int | bool | None | list[str] | list[int]

_AT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
_ACTOR: Final = re.compile(r"[a-z0-9][a-z0-9:._@+ -]{0,119}\Z")


class Entry(BaseModel):
    """What happened, once: who, what, to which object, why, and for whom the entry itself may be shown.

    `seq` starts at 1 and has no gaps. `at` is UTC with microseconds. `actor` is an account id or `system:reason`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    seq: int = Field(ge=1, le=2**53 - 1)
    at: str
    actor: str
    organization: str = Field(default="", max_length=100)
    action: str = Field(pattern=r"^[a-z][a-z0-9_.]{0,59}$")
    object: str = Field(default="", max_length=120)
    purpose: str = Field(default="", max_length=60)
    details: dict[str, Detail] = Field(default_factory=dict)
    audience_id: int | None = Field(default=None, ge=1, le=2**53 - 1)

    @field_validator("at")
    @classmethod
    def _utc(cls, at: str) -> str:
        if not _AT.match(at):
            raise ValueError("needs UTC with microseconds, for example 2026-11-22T09:00:00.000000Z")
        return at

    @field_validator("actor")
    @classmethod
    def _an_actor(cls, actor: str) -> str:
        if not _ACTOR.match(actor):
            raise ValueError("an actor is an account id or system:reason, in lowercase")
        return actor

    @field_validator("details")
    @classmethod
    def _no_content(cls, details: dict[str, Detail]) -> dict[str, Detail]:
        for name, value in details.items():
            if name in CONTENT_WORDS:
                raise ValueError(f"“{name}” would put content into the log; store its hash or its length")
            parts = value if isinstance(value, list) else [value]
            if any(isinstance(part, str) and len(part) > MAX_DETAIL for part in parts):
                raise ValueError(
                    f"“{name}” is longer than {MAX_DETAIL} characters; store its hash or its length"
                )
        rfc8785.dumps(
            dict(details)
        )  # what cannot be hashed (beyond 2^53, broken text) is refused here, not at verification
        return details


@dataclass(frozen=True)
class Link:
    """An entry in its place: with the hash before it and its own."""

    entry: Entry
    previous: str
    hash: str


@dataclass(frozen=True)
class Unreadable:
    """A stored row that is no entry at all; in a chain it is where the chain is broken."""

    why: str


@dataclass(frozen=True)
class Intact:
    """Every link holds. `head` is the last hash, the genesis for an empty chain; write it down elsewhere to prove length."""

    n: int
    head: str


@dataclass(frozen=True)
class Broken:
    """The first link that does not hold: its place in the sequence (1 is the first) and why."""

    at: int
    why: str


def stamp(now: datetime) -> str:
    """A time as the log writes it. Raises `ValueError` for a time without a zone."""
    if now.tzinfo is None:
        raise ValueError("a time without a zone cannot be logged")
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def canonical(entry: Entry) -> bytes:
    """The bytes that are hashed: RFC 8785 (JCS) of all fields, absent ones written as null or empty."""
    return rfc8785.dumps(entry.model_dump(mode="json"))


def entry_hash(previous: str, entry: Entry) -> str:
    """64 lowercase hex digits. `previous` is the hash before it, `GENESIS` for the first entry."""
    return hashlib.sha256(bytes.fromhex(previous) + canonical(entry)).hexdigest()


def extend(previous: Link | None, entry: Entry) -> Link:
    """Put `entry` behind `previous` (None: the chain is empty). Raises `ValueError` when its number does not follow."""
    expected = 1 if previous is None else previous.entry.seq + 1
    if entry.seq != expected:
        raise ValueError(f"entry {entry.seq} cannot follow: {expected} is next")
    head = GENESIS if previous is None else previous.hash
    return Link(entry, head, entry_hash(head, entry))


def read_link(fields: Mapping[str, Any], *, previous: str, own_hash: str) -> Link | Unreadable:
    """A stored row as a link. A row that was altered into something that is no entry does not raise: it is `Unreadable`."""
    try:
        return Link(Entry.model_validate(dict(fields)), previous, own_hash)
    except ValidationError as refused:
        names = sorted({str(error["loc"][0]) if error["loc"] else "entry" for error in refused.errors()})
        return Unreadable(f"it is no readable entry: {', '.join(names)}")


def verify(
    links: Iterable[Link | Unreadable],
    *,
    expected_head: str | None = None,
    expected_length: int | None = None,
) -> Intact | Broken:
    """Walk the chain once. With `expected_*` from an earlier checkpoint at its end, also notices entries cut off the end."""
    head, count = GENESIS, 0
    for link in links:
        count += 1
        if isinstance(link, Unreadable):
            return Broken(count, link.why)
        if why := _fault(link, head, count):
            return Broken(count, why)
        head = link.hash
    if expected_length is not None and count != expected_length:
        return Broken(
            min(count, expected_length) + 1, f"{expected_length} entries were expected and {count} are there"
        )
    if expected_head is not None and head != expected_head:
        return Broken(count, "the last hash is not the one that was written down")
    return Intact(count, head)


def _fault(link: Link, head: str, position: int) -> str:
    if link.entry.seq != position:
        return f"entry {link.entry.seq} stands where {position} belongs"
    if link.previous != head:
        return "it does not follow the entry before it"
    if link.hash != entry_hash(head, link.entry):
        return "its content is not what was hashed"
    return ""
