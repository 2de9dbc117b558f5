"""The taxonomy of `policies/taxonomy.yaml`, typed (product spec 4.7): the codes a record may carry, and their words.

Unknown keys are refused, so that a typing slip in a policy file is found when it is loaded and not when somebody searches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Pair = tuple[str, str]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Term(_Strict):
    """A code with its words."""

    label: str = Field(min_length=1)


class TechnologyArea(Term):
    """One of eleven families, with the crosswalk to the lists of others."""

    sub: tuple[str, ...] = ()
    eu: tuple[str, ...] = ()
    us: tuple[str, ...] = ()
    uk: tuple[str, ...] = ()


class RiskIndicator(Term):
    """Institution-level only. `inherit` says what a parent organization takes over from a unit."""

    tie: str
    min_sources: str = ""
    note: str = ""
    inherit: Literal["full", "one_lower", "none"] = "one_lower"


class ApplicationFamily(Term):
    """Terms that prompt a question, and the benign uses that share them."""

    terms: tuple[str, ...] = ()
    benign: tuple[str, ...] = ()


class Taxonomy(_Strict):
    """Every vocabulary, by the name that a field's `Vocabulary` annotation gives."""

    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    technology_areas: Mapping[str, TechnologyArea]
    risk_indicators: Mapping[str, RiskIndicator]
    application_families: Mapping[str, ApplicationFamily]
    risk_kinds: Mapping[str, str]
    pathways: Mapping[str, str]
    mitigations: Mapping[str, str]
    sectors: Mapping[str, str]
    method_families: Mapping[str, str]
    jurisdiction_factors: Mapping[str, str]

    @model_validator(mode="after")
    def _no_empty_vocabulary(self) -> Taxonomy:
        for name in VOCABULARIES:
            if not getattr(self, name):
                raise ValueError(f"{name} is empty")
        return self

    @cached_property
    def vocabularies(self) -> Mapping[str, Sequence[Pair]]:
        """For each vocabulary its (code, label) pairs in the order of the file: the options of a form."""
        return {name: tuple(_pairs(getattr(self, name))) for name in VOCABULARIES}

    @cached_property
    def _labels(self) -> Mapping[str, Mapping[str, str]]:
        return {name: dict(pairs) for name, pairs in self.vocabularies.items()}

    def codes(self, vocabulary: str) -> frozenset[str]:
        """The codes of a vocabulary. Raises `KeyError` for a vocabulary that does not exist."""
        return frozenset(self._labels[vocabulary])

    def label(self, vocabulary: str, code: str) -> str:
        """The words for a code; a code that is not known (from another node, say) is shown as it is."""
        return self._labels[vocabulary].get(code, code)


VOCABULARIES: Final = tuple(name for name in Taxonomy.model_fields if name != "version")


def _pairs(terms: Mapping[str, str | Term]) -> list[Pair]:
    return [(code, term.label if isinstance(term, Term) else term) for code, term in terms.items()]
