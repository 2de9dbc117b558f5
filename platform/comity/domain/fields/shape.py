"""How a field of a model looks from outside: its words, its widget, its choices. Everything that walks a kind walks this.

Knows pydantic's `FieldInfo` so that form, page, index, diff and exchange need not.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from comity.domain.fields.annotations import Indexed, Label, Options, Stix, Verbatim, Vocabulary, Widget

_T = TypeVar("_T")
Pair = tuple[str, str]


@dataclass(frozen=True)
class Shape:
    """One field: `model` is set for groups, `options` for closed choices, `vocabulary` for codes of the taxonomy."""

    name: str
    label: Label
    widget: Widget
    required: bool
    model: type[BaseModel] | None = None
    options: tuple[Pair, ...] = ()
    vocabulary: str = ""
    max_length: int | None = None
    indexed: Indexed | None = None
    stix: Stix | None = None
    verbatim: bool = False
    default: Any = None


def _find(field: FieldInfo, wanted: type[_T]) -> _T | None:
    return next((m for m in reversed(field.metadata) if isinstance(m, wanted)), None)


def _unwrap(annotation: Any) -> tuple[Any, list[Any]]:
    """Strip `Annotated` and `| None`; also return what was annotated."""
    extra: list[Any] = []
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            inner, *metadata = get_args(annotation)
            annotation, extra = inner, extra + metadata
        elif origin in (Union, types.UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation, extra


def _words(value: str) -> str:
    return value.replace("_", " ").capitalize()


def _options(annotation: Any, words: Options) -> tuple[Pair, ...]:
    values: tuple[str, ...] = ()
    if get_origin(annotation) is Literal:
        values = tuple(str(v) for v in get_args(annotation))
        return tuple((v, words.labels.get(v, _words(v))) for v in values)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple((str(m.value), words.labels.get(str(m.value), str(m.value))) for m in annotation)
    return ()


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _widget(
    annotation: Any, many: bool, options: tuple[Pair, ...], vocabulary: bool, limit: int | None
) -> Widget:
    if _is_model(annotation):
        return "groups" if many else "group"
    if options or vocabulary:
        return "choices" if many else "choice"
    if many:
        return "lines"
    if annotation is bool:
        return "check"
    if annotation in (int, float):
        return "number"
    if annotation is datetime:
        return "datetime"
    if annotation is date:
        return "date"
    return "prose" if limit and limit > 300 else "line"


def _limit(metadata: list[Any]) -> int | None:
    limits = [m.max_length for m in metadata if getattr(m, "max_length", None) is not None]
    return min(limits) if limits else None


def _shape(name: str, field: FieldInfo) -> Shape:
    annotation, extra = _unwrap(field.annotation)
    metadata = [*extra, *field.metadata]
    many = get_origin(annotation) is list
    if many:
        annotation, extra = _unwrap(get_args(annotation)[0])
    words = _find(field, Options) or Options()
    options = _options(annotation, words)
    vocabulary = _find(field, Vocabulary)
    label = _find(field, Label)
    if label is None:
        raise TypeError(f"field {name} has no Label")
    limit = None if many else _limit(metadata)
    found = [m for m in [*metadata, *(extra if many else [])] if isinstance(m, Verbatim)]
    return Shape(
        name=name,
        label=label,
        widget=label.widget or _widget(annotation, many, options, vocabulary is not None, limit),
        required=field.is_required(),
        model=annotation if _is_model(annotation) else None,
        options=options,
        vocabulary=vocabulary.name if vocabulary else "",
        max_length=limit,
        indexed=_find(field, Indexed),
        stix=_find(field, Stix),
        verbatim=bool(found),
        default=None
        if field.is_required()
        else field.get_default(call_default_factory=True, validated_data={}),
    )


@lru_cache(maxsize=128)
def shapes(model: type[BaseModel]) -> tuple[Shape, ...]:
    """Every field of the model in its order. Raises `TypeError` for a field without a `Label`."""
    return tuple(_shape(name, field) for name, field in model.model_fields.items())


def shape_at(model: type[BaseModel], path: str) -> Shape | None:
    """The field at a dotted path (`claims.0.sources.1.title`), or None when there is no such field."""
    found: Shape | None = None
    current: type[BaseModel] | None = model
    for part in path.split("."):
        if part.isdigit() and found is not None:
            continue
        found = next((s for s in shapes(current) if s.name == part), None) if current else None
        if found is None:
            return None
        current = found.model
    return found


def models_in(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The model and every group inside it, each once for every place."""
    yield model
    for shape in shapes(model):
        if shape.model:
            yield from models_in(shape.model)
