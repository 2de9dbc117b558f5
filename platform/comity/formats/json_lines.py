"""JSON Lines of the project's own: one record a line, `{"kind", "id", "tlp", "published", "content": {fields of the kind}}`.

`published` is optional (ISO 8601), `tlp` too: a record without a marking starts as its importer's drafts do. Unknown keys are
refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from comity.domain.kinds.registry import KINDS
from comity.formats.documents import each, lines
from comity.formats.fields import Fields
from comity.formats.marking import read_marking
from comity.formats.rows import BadDocument, Item, Limits, Row

KEYS: Final = frozenset({"kind", "id", "tlp", "published", "publisher", "content"})


def read(path: Path, limits: Limits) -> Iterator[Row]:
    """Every line of `path`; plain, gzip or xz."""
    return each(lines(path, limits), limits, item)


def item(position: int, data: Fields) -> Item:
    """One line."""
    if unknown := sorted(set(data.data) - KEYS):
        raise BadDocument(
            "unknown-field", f"“{unknown[0][:60]}” is not a key of a record line.", unknown[0][:60]
        )
    return Item(
        position=position,
        foreign_id=data.identifier("id"),
        kind=known_kind(data.needed("kind")),
        content=dict(data.node("content").data),
        publisher=data.text("publisher"),
        tlp=read_marking(data.text("tlp")),
        source_date=data.time("published"),
    )


def known_kind(name: str) -> str:
    """The name, when there is such a kind."""
    if name not in KINDS:
        raise BadDocument("choice", f"“{name[:60]}” is not a kind of record. Use {', '.join(KINDS)}.", "kind")
    return name
