"""The list of kinds. Adding a kind is one file with one worked example, and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.domain.kinds.advisory import Advisory
from comity.domain.kinds.base import Kind
from comity.domain.kinds.best_practice import BestPractice
from comity.domain.kinds.due_diligence_note import DueDiligenceNote

KINDS: Final[Mapping[str, type[Kind]]] = MappingProxyType(
    {one.name: one for one in (Advisory, BestPractice, DueDiligenceNote)}
)


class UnknownKind(KeyError):
    """No kind of that name."""


def kind(name: str) -> type[Kind]:
    """The model of a kind by its name in code (`due_diligence_note`). Raises `UnknownKind`."""
    try:
        return KINDS[name]
    except KeyError:
        raise UnknownKind(name) from None
