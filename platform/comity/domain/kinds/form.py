"""The form of a kind, and the reading of what comes back from it. Both are read off the model; neither knows HTML.

Names are dotted paths: `claims.0.sources.1.title`. Blank rows are dropped; `_add=claims.0.sources` asks for one more row;
`claims.2._remove` drops a row. Everything a person typed is kept, well formed or not: `problems` says what is wrong with it.
A group in which nothing differs from its defaults counts as not filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel

from comity.domain.claim import number_claims
from comity.domain.errors import Problem
from comity.domain.fields.annotations import Widget
from comity.domain.fields.shape import Pair, Shape, shapes
from comity.domain.fields.values import without_controls
from comity.domain.kinds.base import SECTIONS, Kind

MAX_ROWS: Final = 200
"""Rows of one group that a form may carry; more are not read, which the model's own bound then reports."""

_YES: Final = frozenset({"on", "true", "1", "yes"})
_NO_CHOICE: Final = ("", "Choose…")

Value = str | bool | list[str]
Vocabularies = Mapping[str, Sequence[Pair]]


@dataclass(frozen=True)
class FormField:
    """One field to draw. `value` is text, a list for `choices`, a truth value for `check`; text with line ends for `lines`.

    `children` holds the fields of a `group`, or a list of such lists, one a row, for `groups`.
    """

    name: str
    label: str
    hint: str
    widget: Widget
    required: bool
    value: Value = ""
    options: Sequence[Pair] = ()
    errors: Sequence[str] = ()
    max_length: int | None = None
    section: str = ""
    children: Sequence[Any] = field(default=())


@dataclass(frozen=True)
class Section:
    """Fields under one heading."""

    title: str
    fields: Sequence[FormField]


# ---------------------------------------------------------------- drawing


def form_for(
    kind: type[Kind],
    data: Mapping[str, Any],
    problems: Iterable[Problem] = (),
    vocabularies: Vocabularies | None = None,
) -> list[Section]:
    """The form filled with a draft of any state. `vocabularies` are the taxonomy's (code, label) pairs."""
    errors: dict[str, list[str]] = {}
    for problem in problems:
        errors.setdefault(problem.field, []).append(problem.message)
    drawn = _Drawing(errors, vocabularies or {})
    fields = [drawn.field(shape, data.get(shape.name), "") for shape in shapes(kind)]
    sections = (Section(title, [f for f in fields if f.section == title]) for title in SECTIONS)
    return [section for section in sections if section.fields]


class _Drawing:
    def __init__(self, errors: Mapping[str, Sequence[str]], vocabularies: Vocabularies) -> None:
        self._errors = errors
        self._vocabularies = vocabularies

    def field(self, shape: Shape, value: Any, prefix: str) -> FormField:
        name = f"{prefix}{shape.name}"
        return FormField(
            name=name,
            label=shape.label.text,
            hint=shape.label.hint,
            widget=shape.widget,
            required=shape.required,
            value=_shown(shape, value),
            options=self._options(shape, value),
            errors=self._found(shape, name),
            max_length=shape.max_length,
            section=shape.label.section,
            children=self._children(shape, value, name),
        )

    def _found(self, shape: Shape, name: str) -> Sequence[str]:
        own = list(self._errors.get(name, ()))
        if (
            shape.model is None
        ):  # an error on one line or one choice is shown on the field that holds them all
            own += [m for path, found in self._errors.items() if path.startswith(f"{name}.") for m in found]
        return own

    def _options(self, shape: Shape, value: Any) -> Sequence[Pair]:
        if shape.widget not in ("choice", "choices"):
            return ()
        options = list(self._vocabularies.get(shape.vocabulary, ()) if shape.vocabulary else shape.options)
        given = value if isinstance(value, list) else [value]
        known = {code for code, _ in options}
        # A code that this node does not know is still shown, or saving the form would lose it.
        options += [(code, code) for code in given if isinstance(code, str) and code and code not in known]
        return [_NO_CHOICE, *options] if shape.widget == "choice" and shape.default is None else options

    def _children(self, shape: Shape, value: Any, name: str) -> Sequence[Any]:
        if shape.model is None:
            return ()
        if shape.widget == "group":
            return self._row(shape.model, value, f"{name}.")
        rows = value if isinstance(value, list) else []
        if not rows and shape.required:
            rows = [{}]
        return [self._row(shape.model, row, f"{name}.{i}.") for i, row in enumerate(rows)]

    def _row(self, model: type[BaseModel], value: Any, prefix: str) -> list[FormField]:
        row = value if isinstance(value, Mapping) else {}
        return [self.field(shape, row.get(shape.name), prefix) for shape in shapes(model)]


def _shown(shape: Shape, value: Any) -> Value:
    if shape.model is not None:
        return ""
    if value is None or value == "":
        value = shape.default
    match shape.widget:
        case "check":
            return bool(value)
        case "choices":
            return [str(item) for item in value] if isinstance(value, list) else []
        case "lines":
            return "\n".join(str(item) for item in value) if isinstance(value, list) else _text(value)
        case _:
            return _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)


# ---------------------------------------------------------------- reading


def parse_form(kind: type[Kind], items: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The draft that a submitted form stands for. Fields of other parts of the page (marking, token) are passed over."""
    reading = _Reading(items)
    return number_claims(reading.group(kind, ""))


class _Reading:
    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        self._given: dict[str, list[str]] = {}
        self._rows: dict[str, set[int]] = {}
        for name, value in items:
            self._given.setdefault(name, []).append(without_controls(value))
            self._note_rows(name)
        self._add = frozenset(self._given.get("_add", ()))

    def _note_rows(self, name: str) -> None:
        parts = name.split(".")
        for i, part in enumerate(parts[:-1]):
            if i and part.isascii() and part.isdigit() and len(part) < 7:
                self._rows.setdefault(".".join(parts[:i]), set()).add(int(part))

    def group(self, model: type[BaseModel], prefix: str) -> dict[str, Any]:
        read = ((shape.name, self._value(shape, f"{prefix}{shape.name}")) for shape in shapes(model))
        return {name: value for name, value in read if value is not None}

    def _value(self, shape: Shape, name: str) -> Any:
        if shape.model is not None:
            return (
                self._groups(shape.model, name)
                if shape.widget == "groups"
                else self._filled(shape.model, f"{name}.")
            )
        values = self._given.get(name, [])
        match shape.widget:
            case "check":
                return True if values and values[-1].strip().lower() in _YES else None
            case "choices":
                return list(dict.fromkeys(v.strip() for v in values if v.strip())) or None
            case "lines":
                lines = [line.strip() for value in values for line in value.split("\n")]
                return [line for line in lines if line] or self._emptied(shape, name)
            case _:
                return (values[-1].strip() if values else "") or None

    def _emptied(self, shape: Shape, name: str) -> list[str] | None:
        # A list with a default (the caution) that somebody emptied on purpose must not grow back silently.
        return [] if shape.default and name in self._given else None

    def _groups(self, model: type[BaseModel], name: str) -> list[dict[str, Any]] | None:
        rows = [
            row
            for i in sorted(self._rows.get(name, ()))[:MAX_ROWS]
            if f"{name}.{i}._remove" not in self._given and (row := self._filled(model, f"{name}.{i}."))
        ]
        return [*rows, {}] if name in self._add else rows or None

    def _filled(self, model: type[BaseModel], prefix: str) -> dict[str, Any] | None:
        row = self.group(model, prefix)
        defaults = {shape.name: shape.default for shape in shapes(model)}
        return row if any(value != defaults[name] for name, value in row.items()) else None


def items_of(sections: Iterable[Section]) -> list[tuple[str, str]]:
    """What a browser would send for this form, untouched: the inverse that the round trip is tested with."""
    return [item for section in sections for one in section.fields for item in _items(one)]


def _items(one: FormField) -> list[tuple[str, str]]:
    match one.widget:
        case "group":
            return [item for child in one.children for item in _items(child)]
        case "groups":
            return [item for row in one.children for child in row for item in _items(child)]
        case "check":
            return [(one.name, "on")] if one.value else []
        case "choices":
            return [(one.name, str(value)) for value in one.value] if isinstance(one.value, list) else []
        case _:
            return [(one.name, str(one.value))]
