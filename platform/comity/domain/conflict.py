"""Conflicts of interest: when a reviewer's organization stands too close to a record for its vote to count.

Source: product 4.2.2, G-20 to G-24. Refuses to know where relations are kept and what becomes of the vote: a conflicted vote is
stored and not counted (`quorum`). Only organizations and declared interests are compared, never anything about a person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from comity.domain.months import add_months
from comity.domain.node import Organization

FUNDING_MONTHS: Final = 36


@dataclass(frozen=True)
class Funding:
    """`funder` gives money to `funded`; `last` is the day of the last known payment, None when it goes on or is not dated."""

    funder: str
    funded: str
    last: date | None = None


@dataclass(frozen=True, kw_only=True)
class Relations:
    """What is listed about organizations. Pairs in `parents` are (child, parent); `competitors` hold either way round."""

    parents: frozenset[tuple[str, str]] = frozenset()
    funding: frozenset[Funding] = frozenset()
    competitors: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, kw_only=True)
class RecordTies:
    """The organizations that a record touches."""

    originator: str
    named_entities: frozenset[str] = frozenset()
    source_suppliers: frozenset[str] = frozenset()


def named_in(content: Mapping[str, Any]) -> list[str]:
    """Every name and identifier under which a complete content names organizations, except as a source."""
    entities = [one for one in content.get("entities") or () if one.get("role") != "source"]
    return _distinct(name for one in entities for name in _names(one))


def suppliers_in(content: Mapping[str, Any]) -> list[str]:
    """Who supplied its sources: their publishers, and the organizations that it names as a source."""
    claims = content.get("claims") or ()
    sources = [
        *(content.get("sources") or ()),
        *(one for claim in claims for one in claim.get("sources") or ()),
    ]
    entities = [one for one in content.get("entities") or () if one.get("role") == "source"]
    return _distinct(
        [*(str(one.get("publisher") or "") for one in sources), *(n for one in entities for n in _names(one))]
    )


def members_among(names: Collection[str], members: Iterable[Organization]) -> frozenset[str]:
    """Ids of the members that go by one of these names or identifiers: a record names them in its own words."""
    wanted = {_folded(name) for name in names}
    return frozenset(
        one.id
        for one in members
        if wanted & {_folded(known) for known in (one.id, one.name, one.ror, *one.other_names) if known}
    )


def _names(entity: Mapping[str, Any]) -> Iterator[str]:
    yield str(entity.get("entity_id") or "")
    yield str(entity.get("name") or "")
    yield str((entity.get("identifiers") or {}).get("ror") or "")
    for other in entity.get("other_names") or ():
        yield str(other.get("value") or "")


def _distinct(names: Iterable[str]) -> list[str]:
    return sorted({name.strip() for name in names if name.strip()})


def _folded(name: str) -> str:
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return plain.removeprefix("https://").removeprefix("http://").removeprefix("ror.org/").rstrip("/")


@dataclass(frozen=True)
class Conflict:
    """One reason why a vote does not count: a stable code and a sentence."""

    code: str
    sentence: str


def conflicts(
    reviewer_org: str, record: RecordTies, relations: Relations, *, today: date, declared: Iterable[str] = ()
) -> list[Conflict]:
    """Every conflict of `reviewer_org` with the record; empty when there is none.

    `declared` are the interests that the reviewer declared for this item; any of them is a conflict (G-20).
    """
    found = [
        Conflict("declared", f"The reviewer declared an interest: {interest}")
        for interest in declared
        if interest.strip()
    ]
    if reviewer_org == record.originator:
        found.append(Conflict("originator", "The reviewer's organization made the record."))
    if reviewer_org in record.named_entities:
        found.append(Conflict("named_entity", "The reviewer's organization is named in the record."))
    if reviewer_org in record.source_suppliers:
        found.append(
            Conflict("source_supplier", "The reviewer's organization supplied a source of the record.")
        )
    for other in sorted({record.originator, *record.named_entities} - {reviewer_org}):
        # A reviewer reads these, and may not be told whose the record is (4.4.1).
        called = "the originator" if other == record.originator else other
        found += _between(reviewer_org, other, called, relations, today)
    return found


def _between(reviewer_org: str, other: str, called: str, relations: Relations, today: date) -> list[Conflict]:
    found = []
    if other in _line(reviewer_org, relations.parents) or reviewer_org in _line(other, relations.parents):
        found.append(
            Conflict("parent_or_child", f"The reviewer's organization and {called} are parent and child.")
        )
    if any(_funds(item, reviewer_org, other, today) for item in relations.funding):
        found.append(
            Conflict(
                "funder",
                f"The reviewer's organization funded {called} within the last {FUNDING_MONTHS} months.",
            )
        )
    if (reviewer_org, other) in relations.competitors or (other, reviewer_org) in relations.competitors:
        found.append(
            Conflict("competitor", f"The reviewer's organization and {called} are declared competitors.")
        )
    return found


def _line(organization: str, parents: frozenset[tuple[str, str]]) -> frozenset[str]:
    """All parents above an organization, however far; a loop in the data ends the walk."""
    above: set[str] = set()
    waiting = [organization]
    while waiting:
        here = waiting.pop()
        new = {parent for child, parent in parents if child == here} - above
        above |= new
        waiting += new
    return frozenset(above)


def _funds(item: Funding, funder: str, funded: str, today: date) -> bool:
    if (item.funder, item.funded) != (funder, funded):
        return False
    return item.last is None or item.last >= add_months(today, -FUNDING_MONTHS)
