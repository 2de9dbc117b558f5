"""The legal profile of a node: what its country's law says about data, disclosure and reports (product 4.10.5). Data only.

Refuses to know what follows from it: what may leave for which node is a release check of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from comity.domain.errors import Problem
from comity.domain.policy import Part

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Line = Annotated[str, Field(min_length=1, max_length=400)]
Months = Annotated[int, Field(ge=1, le=1200)]


class DataProtection(Part):
    """The law on personal data, who watches over it, and on what ground data goes to which country."""

    regime: Line
    authority: Line
    transfer_basis: dict[Country, Literal["adequacy", "standard_clauses", "none"]] = {}


class DisclosureLaw(Part):
    """May anybody demand to see what the operator holds, and what is kept back on which ground?"""

    applies_to_operator: bool
    exemptions_relied_on: tuple[Literal["confidence", "security", "commercial"], ...] = ()
    accepts_amber_from_peers: bool


class Defamation(Part):
    """What has to be shown for a statement about an organization."""

    standard: Line
    prior_notice_advised: bool


class Retention(Part):
    """How long things are kept, in months."""

    records: Months
    assessments: Months
    submissions: Annotated[int, Field(ge=1, le=24)]
    audit: Months


class TechnologyList(Part):
    """The national list of technologies that the node refers to."""

    source: Line
    version: Line


class ContactPoint(Part):
    """Where people of the country ask for advice."""

    name: Line
    url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=400)]


class LegalProfile(Part):
    """One node's profile. It is looked at again by `review_due`."""

    schema_: Literal["rsi.legal_profile/1"] = Field(default="rsi.legal_profile/1", alias="schema")
    node: str = Field(default="", max_length=60)
    jurisdiction: Country
    data_protection: DataProtection
    disclosure_law: DisclosureLaw
    defamation: Defamation
    mandatory_reporting: tuple[Line, ...] = ()
    retention_months: Retention
    lists_with_legal_effect: tuple[Line, ...] = ()
    lists_advisory: tuple[Line, ...] = ()
    technology_list: TechnologyList | None = None
    classified_material: Literal["refused"] = "refused"
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")], ...] = ()
    national_contact_point: ContactPoint | None = None
    may_not_receive: tuple[Line, ...] = ("exceptional_personal_data",)
    may_not_send: tuple[Line, ...] = ("member_identity", "submission_payload")
    reviewed_on: date
    review_due: date

    def overdue(self, now: datetime) -> bool:
        """Nobody has looked at it again by the day on which somebody should have (UTC)."""
        return self.review_due < now.date()

    def transfers_to(self, country: str) -> bool:
        """May personal data that is shared at all go to `country`? A country that is not named has no basis."""
        return country == self.jurisdiction or self.data_protection.transfer_basis.get(country) in (
            "adequacy",
            "standard_clauses",
        )

    @property
    def keeps_amber(self) -> bool:
        """Can the node keep TLP:AMBER from a demand for disclosure, and does it accept such records (4.10.2)?"""
        law = self.disclosure_law
        return law.accepts_amber_from_peers and (
            not law.applies_to_operator or bool(law.exemptions_relied_on)
        )


def readable(given: Mapping[str, Any]) -> LegalProfile | None:
    """The profile, or None for one that is not filled in or was written before this form: a node without one works, alone."""
    try:
        return LegalProfile.model_validate(given)
    except ValidationError:
        return None


def legal_profile_problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with a profile, field by field. An empty one is not filled in yet, which is no problem."""
    if not given:
        return
    try:
        profile = LegalProfile.model_validate(given)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path = ".".join(str(part) for part in ("legal_profile", *detail["loc"]))
            yield Problem(path, "malformed", f"{detail['msg']}.")
        return
    if profile.review_due <= profile.reviewed_on:
        yield Problem("legal_profile.review_due", "dates", "The next review is after the last one.")
