"""A conflict of interest that nobody declared is found later: the review is counted again without that vote (G-23)."""

from __future__ import annotations

from dataclasses import replace

from comity.domain.errors import Invalid, NotAllowed, NotFound, Problem
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services.reviewers import count
from comity.services.step import give_reason, held_record, take
from comity.services.unit import Unit
from comity.storage import editorial

_MAY: frozenset[Role] = frozenset({Role.OMBUDSPERSON, Role.EDITOR})


def enter_conflict(unit: Unit, *, ref: str, reviewer: str, text: str) -> Record:
    """Enter a conflict of `reviewer` (account id) on this record. A published record that no longer has its quorum is marked
    “under dispute”; one in review simply counts without the vote.
    """
    if not unit.viewer.roles & _MAY:
        raise NotAllowed("The ombudsperson or an editor enters a conflict that was found later.")
    if not text.strip():
        raise Invalid([Problem("text", "missing", "Say what the conflict is, and how it was found.")])
    record = held_record(unit, ref)
    votes = [
        one
        for one in editorial.of_record(unit.db, editorial.StoredVote, record.id)
        if one.reviewer == reviewer
    ]
    if not votes:
        raise NotFound
    for vote in votes:
        editorial.store(unit.db, replace(vote, conflicts=(*vote.conflicts, text)))
    give_reason(unit, record, "conflict_found", reason_code="conflict", text=text, reviewer=reviewer)
    unit.audit("review.conflict_found", record.ref, audience_id=record.audience_id)
    if record.state is not State.PUBLISHED or record.under_dispute or count(unit, record).met:
        return record
    system = unit.acting_as(Viewer.system(unit.node.node_id, "recount"))
    return take(system, record, Verb.OPEN_DISPUTE, Facts(by=Actor.SYSTEM, quorum_lost=True))
