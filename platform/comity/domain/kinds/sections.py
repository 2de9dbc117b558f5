"""What a record's page shows, in which order and in which words, read off the model. Knows no HTML and renders no Markdown.

Empty fields are left out: a page never shows a heading with nothing under it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from comity.domain.fields.annotations import Widget
from comity.domain.fields.shape import Pair, Shape, shapes
from comity.domain.kinds.base import SECTIONS, Kind

Vocabularies = Mapping[str, Sequence[Pair]]


@dataclass(frozen=True)
class Entry:
    """One filled field. `text` for single values (Markdown when `widget` is prose), `items` for lists, `rows` for groups.

    Choices and codes are already in words; `values` keeps the codes beside them, for links to a search.
    """

    name: str
    label: str
    widget: Widget
    text: str = ""
    items: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    rows: tuple[tuple[Entry, ...], ...] = field(default=())


@dataclass(frozen=True)
class PageSection:
    """Entries under one heading."""

    title: str
    entries: tuple[Entry, ...]


def sections_for(
    kind: type[Kind], content: Mapping[str, Any], vocabularies: Vocabularies | None = None
) -> list[PageSection]:
    """The sections of a record or of a draft in preview. Give it what `readable_part` left for this reader."""
    words = {name: dict(pairs) for name, pairs in (vocabularies or {}).items()}
    entries = {
        shape.name: _entry(shape, content.get(shape.name), shape.name, words) for shape in shapes(kind)
    }
    return [
        PageSection(title, shown)
        for title in SECTIONS
        if (
            shown := tuple(
                entry
                for shape in shapes(kind)
                if shape.label.section == title and (entry := entries[shape.name]) is not None
            )
        )
    ]


def _entry(shape: Shape, value: Any, name: str, words: Mapping[str, Mapping[str, str]]) -> Entry | None:
    if value is None or value is False or value in ("", [], {}):
        return None
    label = shape.label.text
    if shape.model is not None:
        given = value if isinstance(value, list) else [value]
        rows = tuple(
            row for i, one in enumerate(given) if (row := _row(shape.model, one, f"{name}.{i}", words))
        )
        return Entry(name, label, shape.widget, rows=rows) if rows else None
    known = words.get(shape.vocabulary, {}) if shape.vocabulary else dict(shape.options)
    if isinstance(value, list):
        codes = tuple(str(item) for item in value)
        return Entry(
            name, label, shape.widget, items=tuple(known.get(code, code) for code in codes), values=codes
        )
    text = (
        "Yes"
        if value is True
        else known.get(str(value), f"{value:.12g}" if isinstance(value, float) else str(value))
    )
    return Entry(name, label, shape.widget, text=text, values=(str(value),))


def _row(
    model: type[BaseModel], value: Any, prefix: str, words: Mapping[str, Mapping[str, str]]
) -> tuple[Entry, ...]:
    if not isinstance(value, Mapping):
        return ()
    found = (_entry(shape, value.get(shape.name), f"{prefix}.{shape.name}", words) for shape in shapes(model))
    return tuple(entry for entry in found if entry is not None)
