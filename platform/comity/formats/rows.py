"""What every reader gives: one row for each document, either as content of a kind or refused with named problems.

A reader decides what a foreign document means in this house's words. It refuses to know who imports, when, and whether anything may
be published: dates of validity, owner and readers are added by the import service. Product 4.10.9: import never raises trust.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from comity.domain.errors import Problem
from comity.domain.tlp import TLP


@dataclass(frozen=True)
class Item:
    """One document as content of `kind`. `position` counts from 1 in the order of the file.

    `tlp` is None when the document carries no marking at all. `source_date` is the publisher's current release (aware UTC).
    `cleaned` says that every text went through `prose.Cleaner`, so that it need not be scanned for personal data again.
    """

    position: int
    foreign_id: str
    kind: str
    content: Mapping[str, Any]
    publisher: str = ""
    tlp: TLP | None = None
    source_date: datetime | None = None
    warnings: tuple[str, ...] = ()
    cleaned: bool = False


@dataclass(frozen=True)
class Refused:
    """One document that was not taken, and why. `where` names the line or the member of an archive."""

    position: int
    foreign_id: str | None
    problems: tuple[Problem, ...]
    where: str = ""


Row = Item | Refused


class BadDocument(Exception):
    """This document cannot be read; the others can. Carries the problem that is reported for it."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        self.problem = Problem(path, code, message)
        super().__init__(message)


@dataclass(frozen=True)
class Limits:
    """Bounds on work. `ratio` is how many times larger than the file its unpacked content may be, above `free_bytes`."""

    document_bytes: int = 5_000_000
    total_bytes: int = 4_000_000_000
    free_bytes: int = 64_000_000
    ratio: int = 100
    documents: int = 1_000_000
    depth: int = 60


Reader = Callable[[Path, Limits], Iterator[Row]]


@dataclass(frozen=True)
class Raw:
    """The bytes of one document, before anything is believed about them."""

    position: int
    where: str
    data: bytes = field(repr=False)
