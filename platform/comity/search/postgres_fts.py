"""The same port on PostgreSQL (15 or later), inside the transaction that writes the record.

Decides how words become a tsvector: positions and weights are ours, so no dictionary, stemmer or locale of the server
takes part (PostgreSQL 15, 8.11 "Text Search Types"). Answers equal those of SQLite with two exceptions that the format
sets: positions end at 16,383, so phrases are not found in what follows in one document, and a word is kept
with at most 256 positions, so a phrase may be missed that begins with a later occurrence of a very frequent character.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import CursorResult

from comity.search.port import Document
from comity.search.query import Clause, Term
from comity.search.sql_search import COLUMNS, Source, SqlSearch
from comity.search.sql_store import Words

_LETTERS = "ABCD"
"""Weights stand for the columns: title, names, summary, body."""
_GAP = 2
_LAST_POSITION = 16_383
_MOST_POSITIONS = 256
_MOST_BYTES = 900_000
"""A tsvector may have one megabyte: words of very long bodies after that are left out."""

_TEXT = """INSERT INTO search_text (record_id, title, names, summary, body, title_words, names_words, summary_words,
  body_words, vector) VALUES (:record_id, :title, :names, :summary, :body, :title_words, :names_words, :summary_words,
  :body_words, CAST(:vector AS tsvector))"""


class PostgresSearch(SqlSearch):
    """SearchIndex on an SQLAlchemy connection to PostgreSQL."""

    def _each(self, name: str, kind: str = "BIGINT") -> str:
        return f"SELECT CAST(value AS {kind}) FROM json_array_elements_text(CAST(:{name} AS json))"

    @property
    def _by_time(self) -> str:
        return "search_entry d"

    def _joined(self, column: str) -> str:
        return f"string_agg({column}, ' ')"

    def _matching(self, clauses: Sequence[Clause], columns: Sequence[str] = COLUMNS) -> Source:
        letters = _LETTERS[: len(columns)]
        wanted = " & ".join(
            f"({' | '.join(_term(term, letters) for term in clause.terms)})" for clause in clauses
        )
        table = "search_text f JOIN search_entry d ON d.record_id = f.record_id"
        where = "f.vector @@ CAST(:matching AS tsquery)"
        return Source(table, where, "d.record_id DESC", {"matching": wanted})

    def _put_texts(self, documents: Sequence[Document], words: Sequence[Words]) -> None:
        self._run(_TEXT, [
            {
                "record_id": d.record_id, "title": d.title, "names": json.dumps(d.names), "summary": d.summary,
                "body": d.body, "title_words": w[0], "names_words": w[1], "summary_words": w[2], "body_words": w[3],
                "vector": vector(w),
            }
            for d, w in zip(documents, words, strict=True)
        ])  # fmt: skip

    def _remove_texts(self, ids: str) -> None:
        self._run(f"DELETE FROM search_text WHERE record_id IN ({self._each('ids')})", {"ids": ids})

    def _candidate_words(self, ids: str, scanned: int) -> CursorResult[*tuple[Any, ...]]:
        return self._run(
            f"""SELECT d.record_id, d.published_at, d.quality, f.title_words, f.names_words, f.summary_words,
                left(f.body_words, :scanned) FROM search_text f
                JOIN search_entry d ON d.record_id = f.record_id WHERE f.record_id IN ({self._each("ids")})""",
            {"ids": ids, "scanned": scanned},
        )

    def _prune_terms(self) -> int:
        return self._run(
            "DELETE FROM search_term WHERE term NOT IN (SELECT word FROM ts_stat('SELECT vector FROM search_text'))"
        ).rowcount


def vector(words: Words) -> str:
    """The text form of a tsvector: each token with its positions and the letter of its column."""
    places: dict[str, list[str]] = {}
    position, size = 1, 0
    for letter, column in zip(_LETTERS, words, strict=True):
        for token in column.split():
            known = places.get(token)
            if known is None:
                size += len(token.encode()) + 8
                if size > _MOST_BYTES:
                    continue
                known = places[token] = []
            if len(known) < _MOST_POSITIONS:
                known.append(f"{min(position, _LAST_POSITION)}{letter}")
                size += 2
            position += 1
        # The gap keeps a phrase from running out of one column into the next.
        position += _GAP
    return " ".join(f"'{token}':{','.join(found)}" for token, found in places.items())


def _term(term: Term, letters: str) -> str:
    weights = "".join(letter for letter in letters if letter in "AB") if term.named else letters
    *head, last = term.tokens
    lexemes = [f"'{token}':{weights}" for token in head] + [f"'{last}':{'*' if term.prefix else ''}{weights}"]
    return f"({' <-> '.join(lexemes)})"
