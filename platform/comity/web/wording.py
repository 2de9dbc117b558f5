"""The text of a record or a draft as people read it: its sections with days, languages and codes in words, at every depth.

`values` keeps what was written beside the words. Decides nothing about who reads it: it is given what this reader may see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from babel import Locale, UnknownLocaleError

from comity import policies
from comity.domain.kinds.registry import kind
from comity.domain.kinds.sections import Entry, PageSection, sections_for
from comity.web.rendering import day


def text_of(kind_name: str, content: Mapping[str, Any]) -> list[PageSection]:
    """The filled sections, in the order of the kind."""
    found = sections_for(kind(kind_name), content, policies.taxonomy().vocabularies)
    return [replace(one, entries=tuple(_worded(entry) for entry in one.entries)) for one in found]


def day_of(text: str) -> str:
    """`2026-11-03` -> `3 November 2026`; a draft may hold anything, which is shown as it is."""
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def _worded(entry: Entry) -> Entry:
    last = entry.name.rpartition(".")[2]
    if entry.widget == "date":
        return replace(entry, text=day_of(entry.text))
    if last == "language" and entry.text:
        return replace(entry, text=_language(entry.text))
    if last == "languages":
        return replace(entry, items=_languages(entry.items))
    rows = tuple(tuple(_worded(part) for part in row) for row in entry.rows)
    return replace(entry, rows=rows) if rows else entry


def _languages(codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(_language(code) for code in codes)


@cache
def _language(code: str) -> str:
    """`zh-Hant` -> `Chinese (Traditional Han)`; a code that nobody knows is shown as it is."""
    try:
        return Locale.parse(code, sep="-").get_display_name("en") or code
    except (ValueError, UnknownLocaleError):
        return code
