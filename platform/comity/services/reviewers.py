"""Who can review a record, who was asked, and how the count stands. Conflicts are found here and counted nowhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from comity import policies
from comity.domain.conflict import Funding, RecordTies, Relations, conflicts, members_among
from comity.domain.node import Organization
from comity.domain.quorum import (
    Decision,
    QuorumRule,
    Tally,
    Vote,
    could_meet,
    ordinary_rule_for,
    return_tally,
    rule_for,
    tally,
)
from comity.domain.record import Record
from comity.domain.roles import Role, Sector
from comity.domain.tlp import TLP
from comity.services.unit import Unit
from comity.storage import audiences, editorial, organizations, people, role_grants


@dataclass(frozen=True)
class Candidate:
    """A reviewer who could be asked, with what stands in the way."""

    account: str
    name: str
    organization: Organization
    skills: Sequence[str]
    conflicts: Sequence[str]


def rule_of(unit: Unit, record: Record, *, ordinary: bool = False, tlp: TLP | None = None) -> QuorumRule:
    """The quorum rule that applies to this record now, or would under the marking `tlp`."""
    names = bool(record.facts.get("names_entity"))
    tlp = tlp or audiences.load(unit.db, record.audience_id).tlp
    quiet = names and tlp.restriction >= TLP.AMBER.restriction
    advocate = quiet or bool(record.facts.get("certain"))
    if ordinary:
        return ordinary_rule_for(
            record.kind,
            names_entity_negatively=names,
            policy=policies.quorum(),
            needs_devils_advocate=advocate,
        )
    return rule_for(
        record.kind,
        record.subtype,
        names_entity_negatively=names,
        urgent=record.urgent,
        policy=policies.quorum(),
        needs_devils_advocate=advocate,
    )


def relations(members: Sequence[Organization]) -> Relations:
    """What members have listed about each other, and the secretariat has checked."""
    return Relations(
        parents=frozenset((one.id, one.parent) for one in members if one.parent),
        funding=frozenset(Funding(funder=funder, funded=one.id) for one in members for funder in one.funders),
        competitors=frozenset((one.id, other) for one in members for other in one.competitors),
    )


def found_conflicts(
    unit: Unit, record: Record, organization: str, declared: Collection[str] = ()
) -> list[str]:
    """Sentences for every conflict of one organization with a record (G-20, G-21)."""
    members = organizations.listed(unit.db)
    ties = RecordTies(
        originator=record.organization,
        named_entities=members_among(record.facts.get("named", ()), members),
        source_suppliers=members_among(record.facts.get("source_suppliers", ()), members),
    )
    found = conflicts(organization, ties, relations(members), today=unit.now.date(), declared=declared)
    return [one.sentence for one in found]


def candidates(unit: Unit, record: Record) -> list[Candidate]:
    """Every reviewer of a verified member other than the author, those without a conflict first."""
    members = {one.id: one for one in organizations.listed(unit.db)}
    holders = role_grants.holders(unit.db, Role.REVIEWER)
    found = [
        Candidate(
            one.id,
            one.name,
            members[one.organization],
            one.skills,
            found_conflicts(unit, record, one.organization),
        )
        for one in people.accounts(unit.db, ids=holders)
        if one.active and one.organization in members and one.id != record.author
    ]
    return sorted(found, key=lambda one: (len(one.conflicts), one.organization.sector or "", one.name))


def entitled(unit: Unit) -> frozenset[str]:
    """Account ids of those who may vote at this moment: active, with the role, through a verified member (4.1.1)."""
    verified = {one.id for one in organizations.listed(unit.db)}
    holders = role_grants.holders(unit.db, Role.REVIEWER)
    return frozenset(
        one.id for one in people.accounts(unit.db, ids=holders) if one.active and one.organization in verified
    )


def assigned_reviewers(record: Record) -> frozenset[str]:
    """Account ids of those who were asked. Who decides an appeal reads the record by the same token, and reviews nothing in it."""
    panels = {name for panel in (record.facts.get("panel") or {}).values() for name in panel}
    asked = {name.removeprefix("person:") for name in record.assigned if name.startswith("person:")}
    return frozenset(asked - panels)


def could_review(unit: Unit, record: Record, reviewers: Collection[str] | None = None) -> Tally:
    """Would these (default: the assigned) meet the rule if all of them approved?"""
    chosen = assigned_reviewers(record) if reviewers is None else frozenset(reviewers)
    votes = [
        Vote(
            reviewer_id=one.account,
            organization=one.organization.id,
            sector=one.organization.sector,
            decision=Decision.APPROVE,
            revision=0,
            majority_government_funded=one.organization.majority_government_funded,
            devils_advocate=True,
            conflict=bool(one.conflicts),
        )
        for one in candidates(unit, record)
        if one.account in chosen
    ]
    return could_meet(votes, rule_of(unit, record), originator=record.organization, authors=[record.author])


def votes_of(unit: Unit, record: Record) -> list[Vote]:
    """The stored votes as the count reads them. Who has lost the right to vote since has no say in what is still to be published;
    what was published with their voice stands.
    """
    standing = assigned_reviewers(record)
    if not record.is_published or record.working_revision_id != record.published_revision_id:
        standing &= entitled(unit)
    return [
        Vote(
            reviewer_id=one.reviewer,
            organization=one.organization,
            sector=_sector(one.sector),
            decision=Decision(one.decision),
            revision=one.revision_id,
            majority_government_funded=one.majority_government_funded,
            devils_advocate=one.devils_advocate,
            conflict=bool(one.conflicts) or bool(found_conflicts(unit, record, one.organization)),
            assigned=one.reviewer in standing,
        )
        for one in editorial.of_record(unit.db, editorial.StoredVote, record.id)
    ]


def count(unit: Unit, record: Record, *, ordinary: bool = False) -> Tally:
    """How the count of approvals stands for the version under review."""
    return tally(
        votes_of(unit, record),
        rule_of(unit, record, ordinary=ordinary),
        originator=record.organization,
        revision=record.working_revision_id or 0,
        authors=[record.author],
    )


def count_returns(unit: Unit, record: Record, *, reject_only: bool = False) -> Tally:
    """How the count of those who ask for changes, or reject, stands."""
    return return_tally(
        votes_of(unit, record),
        policies.quorum(),
        originator=record.organization,
        revision=record.working_revision_id or 0,
        authors=[record.author],
        reject_only=reject_only,
    )


def _sector(name: str) -> Sector | None:
    return Sector(name) if name else None
