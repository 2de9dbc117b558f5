"""Writes documents into an engine that lives in the caller's database and transaction.

Decides what is stored of a document and keeps the list of words complete. It refuses to commit: what the caller rolls
back was never indexed, so that the index cannot disagree with the records.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, CursorResult, TextClause, text

from comity.search import analyzer, facets, spelling
from comity.search.port import Document, Indexed, RefusedDocument, check

BATCH = 500
Words = tuple[str, str, str, str]
"""Normalised title, names, summary and body."""

_ENTRY = """INSERT INTO search_entry (record_id, audience_id, live, published_at, quality, facet_set)
  VALUES (:record_id, :audience_id, :live, :published_at, :quality, :facet_set)"""
_STATE = """INSERT INTO search_state (record_id, title_key, revision, digest)
  VALUES (:record_id, :title_key, :revision, :digest)"""
_MEMBER = """INSERT INTO search_facet_member (set_id, facet, value) VALUES (:set_id, :facet, :value)
  ON CONFLICT DO NOTHING"""
_TERM = "INSERT INTO search_term (first, length, term) VALUES (:first, :length, :term) ON CONFLICT DO NOTHING"


class SqlStore(ABC):
    """The writing half of an embedded engine; dialects say how texts and words are kept."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @abstractmethod
    def _put_texts(self, documents: Sequence[Document], words: Sequence[Words]) -> None:
        """Insert originals and words; the records are not there."""

    @abstractmethod
    def _remove_texts(self, ids: str) -> None:
        """Delete what _put_texts inserted; ids is a JSON list."""

    @abstractmethod
    def _each(self, name: str, kind: str = "BIGINT") -> str:
        """A subquery giving the members of the JSON list bound to `name`."""

    @abstractmethod
    def _prune_terms(self) -> int:
        """Delete words that no document has; how many."""

    def put(self, documents: Iterable[Document]) -> None:
        """Index or replace. Raises RefusedDocument, having written nothing, for RED or for an unknown facet."""
        listed = list({document.record_id: document for document in documents}.values())
        for document in listed:
            check(document)
        waiting = iter(listed)
        while batch := [_storable(document) for document in islice(waiting, BATCH)]:
            self._put_batch(batch)

    def remove(self, record_ids: Iterable[int]) -> None:
        """Forget records."""
        ids = json.dumps(sorted(set(record_ids)))
        for table in ("search_entry", "search_state"):
            self._run(f"DELETE FROM {table} WHERE record_id IN ({self._each('ids')})", {"ids": ids})
        self._remove_texts(ids)

    def move(self, record_ids: Iterable[int], audience_id: int) -> None:
        """Give records another audience; the next search, also in this transaction, goes by it."""
        self._run(
            f"UPDATE search_entry SET audience_id = :audience WHERE record_id IN ({self._each('ids')})",
            {"ids": json.dumps(sorted(set(record_ids))), "audience": audience_id},
        )

    def documents(self) -> Iterator[Indexed]:
        """Everything indexed, by record id, a page at a time."""
        last = -(2**63)
        page = """SELECT d.record_id, d.audience_id, s.revision, s.digest FROM search_entry d
                  JOIN search_state s ON s.record_id = d.record_id WHERE d.record_id > :last
                  ORDER BY d.record_id LIMIT :limit"""
        while rows := self._run(page, {"last": last, "limit": BATCH}).all():
            for row in rows:
                yield Indexed(row[0], row[1], row[2], row[3])
            last = rows[-1][0]

    def prune(self) -> int:
        """Forget words and facet combinations that no document has; how many words."""
        self._run(
            """DELETE FROM search_facet_member WHERE NOT EXISTS
               (SELECT 1 FROM search_entry d WHERE d.facet_set = search_facet_member.set_id)"""
        )
        return self._prune_terms()

    def clear(self) -> None:
        """Forget everything."""
        self.remove([entry.record_id for entry in self.documents()])
        for table in ("search_facet_member", "search_term"):
            self._run(f"DELETE FROM {table}")

    def _put_batch(self, batch: Sequence[Document]) -> None:
        self.remove(document.record_id for document in batch)
        words = [_words(document) for document in batch]
        combinations = [document.all_facets() for document in batch]
        names = [facets.set_id(combination) for combination in combinations]
        self._run(_ENTRY, [_entry(document, name) for document, name in zip(batch, names, strict=True)])
        self._run(_STATE, [_state(document) for document in batch])
        self._put_texts(batch, words)
        # Sorted, so that two writers meet the same new rows in the same order and cannot deadlock.
        members = sorted(
            (*pair, name)
            for name, combination in dict(zip(names, combinations, strict=True)).items()
            for pair in facets.pairs(combination)
        )
        self._run(_MEMBER, [{"facet": f, "value": v, "set_id": s} for f, v, s in members])
        terms = sorted(spelling.listed(token for texts in words for part in texts for token in part.split()))
        if terms:
            self._run(_TERM, [{"first": term[0], "length": len(term), "term": term} for term in terms])

    def _run(
        self, sql: str, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        return self._connection.execute(_statement(sql), values)


@lru_cache(maxsize=512)
def _statement(sql: str) -> TextClause:
    """Reading the placeholders of a statement costs more than running many of them, so it is done once."""
    return text(sql)


def _storable(document: Document) -> Document:
    """The document without what a database cannot hold: NUL and lone surrogates."""

    def clean(value: str) -> str:
        return value.replace("\x00", "").encode("utf-8", "replace").decode()

    for values in document.facets.values():
        if any(value != clean(value) for value in values):
            raise RefusedDocument("a facet value that is not plain text")
    return replace(
        document,
        title=clean(document.title),
        names=tuple(map(clean, document.names)),
        summary=clean(document.summary),
        body=clean(document.body),
    )


def _words(document: Document) -> Words:
    named = [document.title, *document.names]
    names = [analyzer.normalise(name) for name in document.names]
    forms = [form for name in named for form in analyzer.name_forms(name)]
    return (
        analyzer.normalise(document.title),
        " ".join([*names, *dict.fromkeys(forms)]),
        analyzer.normalise(document.summary),
        analyzer.normalise(document.body),
    )


def _entry(document: Document, facet_set: str) -> dict[str, Any]:
    return {
        "record_id": document.record_id,
        "audience_id": document.audience_id,
        "live": int(document.live),
        "published_at": document.published_at,
        "quality": document.quality,
        "facet_set": facet_set,
    }


def _state(document: Document) -> dict[str, Any]:
    return {
        "record_id": document.record_id,
        "title_key": analyzer.fold(document.title)[:200],
        "revision": document.revision,
        "digest": document.digest(),
    }
