"""Texts that try to become markup (peers S17), the eye that sees when one did, and a way to get them into a published record.

What authors hand in is refused when it holds HTML. An import or an older row might hold it all the same, so it is put in behind
the back of the checks.
"""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, Final

import sqlalchemy as sa

from comity.domain.record import Record
from comity.services.placing import document_of
from comity.storage import records, revisions
from comity.storage.tables.base import table_of
from comity.storage.tables.records import RevisionRow
from tests.story import Story

XSS: Final = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "'-alert(1)-'",
    '<a href="javascript:alert(1)">x</a>',
    '<div hx-get="/evil" hx-trigger="load">',
    "{{ 7*7 }}",
    "</title><script>alert(1)</script>",
    "<<b>script>alert(1)</script>",
    '" autofocus onfocus=alert(1) x="',
]
_ADDRESSES: Final = ("href", "src", "action", "formaction")


class _Eye(HTMLParser):
    """Reads a page as a browser would and notes what no page of ours has."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("img", "iframe", "object", "embed", "style", "base"):
            self.seen.append(tag)
        if tag == "script" and not ("nonce" in given and str(given.get("src", "")).startswith("/static/")):
            self.seen.append("script")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "autofocus", "srcdoc"):
                self.seen.append(f"{tag} {name}")
            if name in _ADDRESSES and str(value).strip().lower().startswith(
                ("javascript:", "data:", "vbscript:")
            ):
                self.seen.append(f"{tag} {name}={value}")
            if name.startswith("hx-") and "hx-nonce" not in given:
                self.seen.append(f"{tag} {name} without a nonce")

    def handle_data(self, data: str) -> None:
        if data.strip() in ("49", "T 49", "Conference 49"):
            self.seen.append("a template was run")


def live(page: str) -> list[str]:
    """What in a page would run, load or swap although we did not write it. Empty when all is well."""
    eye = _Eye()
    eye.feed(page)
    return eye.seen


def poison(story: Story, record: Record, **fields: Any) -> None:
    """Put `fields` into the published version of a record and into the index, past every check."""
    table = table_of(RevisionRow)
    with story.unit("system") as unit:
        found = revisions.get(unit.db, unit.viewer, record.published_revision_id)
        assert found is not None
        content = {**found.content, **fields}
        values = {"content": content, "title": content["title"], "summary": content["summary"]}
        facts = {
            **record.facts,
            "first_action": {"do": fields.get("title", ""), "who": fields.get("title", "")},
        }
        document = document_of(unit, records.store(unit.db, replace(record, facts=facts)))
        unit.db.execute(sa.update(table).where(table.c.id == found.id).values(**values))
        if document is not None:
            unit.index.put([replace(document, title=content["title"], summary=content["summary"])])
