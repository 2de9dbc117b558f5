"""The tables of the embedded engines, as plain SQL for the migration to run.

Decides how an index lies in the database. It is derived data: `drop` and `create`, then re-index, is always allowed.
`search_entry` is narrow, because access, filters, order and facets are decided on it, thousands of rows a query; what
one page or one writer needs lies apart.
SQLite's full-text table uses the `ascii` tokenizer, for which every non-ASCII byte belongs to a word, so that words
are what our analyzer says and do not depend on the Unicode tables of the library at hand.
"""

from __future__ import annotations

from sqlalchemy import Connection

TABLES: tuple[str, ...] = (
    "search_entry",
    "search_state",
    "search_text",
    "search_term",
    "search_facet_member",
)
"""Ordinary tables, for those who compare models with migrations. SQLite has search_fts and search_vocab besides."""

_ENTRY = """
CREATE TABLE search_entry (
  record_id {id} PRIMARY KEY, audience_id BIGINT NOT NULL, live INTEGER NOT NULL, published_at BIGINT NOT NULL,
  quality INTEGER NOT NULL, facet_set {exact} NOT NULL)
"""
_STATE = """
CREATE TABLE search_state (
  record_id {id} PRIMARY KEY, title_key {exact} NOT NULL, revision INTEGER NOT NULL, digest TEXT NOT NULL)
"""
_TERM = """
CREATE TABLE search_term (first {exact} NOT NULL, length INTEGER NOT NULL, term {exact} NOT NULL,
  PRIMARY KEY (first, length, term)) {clustered}
"""
_MEMBER = """
CREATE TABLE search_facet_member (set_id {exact} NOT NULL, facet {exact} NOT NULL, value {exact} NOT NULL,
  PRIMARY KEY (set_id, facet, value)) {clustered}
"""
_INDEXES = (
    "CREATE INDEX search_entry_newest ON search_entry (published_at, record_id)",
    "CREATE INDEX search_entry_readable ON search_entry (audience_id, live, facet_set)",
    "CREATE INDEX search_entry_facets ON search_entry (facet_set)",
)
_SQLITE = (
    _ENTRY.format(id="INTEGER", exact="TEXT"),
    _STATE.format(id="INTEGER", exact="TEXT"),
    """CREATE TABLE search_text (record_id INTEGER PRIMARY KEY, title TEXT NOT NULL, names TEXT NOT NULL,
         summary TEXT NOT NULL, body TEXT NOT NULL)""",
    _TERM.format(exact="TEXT", clustered="WITHOUT ROWID"),
    _MEMBER.format(exact="TEXT", clustered="WITHOUT ROWID"),
    *_INDEXES,
    """CREATE VIRTUAL TABLE search_fts USING fts5(
         title, names, summary, body, tokenize="ascii tokenchars '_'", prefix='2 3')""",
    "CREATE VIRTUAL TABLE search_vocab USING fts5vocab(search_fts, 'row')",
)
_BYTES = 'TEXT COLLATE "C"'
_POSTGRES = (
    _ENTRY.format(id="BIGINT", exact=_BYTES),
    _STATE.format(id="BIGINT", exact=_BYTES),
    """CREATE TABLE search_text (record_id BIGINT PRIMARY KEY, title TEXT NOT NULL, names TEXT NOT NULL,
         summary TEXT NOT NULL, body TEXT NOT NULL, title_words TEXT NOT NULL, names_words TEXT NOT NULL,
         summary_words TEXT NOT NULL, body_words TEXT NOT NULL, vector TSVECTOR NOT NULL)""",
    _TERM.format(exact=_BYTES, clustered=""),
    _MEMBER.format(exact=_BYTES, clustered=""),
    *_INDEXES,
    # Without the pending list a search never pays for somebody else's writes.
    "CREATE INDEX search_text_vector ON search_text USING gin (vector) WITH (fastupdate = off)",
)


def create(connection: Connection) -> None:
    """Make the tables, empty. The caller owns the transaction. Raises ValueError for another database."""
    for statement in _statements(connection):
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Remove the tables if they are there."""
    virtual = ("search_vocab", "search_fts") if connection.dialect.name == "sqlite" else ()
    for table in (*virtual, *TABLES):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")


def _statements(connection: Connection) -> tuple[str, ...]:
    match connection.dialect.name:
        case "sqlite":
            return _SQLITE
        case "postgresql":
            return _POSTGRES
        case other:
            raise ValueError(f"no embedded search engine for {other}")
