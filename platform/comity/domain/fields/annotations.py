"""The inert words that a field of a kind may carry. They decide nothing: form, page, index and exchange read them off the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Widget = Literal[
    "line", "prose", "choice", "choices", "date", "datetime", "number", "lines", "check", "group", "groups"
]


@dataclass(frozen=True)
class Label:
    """What a person reads beside the field. `missing` is the sentence shown when it is needed and empty."""

    text: str
    hint: str = ""
    widget: Widget | None = None
    section: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Indexed:
    """Searchable. `facet` names the facet its values feed; `names` says that it holds names of organizations."""

    weight: int = 1
    facet: str = ""
    names: bool = False


@dataclass(frozen=True)
class Stix:
    """Carried by this standard STIX property; every other field travels in the extension."""

    property: str


@dataclass(frozen=True)
class Vocabulary:
    """Values are codes of this list in `policies/taxonomy.yaml`."""

    name: str


@dataclass(frozen=True)
class Options:
    """Words for the values of a closed choice, where the value itself does not read well."""

    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verbatim:
    """Words that are not the author's own: cited titles, names, identifiers, links. Text checks leave them alone."""
