"""Take a record down: by its originator with an editor's acknowledgement, or by council. A tombstone stays (G-07)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from comity import policies
from comity.domain.council import CouncilVote, decide
from comity.domain.errors import Conflict, Invalid, NotAllowed, Problem
from comity.domain.lifecycle_facts import Actor, Facts, Verb
from comity.domain.recall import chosen
from comity.domain.record import Record
from comity.domain.roles import Role, Sector
from comity.services.reviewers import found_conflicts
from comity.services.settle import settle
from comity.services.step import give_reason, held_record, take
from comity.services.triage import check_reason
from comity.services.unit import Unit
from comity.storage import editorial, organizations, people, records, revisions, role_grants

HARMFUL: Final = frozenset({"harm", "personal_data"})
"""Reasons for which the body is sealed; after any other the earlier text stays readable to those who could read it (4.5.2)."""

KEEP_TITLE: Final = frozenset({"overtaken", "originator_request", "source_withdrawn", "council_decision"})
"""Reasons after which the tombstone may go on showing the title; otherwise only the reference stays."""

COUNCIL_SEATS: Final = 12

NO_WISH: Final[Mapping[str, Any]] = MappingProxyType({})
"""Nobody chose what allied nodes are asked to do: what is usual for the reason."""


def ask(
    unit: Unit,
    *,
    ref: str,
    reason_code: str,
    text: str,
    replacement: str = "",
    action: str = "",
    hours: int = 0,
) -> Record:
    """The originator asks to withdraw; it takes effect when an editor acknowledges. Until then the record stays up.

    `action` and `hours` are what allied nodes that have it will be asked to do and how soon; empty: what is usual for the reason.
    """
    unit.need("withdraw", "own")
    record = held_record(unit, ref)
    if record.organization != unit.viewer.organization:
        raise NotAllowed("Only the organization that made a record withdraws it.")
    if not record.is_published or record.tombstone is not None:
        raise Conflict("Only what was published is withdrawn. A draft is taken back.")
    check_reason("withdraw", reason_code, text)
    if replacement and records.get(unit.db, unit.viewer, replacement) is None:
        raise Invalid([Problem("replacement", "unknown", "There is no such record that you can read.")])
    recall = _recall(action, hours)
    give_reason(
        unit,
        record,
        "withdrawal_asked",
        reason_code=reason_code,
        text=text,
        replacement=replacement,
        recall=recall,
    )
    assigned = tuple(dict.fromkeys((*record.assigned, f"role:{Role.EDITOR.value}")))
    record = settle(
        unit, replace(record, assigned=assigned, facts={**record.facts, "withdrawal_asked": reason_code})
    )
    unit.audit("withdraw.ask", record.ref, audience_id=record.audience_id, reason=reason_code)
    unit.emit("withdraw.asked", record.id)
    return record


def _recall(action: str, hours: int) -> dict[str, Any]:
    """What was chosen for the allied nodes, as it is kept; empty where nothing was."""
    if not action and not hours:
        return {}
    asked = chosen(action, hours)
    if asked is None:
        said = "Choose what allied nodes are asked to do and how soon: both, or neither."
        raise Invalid([Problem("action", "choice", said)])
    return {"action": asked.action, "hours": asked.hours}


def acknowledge(unit: Unit, *, ref: str) -> Record:
    """An editor acknowledges what the originator asked for: it is no decision, and it is not refused."""
    if Role.EDITOR not in unit.viewer.roles:
        raise NotAllowed("An editor acknowledges a withdrawal.")
    record = held_record(unit, ref)
    asked = [
        one
        for one in editorial.of_record(unit.db, editorial.Decision, record.id)
        if one.what == "withdrawal_asked"
    ]
    if not asked or not record.facts.get("withdrawal_asked"):
        raise Conflict("The originator has not asked for this.")
    last = asked[-1]
    facts = Facts(
        by=Actor.ORIGINATOR, reason_code=last.reason_code, reason_text=last.text, editor_acknowledged=True
    )
    return _take_down(
        unit,
        record,
        facts,
        replacement=str(last.details.get("replacement") or ""),
        recall=last.details.get("recall") or {},
    )


def council_vote(unit: Unit, *, ref: str, reason_code: str, text: str, agrees: bool) -> Record:
    """One council member's voice on taking down a record that is not theirs. It takes effect by itself when three sectors, two of
    them non-government, and a majority agree; each member's last word counts.
    """
    if Role.COUNCIL_MEMBER not in unit.viewer.roles:
        raise NotAllowed("Council withdraws a record that is not one's own.")
    record = held_record(unit, ref)
    check_reason("withdraw", reason_code, text)
    give_reason(unit, record, "council_withdraw", reason_code=reason_code, text=text, agrees=agrees)
    unit.audit("withdraw.council_vote", record.ref, audience_id=record.audience_id, agrees=agrees)
    rule = policies.quorum().actions.withdraw_other
    decision = decide(
        council_votes(unit, record, "council_withdraw"),
        seats=COUNCIL_SEATS,
        sectors=rule.sectors,
        non_government=rule.non_government,
    )
    if not decision.met:
        return record
    facts = Facts(by=Actor.COUNCIL, reason_code=reason_code, reason_text=text, council_agrees=True)
    return _take_down(unit, record, facts)


def council_votes(unit: Unit, record: Record, what: str, **about: str) -> list[CouncilVote]:
    """The last word of each member on one matter since the record was last changed by council.

    A voice about something else than `about`, such as another end of a hold, agrees to nothing. Every voice is stored; only those
    of members who sit there now and against whom no interest stands are counted (G-21, G-22).
    """
    last = {
        one.by: one
        for one in editorial.of_record(unit.db, editorial.Decision, record.id)
        if one.what == what and one.by_sector and one.at >= record.state_since
    }
    seated = council(unit, record)
    return [
        CouncilVote(
            member, seated[member], bool(one.details.get("agrees")) and about.items() <= one.details.items()
        )
        for member, one in last.items()
        if member in seated
    ]


def council(unit: Unit, record: Record) -> dict[str, Sector]:
    """Account id -> sector of everybody who may speak in council on this record now: an active account with the role, through a
    verified member of a sector, who neither wrote the record nor belongs to an organization too close to it.
    """
    members = {one.id: one for one in organizations.listed(unit.db) if one.sector is not None}
    holders = role_grants.holders(unit.db, Role.COUNCIL_MEMBER)
    seated = [
        one
        for one in people.accounts(unit.db, ids=holders)
        if one.active and one.organization in members and one.id != record.author
    ]
    close = {name for name in {one.organization for one in seated} if found_conflicts(unit, record, name)}
    return {
        one.id: sector
        for one in seated
        if one.organization not in close and (sector := members[one.organization].sector) is not None
    }


def _take_down(
    unit: Unit,
    record: Record,
    facts: Facts,
    *,
    replacement: str = "",
    recall: Mapping[str, Any] = NO_WISH,
) -> Record:
    replaced_by = records.get(unit.db, unit.viewer, replacement) if replacement else None
    shown = revisions.get(unit.db, unit.viewer, record.published_revision_id)
    title = shown.title if shown and facts.reason_code in KEEP_TITLE else ""
    tombstone = {
        "title": title,
        "withdrawn_at": unit.now.isoformat(),
        "published_at": record.published_at.isoformat() if record.published_at else "",
        "reason_code": facts.reason_code,
        "reason": facts.reason_text,
        "replacement": replaced_by.ref if replaced_by else "",
    }
    changes = {
        **record.facts,
        "body_sealed": facts.reason_code in HARMFUL,
        "withdrawal_asked": "",
        "recall": dict(recall),
    }
    return take(unit, record, Verb.WITHDRAW, facts, tombstone=tombstone, facts=changes)
