"""What of a record is searchable, read off the `Indexed` annotations. Plain values; knows no engine and no marking.

Weights order the texts (heavier first); title and summary have fields of their own in every index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from comity.domain.fields.prose import plain
from comity.domain.fields.shape import Shape, shapes
from comity.domain.kinds.base import Kind
from comity.domain.kinds.portions import readable_part


@dataclass(frozen=True)
class SearchFields:
    """`names` in every script and form; `body` is all other text, a paragraph each; `facets` from facet name to codes."""

    title: str
    summary: str
    names: tuple[str, ...]
    body: str
    language: str
    facets: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Found:
    shape: Shape
    text: str


def _walk(model: type[BaseModel], data: Any) -> Iterator[_Found]:
    if not isinstance(data, Mapping):
        return
    for shape in shapes(model):
        value = data.get(shape.name)
        if not value:
            continue
        if shape.model is not None:
            for row in value if isinstance(value, list) else [value]:
                yield from _walk(shape.model, row)
        elif shape.indexed is not None:
            for item in value if isinstance(value, list) else [value]:
                yield _Found(shape, str(item))


def search_fields(content: Kind, dumped: Mapping[str, Any] | None = None) -> SearchFields:
    """Title, names, summary, text and facets of one complete record, without claims that are marked more strictly than it.

    `dumped` is the content as plain JSON, where the caller has it already.
    """
    # A claim with a marking of its own is stricter than the record, and the index knows only the record's readers.
    data = readable_part(content.model_dump(mode="json") if dumped is None else dumped, lambda _: False)
    found = list(_walk(type(content), data))
    facets: dict[str, dict[str, None]] = {"kind": {content.name: None}}
    names: dict[str, None] = {}
    prose: list[tuple[int, str]] = []
    for one in found:
        indexed = one.shape.indexed
        if indexed is None:
            continue
        if indexed.facet:
            facets.setdefault(indexed.facet, {})[one.text] = None
        elif indexed.names:
            names[one.text] = None
        elif one.text not in (content.title, content.summary):
            text = plain(one.text) if one.shape.widget == "prose" else one.text
            prose.append((indexed.weight, text))
    prose.sort(key=lambda pair: -pair[0])
    return SearchFields(
        title=content.title,
        summary=content.summary,
        names=tuple(names),
        body="\n\n".join(text for _, text in prose),
        language=content.language,
        facets={name: tuple(values) for name, values in facets.items()},
    )
