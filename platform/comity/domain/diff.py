"""A readable diff between any two contents of one kind: field by field, in the words of the model, word by word in prose.

Rows of a list are matched by their own identity (claim number, reference, name ...) before their place, so that moving a claim is
no change of its text. Knows no reader: give it what `readable_part` left.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
_EFFORT: Final = 20_000_000
"""What all matching for one difference may cost together, about two seconds; what is beyond it is shown as replaced whole."""


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


class _Effort:
    """Pays for matching from one purse. Without it, lines that repeat cost the cube of their number: 80 seconds for 4 kB."""

    def __init__(self) -> None:
        self._left = _EFFORT

    def opcodes(self, old: Sequence[str], new: Sequence[str]) -> Iterable[tuple[str, int, int, int, int]]:
        """As `SequenceMatcher.get_opcodes`, or one replacement where it cannot be afforded, between what both have at the ends."""
        same, tail = _ends(old, new)
        i, k = len(old) - tail, len(new) - tail
        middle_old, middle_new = old[same:i], new[same:k]
        cost = _cost(middle_old, middle_new)
        found: Sequence[tuple[str, int, int, int, int]] = [
            ("replace", 0, len(middle_old), 0, len(middle_new))
        ]
        if cost <= self._left:
            self._left -= cost
            found = SequenceMatcher(None, middle_old, middle_new).get_opcodes()
        moved = [(op, a + same, b + same, c + same, d + same) for op, a, b, c, d in found]
        return [("equal", 0, same, 0, same), *moved, ("equal", i, len(old), k, len(new))]


def _ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How much both begin with and, after that, how much both end with."""
    short = min(len(old), len(new))
    same = next((n for n in range(short) if old[n] != new[n]), short)
    tail = next((n for n in range(short - same) if old[-1 - n] != new[-1 - n]), short - same)
    return same, tail


def _cost(old: Sequence[str], new: Sequence[str]) -> int:
    """Pairs that the matcher looks at, as often as it may have to. What is frequent in a long text starts no match (autojunk)."""
    there = Counter(new)
    most = len(new) // 100 + 1 if len(new) >= 200 else len(new)
    pairs = sum(count * there[one] for one, count in Counter(old).items() if there[one] <= most)
    return pairs * min(len(old), len(new)) + len(old) + len(new)


class _Walk:
    def __init__(self, vocabularies: Vocabularies) -> None:
        self._effort = _Effort()
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
                    tuple(
                        compare(
                            before,
                            after,
                            whole=shape.widget not in ("line", "prose", "lines"),
                            effort=self._effort,
                        )
                    ),
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


def compare(old: str, new: str, *, whole: bool = False, effort: _Effort | None = None) -> list[Part]:
    """The parts of a text that stayed, went and came. `whole` shows short values as replaced, not letter by letter."""
    if whole:
        return [part for part in (("delete", old), ("insert", new)) if part[1]]
    effort = effort or _Effort()
    parts: list[Part] = []
    lines_old, lines_new = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for op, i, j, k, m in effort.opcodes(lines_old, lines_new):
        before, after = "".join(lines_old[i:j]), "".join(lines_new[k:m])
        parts += [("equal", before)] if op == "equal" else _by_word(before, after, effort)
    return _joined(parts)


def _by_word(old: str, new: str, effort: _Effort) -> list[Part]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    parts: list[Part] = []
    for op, i, j, k, m in effort.opcodes(before, after):
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
