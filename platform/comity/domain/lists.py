"""Two lists of names with opposite purposes: one that triggers a review, one that guards against a false match.

Decides what a valid list is and whether a name is literally on it. Fuzzy matching is the work of `screening`. Neither list says
that anything is refused. Source: product 4.7.3; peers row 8; `policies/lists/*.yaml`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from comity.domain.policy import Part, PolicyDocument


class ListSource(Part):
    """Where membership of a list can be checked."""

    title: str
    publisher: str
    type: Literal["official_list", "research_dataset", "press"]
    published: date
    url: str = Field(pattern=r"^https://")
    licence: str
    supports: str


class ReplySlotText(Part):
    """What the organization itself says about being listed; shown with every match."""

    state: Literal["not_applicable", "invited", "received", "declined"]
    text: str | None


class ListEntry(Part):
    """One organization in both scripts. `found_in` gives its id in each source; `ror` is null where ROR has not been checked."""

    name: str
    original_name: str
    original_language: str
    other_names: tuple[str, ...]
    ror: str | None = Field(pattern=r"^https://ror\.org/0[a-z0-9]{8}$")
    found_in: dict[str, str] = Field(min_length=1)
    reply: ReplySlotText


class BaselineList(PolicyDocument):
    """A list whose only effect is a review."""

    id: str
    title: str
    effect: Literal["trigger_for_review"]
    indicator: str
    snapshot: date
    sources: dict[str, ListSource]
    entries: tuple[ListEntry, ...]

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        unknown = {source for entry in self.entries for source in entry.found_in} - self.sources.keys()
        if unknown:
            raise ValueError(f"sources that are not described: {', '.join(sorted(unknown))}")
        return self

    def find(self, name: str) -> ListEntry | None:
        """The entry that bears this name in any of its scripts, letter for letter but for case, accents and width."""
        wanted = _plain(name)
        return next(
            (e for e in self.entries if wanted in map(_plain, (e.name, e.original_name, *e.other_names))),
            None,
        )


class GenericName(Part):
    """Words that are no name by themselves."""

    name: str
    why: str


class CommonPartner(Part):
    """An organization that nearly everybody works with."""

    name: str
    other_names: tuple[str, ...]
    why: str


class GuardHit(Part):
    """A name that needs a second look before it is published under a negative statement."""

    name: str
    why: str


class CommonPartners(PolicyDocument):
    """The guard list."""

    ask: str
    generic_names: tuple[GenericName, ...]
    partners: tuple[CommonPartner, ...]

    def hits(self, names: Iterable[str]) -> list[GuardHit]:
        """Which of `names` are generic, or those of a common partner; in the order given."""
        known = {_plain(generic.name): generic.why for generic in self.generic_names}
        known |= {
            _plain(own): partner.why
            for partner in self.partners
            for own in (partner.name, *partner.other_names)
        }
        return [GuardHit(name=name, why=known[_plain(name)]) for name in names if _plain(name) in known]


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return " ".join("".join(mark for mark in decomposed if not unicodedata.combining(mark)).split())
