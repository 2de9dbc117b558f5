"""A readable diff between any two contents of one kind: field by field, in the words of the model, word by word in prose.

Rows of a list are matched by their own identity (claim number, reference, name ...) before their place, so that moving a claim is
no change of its text. Knows no reader: give it what `readable_part` left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal

from pydantic import BaseModel

from comity.domain.fields.shape import Pair, Shape, shapes

Op = Literal["equal", "insert", "delete"]
Part = tuple[Op, str]
Vocabularies = Mapping[str, Sequence[Pair]]

_IDENTITIES: Final = (
    "claim_id",
    "ref",
    "entity_id",
    "id",
    "pathway",
    "method",
    "list_name",
    "title",
    "name",
    "value",
    "language",
)
_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")
_COSTLY: Final = 2_000_000
"""Words times words above which a block is shown as replaced whole: the matching would take seconds."""


@dataclass(frozen=True)
class Change:
    """One field that differs. The `equal` and `delete` parts make the old text, `equal` and `insert` the new one."""

    field: str
    label: str
    parts: tuple[Part, ...]


def diff(
    kind: type[BaseModel],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    vocabularies: Vocabularies | None = None,
) -> list[Change]:
    """Every change from old to new, in the order of the model; empty when nothing a reader sees has changed."""
    return list(_Walk(vocabularies or {}).group(kind, old, new, "", ""))


class _Walk:
    def __init__(self, vocabularies: Vocabularies) -> None:
        self._words = {name: dict(pairs) for name, pairs in vocabularies.items()}

    def group(self, model: type[BaseModel], old: Any, new: Any, path: str, label: str) -> Iterator[Change]:
        before = old if isinstance(old, Mapping) else {}
        after = new if isinstance(new, Mapping) else {}
        for shape in shapes(model):
            here = f"{label} › {shape.label.text}" if label else shape.label.text
            yield from self._field(
                shape, before.get(shape.name), after.get(shape.name), f"{path}{shape.name}", here
            )

    def _field(self, shape: Shape, old: Any, new: Any, path: str, label: str) -> Iterator[Change]:
        if shape.widget == "groups" and shape.model is not None:
            yield from self._rows(shape.model, old, new, path, label)
        elif shape.model is not None:
            yield from self.group(shape.model, old, new, f"{path}.", label)
        else:
            before, after = self._said(shape, old), self._said(shape, new)
            if before != after:
                yield Change(
                    path,
                    label,
                    tuple(compare(before, after, whole=shape.widget not in ("line", "prose", "lines"))),
                )

    def _rows(self, model: type[BaseModel], old: Any, new: Any, path: str, label: str) -> Iterator[Change]:
        before, after = _list(old), _list(new)
        for i, j in _matched(before, after):
            row = before[i] if i is not None else None
            changed = after[j] if j is not None else None
            place = j if j is not None else i
            name = _identity(changed or row) or str((place or 0) + 1)
            yield from self.group(model, row, changed, f"{path}.{place}.", f"{label} › {name}")

    def _said(self, shape: Shape, value: Any) -> str:
        words = self._words.get(shape.vocabulary) or dict(shape.options)
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return "Yes" if value else ""
        if isinstance(value, list):
            separator = ", " if shape.widget == "choices" else "\n"
            return separator.join(words.get(str(item), str(item)) for item in value)
        return words.get(str(value), str(value))


def compare(old: str, new: str, *, whole: bool = False) -> list[Part]:
    """The parts of a text that stayed, went and came. `whole` shows short values as replaced, not letter by letter."""
    if whole:
        return [part for part in (("delete", old), ("insert", new)) if part[1]]
    parts: list[Part] = []
    lines_old, lines_new = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for op, i, j, k, m in SequenceMatcher(None, lines_old, lines_new, autojunk=False).get_opcodes():
        before, after = "".join(lines_old[i:j]), "".join(lines_new[k:m])
        parts += [("equal", before)] if op == "equal" else _by_word(before, after)
    return _joined(parts)


def _by_word(old: str, new: str) -> list[Part]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) * len(after) > _COSTLY:
        return [("delete", old), ("insert", new)]
    parts: list[Part] = []
    for op, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op == "equal":
            parts.append(("equal", "".join(before[i:j])))
        else:
            parts += [("delete", "".join(before[i:j])), ("insert", "".join(after[k:m]))]
    return parts


def _joined(parts: Sequence[Part]) -> list[Part]:
    joined: list[Part] = []
    for op, text in parts:
        if text and joined and joined[-1][0] == op:
            joined[-1] = (op, joined[-1][1] + text)
        elif text:
            joined.append((op, text))
    return joined


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _identity(row: Any) -> str:
    if not isinstance(row, Mapping):
        return ""
    return next((str(row[key]) for key in _IDENTITIES if row.get(key)), "")


def _matched(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Pairs of places, in the order of the new list; what went comes last."""
    free = list(range(len(old)))
    partner: dict[int, int] = {}
    for same in (lambda a, b: a == b, lambda a, b: bool(_identity(a)) and _identity(a) == _identity(b)):
        for j, row in enumerate(new):
            if j not in partner and (i := next((i for i in free if same(old[i], row)), None)) is not None:
                partner[j] = i
                free.remove(i)
    for j, row in enumerate(new):  # rows without an identity of their own are matched by their place
        if j not in partner and j in free and not (_identity(old[j]) and _identity(row)):
            partner[j] = j
            free.remove(j)
    yield from ((partner.get(j), j) for j in range(len(new)))
    yield from ((i, None) for i in free)
