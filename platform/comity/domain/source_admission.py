"""Public sources that council admitted: what they publish may be taken over without a review of each document.

Decides when an admission holds: it needs the quorum that a record without a named organization needs (G-01: at least two
sectors, one of them not government). Nothing from such a source may be marked above CLEAR, and a document that is about an
organization is not covered (G-03). Refuses to know formats and files. Source: product 4.2.5, 4.10.9; `policies/sources.yaml`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from comity.domain.governance import ApprovalRule
from comity.domain.policy import Part, PolicyDocument
from comity.domain.roles import Sector
from comity.domain.source import Credibility, Reliability
from comity.domain.tlp import TLP


class Admission(Part):
    """Council's vote: the day, and one entry in `votes` for the sector of each organization that agreed."""

    day: date
    votes: tuple[Sector, ...] = Field(min_length=1)


class PublicSource(Part):
    """A publisher's collection. `sector` is the publisher's own, shown as the origin; grades are council's, given at admission.

    `publishers` and `id_pattern` say how its documents are recognised, so that another file cannot pass under its name.
    """

    id: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    title: str = Field(min_length=1)
    formats: tuple[str, ...] = Field(min_length=1)
    url: str = Field(pattern=r"^https://")
    publishers: tuple[str, ...] = Field(min_length=1)
    id_pattern: str = Field(min_length=2)
    kinds: tuple[str, ...] = ("advisory",)
    licence: str = Field(min_length=1)
    attribution: str = Field(min_length=1)
    highest_tlp: Literal[TLP.CLEAR] = TLP.CLEAR
    sector: Sector | None = None
    reliability: Reliability | None = None
    credibility: Credibility | None = None
    grading_reason: str = ""
    admitted: Admission | None = None

    @model_validator(mode="after")
    def _pattern_compiles(self) -> Self:
        try:
            re.compile(self.id_pattern)
        except re.error as error:
            raise ValueError(f"{self.id}: id_pattern is no regular expression: {error}") from error
        return self

    def recognises(self, publisher: str, foreign_id: str) -> bool:
        """Does a document of this publisher with this id come from here?"""
        return publisher in self.publishers and re.fullmatch(self.id_pattern, foreign_id) is not None


class SourcesPolicy(PolicyDocument):
    """`policies/sources.yaml`. A source that is listed without `admitted` can only be imported as drafts."""

    sources: tuple[PublicSource, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [source.id for source in self.sources]
        if len(set(ids)) != len(ids):
            raise ValueError("two sources have the same id")
        return self

    def find(self, source_id: str) -> PublicSource | None:
        """The source with this id."""
        return next((source for source in self.sources if source.id == source_id), None)


def admission_problems(source: PublicSource, rule: ApprovalRule) -> list[str]:
    """Why the admission does not hold, in plain sentences; empty when it does. A source nobody voted on has one problem: that."""
    if source.admitted is None:
        return [f"Council has not admitted {source.id}."]
    sectors = source.admitted.votes
    problems = []
    if len(sectors) < rule.approvals:
        problems.append(f"{source.id} needs {rule.approvals} votes and has {len(sectors)}.")
    if len(set(sectors)) < rule.sectors:
        problems.append(f"{source.id} needs votes from {rule.sectors} sectors and has {len(set(sectors))}.")
    if sum(sector is not Sector.GOVERNMENT for sector in sectors) < rule.non_government:
        problems.append(f"{source.id} needs {rule.non_government} votes from outside government.")
    if rule.must_include_one_of and not set(sectors) & set(rule.must_include_one_of):
        problems.append(f"{source.id} needs a vote from {' or '.join(rule.must_include_one_of)}.")
    return problems
