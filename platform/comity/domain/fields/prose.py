"""The text of a content dict, field by field, so that every check looks at the same words.

Works on drafts: what does not have the expected shape is passed over, never raised on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from comity.domain.fields.shape import Shape, shapes


@dataclass(frozen=True)
class Text:
    """`field` is a dotted path; `verbatim` says that the words are cited or a name, not the author's own."""

    field: str
    text: str
    verbatim: bool = False


def _values(shape: Shape, value: Any, path: str) -> Iterator[Text]:
    if shape.model is not None:
        rows = value if isinstance(value, list) else [value]
        for i, row in enumerate(rows):
            yield from texts(shape.model, row, f"{path}.{i}." if isinstance(value, list) else f"{path}.")
    elif shape.widget in ("line", "prose") and isinstance(value, str):
        yield Text(path, value, shape.verbatim)
    elif shape.widget == "lines" and isinstance(value, list):
        for i, item in enumerate(value):
            if isinstance(item, str):
                yield Text(f"{path}.{i}", item, shape.verbatim)


def texts(model: type[BaseModel], data: Any, prefix: str = "") -> Iterator[Text]:
    """Every free text in the data, in the order of the model. Codes, choices, dates and numbers are not text."""
    if not isinstance(data, Mapping):
        return
    for shape in shapes(model):
        if data.get(shape.name):
            yield from _values(shape, data[shape.name], f"{prefix}{shape.name}")


def own_words(model: type[BaseModel], data: Any) -> Iterator[Text]:
    """The author's own words: without cited titles, names, identifiers and links."""
    return (text for text in texts(model, data) if not text.verbatim)


def replaced(data: Any, field: str, start: int, end: int, words: str) -> Any:
    """A copy of the data in which characters `start` to `end` of the text at `field` are `words`; for an accepted rewrite.

    Raises `KeyError` when there is no text at that path.
    """
    head, _, rest = field.partition(".")
    if isinstance(data, list) and head.isdigit() and int(head) < len(data):
        i = int(head)
        return [*data[:i], _replaced(data[i], rest, start, end, words), *data[i + 1 :]]
    if isinstance(data, Mapping) and head in data:
        return {**data, head: _replaced(data[head], rest, start, end, words)}
    raise KeyError(field)


def _replaced(value: Any, rest: str, start: int, end: int, words: str) -> Any:
    if rest:
        return replaced(value, rest, start, end, words)
    if not isinstance(value, str):
        raise KeyError(rest)
    return f"{value[:start]}{words}{value[end:]}"


_MARKS: Final = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|(?:>[ \t]?)+|```\w*)"  # a heading, a quotation, the fence of a block of code
    r"|\[([^\]\n]+)\]\([^)\s]+\)"  # a link, of which the words stay
    r"|(?<!\w)(\*{1,3}|__?|`)(?=\S)|(?<=\S)(\*{1,3}|__?|`)(?!\w)"  # where words begin or end to stand out
    r"|^[ \t]*\|?(?:[ \t]*:?-{3,}:?[ \t]*\|?)+[ \t]*$|[ \t]*\|[ \t]*",  # the lines of a table
    re.MULTILINE,
)
_ANY_MARK: Final = re.compile(r"[#>*_`\[|]|---")


def plain(markdown: str) -> str:
    """The words of a text in Markdown without most of its marks, for an index and for passages that quote it. Never for a page."""
    return _MARKS.sub(_words_of, markdown) if _ANY_MARK.search(markdown) else markdown


def _words_of(mark: re.Match[str]) -> str:
    return mark[1] or (" " if "|" in mark[0] else "")
