"""A conflict of interest that nobody declared is found later: the review is counted again without that vote (G-23).

One person enters it, and council or the auditor confirms it: no editor takes a voice away alone (G-41). The reviewer hears of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services.reviewers import count
from comity.services.settle import settle
from comity.services.step import give_reason, held_record, take
from comity.services.unit import Unit
from comity.services.withdraw import council
from comity.storage import editorial, people

_ENTERING: Final = frozenset({Role.OMBUDSPERSON, Role.EDITOR})


def entered(record: Record) -> Mapping[str, Mapping[str, Any]]:
    """Conflicts that wait to be confirmed: account id of the reviewer -> who entered it, and in what words."""
    return record.facts.get("conflicts_entered") or {}


def may_enter(unit: Unit, record: Record) -> bool:
    """Is there a vote on this record, and the viewer one who may say that it should not have counted?"""
    return (
        bool(unit.viewer.roles & _ENTERING)
        and record.author != unit.viewer.person
        and bool(_voters(unit, record))
    )


def voters(unit: Unit, record: Record) -> Mapping[str, str]:
    """Account id -> name of those who voted, for whoever enters a conflict."""
    if not may_enter(unit, record):
        raise NotAllowed("The ombudsperson or an editor enters a conflict that was found later.")
    return {one.id: one.name for one in people.accounts(unit.db, ids=_voters(unit, record))}


def _voters(unit: Unit, record: Record) -> set[str]:
    return {one.reviewer for one in editorial.of_record(unit.db, editorial.StoredVote, record.id)}


def enter_conflict(unit: Unit, *, ref: str, reviewer: str, text: str) -> Record:
    """Enter a conflict of `reviewer` (account id) on this record. It changes no count until somebody else has confirmed it."""
    record = held_record(unit, ref)
    if not unit.viewer.roles & _ENTERING or record.author == unit.viewer.person:
        raise NotAllowed("The ombudsperson or an editor enters a conflict that was found later.")
    if not text.strip():
        raise Invalid([Problem("text", "missing", "Say what the conflict is, and how it was found.")])
    if reviewer not in _voters(unit, record):
        raise NotFound
    waiting = {**entered(record), reviewer: {"by": unit.viewer.person, "text": text}}
    record = settle(unit, replace(record, facts={**record.facts, "conflicts_entered": waiting}))
    give_reason(unit, record, "conflict_entered", reason_code="conflict", text=text, reviewer=reviewer)
    unit.audit("review.conflict_entered", record.ref, audience_id=record.audience_id)
    unit.emit("conflict.entered", record.id, people=[reviewer])
    return record


def may_confirm(unit: Unit, record: Record, reviewer: str = "") -> bool:
    """Does the viewer sit in council without an interest of their own, or audit, and is neither who entered it nor the reviewer?"""
    waiting = {name: one for name, one in entered(record).items() if not reviewer or name == reviewer}
    others = [name for name, one in waiting.items() if unit.viewer.person not in (name, one["by"])]
    if not others or unit.viewer.person == record.author:
        return False
    seated = Role.COUNCIL_MEMBER in unit.viewer.roles and unit.viewer.person in council(unit, record)
    return seated or Role.AUDITOR in unit.viewer.roles


def settle_conflict(unit: Unit, *, ref: str, reviewer: str, stands: bool, text: str) -> Record:
    """Council or the auditor says whether it stands. If so the vote is not counted any more, and a published record that has lost
    its quorum is marked “under dispute”.
    """
    record = held_record(unit, ref)
    if not may_confirm(unit, record, reviewer):
        raise NotAllowed(
            "A member of council without an interest in the record, or the auditor, confirms a conflict."
        )
    if not text.strip():
        raise Invalid([Problem("text", "missing", "Say why it stands, or why it does not.")])
    said = entered(record).get(reviewer)
    if said is None:
        raise Conflict("Nothing waits to be confirmed here.")
    left = {name: one for name, one in entered(record).items() if name != reviewer}
    record = settle(unit, replace(record, facts={**record.facts, "conflicts_entered": left}))
    what = "conflict_found" if stands else "conflict_refused"
    give_reason(unit, record, what, reason_code="conflict", text=text, reviewer=reviewer)
    unit.audit(f"review.{what}", record.ref, audience_id=record.audience_id)
    unit.emit("conflict.settled", record.id, people=[reviewer])
    return _without(unit, record, reviewer, str(said["text"])) if stands else record


def _without(unit: Unit, record: Record, reviewer: str, text: str) -> Record:
    for vote in editorial.of_record(unit.db, editorial.StoredVote, record.id):
        if vote.reviewer == reviewer:
            editorial.store(unit.db, replace(vote, conflicts=(*vote.conflicts, text)))
    if record.state is not State.PUBLISHED or record.under_dispute or count(unit, record).met:
        return record
    system = unit.acting_as(Viewer.system(unit.node.node_id, "recount"))
    return take(system, record, Verb.OPEN_DISPUTE, Facts(by=Actor.SYSTEM, quorum_lost=True))
