"""What TAXII 2.1 says about times and versions of objects (§3.4, §3.5): pure words and numbers, no storage and no HTTP.

Moments are microseconds since 1970, because no clock and no fraction is lost in a whole number; `stamp` writes them as the standard
asks, in UTC with six digits. A version is an object's `modified`, else `created`, else the moment at which it was added.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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


@dataclass(frozen=True)
class Match:
    """Filters of one request (§3.5): values of one field are ORed and fields are ANDed. An empty field does not filter."""

    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    spec_versions: tuple[str, ...] = ()
    versions: Versions = LAST
