"""A claim: one sourced, dated, expiring fact about an organization's unit (product spec 4.4.5, rules C-01 to C-07).

Refuses to know what a claim adds up to: tie levels and grades are decided elsewhere, and only from claims that are `usable`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

from comity.domain.errors import Problem
from comity.domain.fields.annotations import Indexed, Label, Verbatim, Vocabulary
from comity.domain.fields.values import NEEDED, Code, Day, Group, Line, Lines, Name, Note
from comity.domain.months import add_months
from comity.domain.source import OFFICIAL, Source, independent_count, traces_to_one
from comity.domain.tlp import TLP

Status = Literal["asserted", "corroborated", "disputed", "refuted", "expired"]
Weight = Literal["severe", "moderate", "context"]


class UnitScope(Group):
    """The part of an organization that is meant. Ties of one laboratory are not ties of its whole university."""

    level: Annotated[
        Literal["whole", "faculty", "institute", "laboratory", "subsidiary"],
        Label("Part of the organization", missing="Choose the part of the organization that is meant."),
    ]
    unit: Annotated[
        Name,
        Label("Name of the unit", "Empty when the whole organization is meant."),
        Indexed(4, names=True),
    ] = ""
    reason: Annotated[
        Note, Label("Why the whole organization", "Needed when no smaller part can be named.")
    ] = ""


class Claim(Group):
    """`claim_id` is unique inside its record (`c1`); `derived_from` holds `record#claim` ids, so that circles show (C-07)."""

    claim_id: Annotated[Code, Label("Claim number", "Left empty, it is numbered for you.")] = ""
    text: Annotated[
        Note, NEEDED, Label("One fact, neutrally put", widget="prose", missing="State the fact."), Indexed(2)
    ]
    indicator: Annotated[Code | None, Vocabulary("risk_indicators"), Label("Indicator", widget="choice")] = (
        None
    )
    unit_scope: Annotated[
        UnitScope, Label("Scope", missing="Say which part of the organization this is about.")
    ]
    from_date: Annotated[Day | None, Label("True from")] = None
    to_date: Annotated[Day | None, Label("True until")] = None
    sources: Annotated[
        list[Source],
        NEEDED,
        Label("Sources of this claim", missing="A claim needs at least one source (C-01)."),
    ]
    confidence: Annotated[
        Literal["low", "moderate", "high"], Label("Confidence", missing="Say how confident you are.")
    ]
    status: Annotated[Status, Label("Status")] = "asserted"
    weight: Annotated[Weight, Label("Weight", missing="Choose how much this claim weighs.")]
    tlp: Annotated[
        TLP | None,
        Label("Stricter marking for this claim", "Only if it is stricter than the record.", widget="choice"),
    ] = None
    first_seen: Annotated[Day | None, Label("First seen")] = None
    last_checked: Annotated[Day, Label("Last checked", missing="Say when the sources were last looked at.")]
    expires_at: Annotated[
        Day, Label("Expires on", missing="Give the date after which this claim no longer counts.")
    ]
    derived_from: Annotated[
        Lines,
        Verbatim(),
        Label(
            "Copied from",
            "The claim this was copied from, such as RSI-XX-ADV-2026-1#c2. One a line.",
        ),
    ] = []
    reply_ref: Annotated[
        Line, Verbatim(), Label("Reply of the organization", "Reference of its statement, if any.")
    ] = ""


_ABSENCE: Final = re.compile(
    r"\b(no (evidence|ties?|links?|records?|indications?|entry|entries|matches)\b.{0,40}\b(found|seen|known|listed|identified)"
    r"|nothing (was )?found|not (found|listed) (on|in)|could not find|does not appear (on|in))",
    re.IGNORECASE,
)
_ALLEGED: Final = re.compile(
    r"\b(alleg\w+|accus\w+|suspected|reportedly|charged|indict\w+|said to have|claimed to have|denie[sd])\b",
    re.IGNORECASE,
)
_CRIME: Final = re.compile(
    r"\b(guilty|convict\w+|stole|stolen|theft|thieves|espionage|spied|spying|smuggl\w+|fraud\w*|brib\w+|unlawful\w*|illegal\w*)\b",
    re.IGNORECASE,
)


def severe_is_carried(claim: Claim) -> bool:
    """4.4.4: a severe claim has one official source or two independent ones."""
    return any(s.type in OFFICIAL for s in claim.sources) or independent_count(claim.sources) >= 2


def usable(claim: Claim, today: date) -> bool:
    """C-03: refuted and expired claims never reach an assessment. The expiry date is the last day of use."""
    return claim.status not in ("refuted", "expired") and claim.expires_at >= today


def longest_expiry(claim: Claim) -> date:
    """24 months after the last check; 12 for a moderate claim that rests on the press alone."""
    press_only = claim.weight == "moderate" and all(s.type == "press" for s in claim.sources)
    return add_months(claim.last_checked, 12 if press_only else 24)


def _wording_problems(claim: Claim, where: str) -> Iterable[Problem]:
    ruled = any(s.type == "court" for s in claim.sources) or any(
        s.type == "official_list" and s.author_kind in ("public_body", "court") for s in claim.sources
    )
    if _ABSENCE.search(claim.text):
        yield Problem(
            f"{where}.text", "C-05", "Finding nothing is recorded as a check that was done, not as a claim."
        )
    if _ALLEGED.search(claim.text) and claim.status == "corroborated" and not ruled:
        yield Problem(
            f"{where}.status",
            "C-06",
            "An allegation stays an allegation until a court or regulator has recorded it.",
        )
    if _CRIME.search(claim.text) and not _ALLEGED.search(claim.text) and not ruled:
        yield Problem(
            f"{where}.text", "C-06",
            "Without a court or regulator record, say who alleges this (“according to ... it is alleged that”).",
        )  # fmt: skip


def _date_problems(claim: Claim, where: str) -> Iterable[Problem]:
    if claim.from_date and claim.to_date and claim.to_date < claim.from_date:
        yield Problem(f"{where}.to_date", "dates", "This is before the date from which the claim is true.")
    if claim.first_seen and claim.first_seen > claim.last_checked:
        yield Problem(
            f"{where}.last_checked", "dates", "This is before the day on which the claim was first seen."
        )
    limit = longest_expiry(claim)
    if claim.expires_at > limit:
        yield Problem(
            f"{where}.expires_at", "too-late", f"This claim may be used until {limit.isoformat()} at most."
        )
    if claim.expires_at < claim.last_checked:
        yield Problem(f"{where}.expires_at", "dates", "This is before the day of the last check.")


def claim_problems(claim: Claim, where: str, record_tlp: TLP, today: date) -> list[Problem]:
    """What stops a record with this claim from being submitted. `where` is the claim's dotted path."""
    problems = [*_wording_problems(claim, where), *_date_problems(claim, where)]
    if claim.last_checked > today:
        problems.append(Problem(f"{where}.last_checked", "dates", "The last check cannot lie in the future."))
    if claim.unit_scope.level == "whole" and not claim.unit_scope.reason:
        problems.append(
            Problem(
                f"{where}.unit_scope.reason",
                "missing",
                "Say why the whole organization is meant and not a unit.",
            )
        )
    if claim.weight == "severe" and not severe_is_carried(claim):
        problems.append(
            Problem(
                f"{where}.sources",
                "C-04",
                "A severe claim needs one official source or two independent ones.",
            )
        )
    if claim.weight == "severe" and _doubtful(claim):
        problems.append(Problem(
            f"{where}.weight", "C-02",
            "A severe claim whose sources are doubtful cannot be published. Ask for information about it instead.",
        ))  # fmt: skip
    if claim.tlp is not None and claim.tlp.restriction < record_tlp.restriction:
        problems.append(
            Problem(
                f"{where}.tlp", "marking", f"A claim cannot be marked below its record ({record_tlp.label})."
            )
        )
    return problems


def _doubtful(claim: Claim) -> bool:
    grades = [s.credibility for s in claim.sources if s.credibility is not None]
    return bool(grades) and min(grades) >= "4"


def circular_warnings(claims: Sequence[Claim]) -> list[Problem]:
    """SG-12: claims that look confirmed but go back to one source or to one claim. Warnings, not refusals."""
    warnings: list[Problem] = []
    roots: dict[str, str] = {}
    for i, claim in enumerate(claims):
        if traces_to_one(claim.sources):
            warnings.append(
                Problem(f"claims.{i}.sources", "SG-12", "All sources of this claim trace back to one.")
            )
        for root in claim.derived_from:
            if root in roots:
                warnings.append(Problem(
                    f"claims.{i}.derived_from", "SG-12", f"This and claim {roots[root]} both go back to {root}: one confirmation."
                ))  # fmt: skip
            roots.setdefault(root, claim.claim_id or str(i + 1))
    return warnings


def number_claims(data: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which every claim without a number has the lowest free one. Numbers already given never change."""
    claims = data.get("claims")
    if not isinstance(claims, list):
        return dict(data)
    taken = {str(c.get("claim_id")) for c in claims if isinstance(c, Mapping)}
    free = (name for n in range(1, len(claims) + len(taken) + 2) if (name := f"c{n}") not in taken)
    numbered = [
        {**c, "claim_id": next(free)} if isinstance(c, Mapping) and c and not c.get("claim_id") else c
        for c in claims
    ]
    return {**data, "claims": numbered}
