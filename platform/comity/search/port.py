"""What every search engine of this node must do, in plain types.

Decides the questions that can be asked and what an answer may contain. It refuses to know policy: callers hand in the
audiences they may read, as integers, and an engine only compares them. A score never leaves this port, and everything
an answer shows (order, totals, facets, snippets, suggestions, which words were tried) is a function of the readable
documents alone (H-04).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, Protocol

from comity.search import analyzer

Part = tuple[str, bool]
"""A piece of text, and whether the query hit it. Text, never HTML: templates escape it."""

Sort = Literal["relevance", "newest", "oldest", "title"]
Match = Literal["all", "similar", "some"]

MOST_HITS = 1000
"""Totals are exact up to here; one more means "at least this many"."""

FACETS: tuple[str, ...] = (
    "kind", "subtype", "technology_area", "pathway", "method_family", "application_family", "entity_type", "tie_level",
    "country", "sector", "node", "tlp", "severity", "evidence_level", "status", "freshness",
    "provenance",
)  # fmt: skip


class RefusedDocument(ValueError):
    """A document that must never enter an index, or that names an unknown facet. Nothing of its batch was written."""


@dataclass(frozen=True)
class Document:
    """One record as the index knows it. `published_at` is in seconds since 1970 (UTC); `quality` is 0 to 10."""

    record_id: int
    audience_id: int
    revision: int
    kind: str
    subtype: str
    title: str
    names: tuple[str, ...] = ()
    summary: str = ""
    body: str = ""
    language: str = "en"
    published_at: int = 0
    quality: int = 0
    live: bool = True
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def all_facets(self) -> dict[str, tuple[str, ...]]:
        """The facets with kind and subtype put in, values sorted and unique, empty ones left out."""
        given = {"kind": (self.kind,), "subtype": (self.subtype,), **self.facets}
        cleaned = {
            name: tuple(sorted({value for value in values if value})) for name, values in given.items()
        }
        return {name: values for name, values in sorted(cleaned.items()) if values}

    def digest(self) -> str:
        """Of everything that is indexed except the audience (which moves on its own), with the analyzer's version."""
        content = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "audience_id"}
        content |= {"facets": self.all_facets(), "analyzer": analyzer.VERSION}
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class Query:
    """What a reader asks. Filters are OR inside a facet and AND across facets; `typing` makes the last word a prefix.

    `only` asks about these records alone: whether what was just published is what somebody looks for.
    """

    text: str
    audience_ids: Collection[int]
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sort: Sort = "relevance"
    limit: int = 20
    offset: int = 0
    typing: bool = False
    include_ended: bool = False
    facets: tuple[str, ...] = ()
    only: frozenset[int] | None = None

    def __post_init__(self) -> None:
        if self.sort not in ("relevance", "newest", "oldest", "title"):
            raise ValueError("unknown sort")
        if not 0 < self.limit <= 100 or self.offset < 0:
            raise ValueError("limit is 1 to 100 and offset is not negative")
        if unknown := (set(self.filters) | set(self.facets)) - set(FACETS):
            raise ValueError(f"unknown facets: {', '.join(sorted(unknown))}")


@dataclass(frozen=True)
class Hit:
    """One record of an answer, with its title and the best passage cut into parts."""

    record_id: int
    title: tuple[Part, ...]
    snippet: tuple[Part, ...]


@dataclass(frozen=True)
class Results:
    """An answer. `match` says whether all words, similar words or only some of the words were found.

    `total` is at most MOST_HITS + 1, and then `total_is_capped`. A facet's counts leave out the filter on that facet
    itself, so that a reader sees what choosing another value would give.
    """

    hits: tuple[Hit, ...]
    total: int
    total_is_capped: bool
    facet_counts: Mapping[str, Mapping[str, int]]
    match: Match = "all"


@dataclass(frozen=True)
class Indexed:
    """What the index holds of one record, for comparing it with the database."""

    record_id: int
    audience_id: int
    revision: int
    digest: str


class SearchIndex(Protocol):
    """The port. Engines that live in the database do all of this inside the caller's transaction."""

    def put(self, documents: Iterable[Document]) -> None:
        """Index or replace. Raises RefusedDocument for RED (which has named recipients, so it is never indexed)."""

    def remove(self, record_ids: Iterable[int]) -> None:
        """Forget records. Unknown ids are ignored."""

    def move(self, record_ids: Iterable[int], audience_id: int) -> None:
        """Give records another audience at once, without re-indexing: narrowing must not wait."""

    def search(self, query: Query) -> Results:
        """Answer a query. Never fails because of what the reader typed."""

    def suggest(self, prefix: str, audience_ids: Collection[int], limit: int = 8) -> tuple[str, ...]:
        """Titles and names of readable live documents that go with what was typed; never words of the index."""

    def documents(self) -> Iterator[Indexed]:
        """Everything indexed, by record id, for the drift check. For the system, never for a reader."""

    def prune(self) -> int:
        """Forget words that no document has any more. Returns how many; run it after recalls and at night."""

    def clear(self) -> None:
        """Forget everything."""


def check(document: Document) -> None:
    """Raise RefusedDocument for what no engine may hold."""
    for marking in document.facets.get("tlp", ()):
        if marking.casefold().removeprefix("tlp:").strip() == "red":
            raise RefusedDocument("a RED record has named recipients and is never indexed")
    if unknown := set(document.facets) - set(FACETS):
        raise RefusedDocument(f"unknown facets: {', '.join(sorted(unknown))}")
