"""The default engine: SQLite's FTS5 inside the transaction that writes the record.

Decides how clauses become an FTS5 expression. Every token is written as a string literal, so nothing typed can be an
operator (SQLite FTS5, section 3, "Full-text query syntax"). Removed text may stay in old segments of the full-text
table until they are merged; `prune` merges them all.
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

_TEXT = """INSERT INTO search_text (record_id, title, names, summary, body)
  VALUES (:record_id, :title, :names, :summary, :body)"""
_FTS = """INSERT INTO search_fts (rowid, title, names, summary, body)
  VALUES (:record_id, :title, :names, :summary, :body)"""


class SqliteSearch(SqlSearch):
    """SearchIndex on an SQLAlchemy connection to SQLite."""

    def _each(self, name: str, kind: str = "BIGINT") -> str:
        return f"SELECT value FROM json_each(:{name})"

    @property
    def _by_time(self) -> str:
        return "search_entry d INDEXED BY search_entry_newest"

    def _joined(self, column: str) -> str:
        return f"group_concat({column}, ' ')"

    def _matching(self, clauses: Sequence[Clause], columns: Sequence[str] = COLUMNS) -> Source:
        wanted = " AND ".join(f"({' OR '.join(map(_term, clause.terms))})" for clause in clauses)
        expression = f"{{{' '.join(columns)}}} : ({wanted})" if len(columns) < len(COLUMNS) else wanted
        # CROSS JOIN fixes the order of the loops: hits first, newest first, each looked up by its key.
        table = "search_fts f CROSS JOIN search_entry d ON d.record_id = f.rowid"
        return Source(table, "search_fts MATCH :matching", "f.rowid DESC", {"matching": expression})

    def _put_texts(self, documents: Sequence[Document], words: Sequence[Words]) -> None:
        self._run(
            _TEXT,
            [
                {
                    "record_id": d.record_id,
                    "title": d.title,
                    "names": json.dumps(d.names),
                    "summary": d.summary,
                    "body": d.body,
                }
                for d in documents
            ],
        )
        self._run(
            _FTS,
            [
                {"record_id": d.record_id, "title": w[0], "names": w[1], "summary": w[2], "body": w[3]}
                for d, w in zip(documents, words, strict=True)
            ],
        )

    def _remove_texts(self, ids: str) -> None:
        each = self._each("ids")
        self._run(f"DELETE FROM search_text WHERE record_id IN ({each})", {"ids": ids})
        self._run(f"DELETE FROM search_fts WHERE rowid IN ({each})", {"ids": ids})

    def _candidate_words(self, ids: str, scanned: int) -> CursorResult[*tuple[Any, ...]]:
        return self._run(
            # From the table below the virtual one (FTS5, section 9): the same words at half the price.
            f"""SELECT d.record_id, d.published_at, d.quality, f.c0, f.c1, f.c2, substr(f.c3, 1, :scanned)
                FROM search_fts_content f
                JOIN search_entry d ON d.record_id = f.id WHERE f.id IN ({self._each("ids")})""",
            {"ids": ids, "scanned": scanned},
        )

    def _prune_terms(self) -> int:
        self._run("INSERT INTO search_fts (search_fts) VALUES ('optimize')")
        return self._run("DELETE FROM search_term WHERE term NOT IN (SELECT term FROM search_vocab)").rowcount


def _term(term: Term) -> str:
    words = " ".join(term.tokens).replace('"', '""')
    literal = f'"{words}"' + (" *" if term.prefix else "")
    return f"{{title names}} : {literal}" if term.named else literal
