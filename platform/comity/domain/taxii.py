"""What TAXII 2.1 says about times, versions, filters and pages (§3.4 to §3.7): pure words and numbers, no storage and no HTTP.

Moments are microseconds since 1970, because no clock and no fraction is lost in a whole number; `stamp` writes them as the standard
asks, in UTC with six digits. A version is an object's `modified`, else `created`, else the moment at which it was added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STEP: Final = timedelta(microseconds=1)
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-]\d\d:\d\d))", re.ASCII
)


class BadTime(ValueError):
    """Not a time as RFC 3339 writes it, or finer than a microsecond."""


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return (moment - _EPOCH) // _STEP


def read_time(text: str) -> int:
    """RFC 3339, with or without a fraction, in any zone. Raises `BadTime`, also for digits that would have to be dropped."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise BadTime(text[:40])
    day, clock, fraction, zone = found.groups()
    digits = (fraction or "").ljust(6, "0")
    if digits[6:].strip("0"):
        raise BadTime("finer than a microsecond")
    try:
        return micros(datetime.fromisoformat(f"{day}T{clock}.{digits[:6]}{zone or '+00:00'}"))
    except (ValueError, OverflowError) as error:
        raise BadTime(text[:40]) from error


def stamp(moment: int) -> str:
    """`2026-11-25T03:30:00.000001Z`: six digits, always."""
    return (_EPOCH + moment * _STEP).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def version_of(obj: Mapping[str, Any]) -> str:
    """The object's version as it says it; empty where it has none. Raises `BadTime`."""
    said = obj.get("modified", obj.get("created", ""))
    if not isinstance(said, str):
        raise BadTime("not a text")
    if said:
        read_time(said)
    return said


@dataclass(frozen=True)
class Versions:
    """`match[version]` (§3.5): which versions of each object. Several kinds are ORed; nothing at all means the last one."""

    every: bool = False
    first: bool = False
    last: bool = False
    exact: tuple[int, ...] = ()


LAST: Final = Versions(last=True)
EVERY: Final = Versions(every=True)
_WORDS: Final = {"all": "every", "first": "first", "last": "last"}


@dataclass(frozen=True)
class Match:
    """Filters of one request (§3.5): values of one field are ORed and fields are ANDed. An empty field does not filter."""

    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    spec_versions: tuple[str, ...] = ()
    versions: Versions = LAST


MOST_AT_ONCE: Final = 1000
"""Objects of one page. Who asks for more gets this many, and `more`."""
USUAL: Final = 100
"""Objects of one page where the caller names no number."""
MOST_VALUES: Final = 500
FROM_THE_START: Final = -1


class BadQuery(ValueError):
    """A parameter that cannot be read. `parameter` is its name as the standard writes it."""

    def __init__(self, parameter: str, message: str) -> None:
        self.parameter = parameter
        super().__init__(message)


@dataclass(frozen=True)
class Query:
    """What one request asks for. `limit` is None where none was named. `next` is a cursor that nobody has checked yet."""

    match: Match
    added_after: int
    limit: int | None
    next: str


def read_query(parameters: Iterable[tuple[str, str]]) -> Query:
    """The parameters of a request. Names that the standard does not know are passed over. Raises `BadQuery`."""
    given: dict[str, list[str]] = {}
    for name, value in parameters:
        given.setdefault(name, []).append(value)
    match = Match(
        ids=_values(given, "match[id]"),
        types=_values(given, "match[type]"),
        spec_versions=_values(given, "match[spec_version]"),
        versions=_versions(_values(given, "match[version]")),
    )
    return Query(match, _after(given), _limit(given), _one(given, "next"))


def _one(given: Mapping[str, list[str]], name: str) -> str:
    values = given.get(name, [""])
    if len(values) > 1:
        raise BadQuery(name, f"{name} is given more than once.")
    if name in given and not values[0]:
        raise BadQuery(name, f"{name} is empty.")
    return values[0]


def _values(given: Mapping[str, list[str]], name: str) -> tuple[str, ...]:
    """Sorted, so that the same question has the same cursor however it is written."""
    if name not in given:
        return ()
    values = {one for value in given[name] for one in value.split(",")}
    if len(values) > MOST_VALUES or "" in values or any(len(one) > 250 or "\0" in one for one in values):
        raise BadQuery(name, f"{name} takes 1 to {MOST_VALUES} values, separated by commas.")
    return tuple(sorted(values))


def _versions(values: tuple[str, ...]) -> Versions:
    if not values:
        return LAST
    words = {_WORDS[one]: True for one in values if one in _WORDS}
    try:
        exact = tuple(sorted(read_time(one) for one in values if one not in _WORDS))
    except BadTime as bad:
        raise BadQuery(
            "match[version]", "match[version] takes all, first, last, or a time as RFC 3339."
        ) from bad
    return Versions(**words, exact=exact)


def _after(given: Mapping[str, list[str]]) -> int:
    text = _one(given, "added_after")
    try:
        return read_time(text) if text else FROM_THE_START
    except BadTime as bad:
        raise BadQuery(
            "added_after", "added_after is a time as RFC 3339, such as 2026-11-25T03:30:00.000001Z."
        ) from bad


def _limit(given: Mapping[str, list[str]]) -> int | None:
    text = _one(given, "limit")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or not text.strip("0"):
        raise BadQuery("limit", "limit is a whole number above zero.")
    return min(int(text[-9:]) if len(text.lstrip("0")) < 10 else MOST_AT_ONCE, MOST_AT_ONCE)


def envelope(body: bytes, *, more: bool, cursor: str) -> bytes:
    """An envelope (§3.7) around objects that are texts already, with commas between them. No objects, no list."""
    if not body:
        return b"{}"
    head = f'{{"more":true,"next":"{cursor}","objects":['.encode() if more else b'{"more":false,"objects":['
    return b"".join((head, body, b"]}"))
