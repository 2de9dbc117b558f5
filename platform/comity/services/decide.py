"""A panel decides an appeal: the ombudsperson names three people of three sectors, and each of them enters their own decision.

The outcome takes effect by itself when the panel agrees; whoever names a panel has no voice in it (G-35 to G-37).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from comity import policies
from comity.domain.access import may_read_body
from comity.domain.dispute import (
    DisputeState,
    Outcome,
    PanelMember,
    PanelVoice,
    panel_outcome,
    panel_problems,
)
from comity.domain.errors import Conflict, Invalid, NotFound, Problem
from comity.domain.lifecycle_facts import Actor
from comity.domain.record import Record
from comity.domain.roles import Sector
from comity.domain.viewer import Viewer
from comity.services.dispute import StoredDispute, conclude, find, need_ombudsperson
from comity.services.reviewers import found_conflicts
from comity.services.settle import settle
from comity.services.step import give_reason, held_record
from comity.services.triage import check_reason
from comity.services.unit import Unit
from comity.storage import audiences, editorial, organizations, people, records

VOICE = "panel_voice"


def panel_of(record: Record, dispute_id: int) -> tuple[str, ...]:
    """Account ids of those named to decide one appeal."""
    return tuple((record.facts.get("panel") or {}).get(str(dispute_id), ()))


def before_me(unit: Unit, record: Record) -> list[StoredDispute]:
    """Open appeals against this record that the viewer was named to decide, oldest first."""
    if not record.facts.get("panel"):
        return []
    return [
        one
        for one in editorial.of_record(unit.db, StoredDispute, record.id)
        if one.state == DisputeState.OPEN.value and unit.viewer.person in panel_of(record, one.id)
    ]


def name_panel(unit: Unit, *, ref: str, dispute_id: int, panel: Sequence[str]) -> Record:
    """Name who decides: account ids of three people of three sectors who took no part before. Whoever has spoken stays."""
    need_ombudsperson(unit)
    record = held_record(unit, ref)
    dispute = _open(unit, record, dispute_id)
    chosen = tuple(dict.fromkeys(panel))
    if gone := set(_spoken(unit, record, dispute)) - set(chosen):
        said = f"{len(gone)} of the panel decided already and stay in it."
        raise Invalid([Problem("panel", "spoken", said)])
    members = _members(unit, chosen)
    problems = panel_problems(
        members,
        involved=involved(unit, record, lambda one: _on(one, dispute)),
        conflicted={one.organization for one in members if found_conflicts(unit, record, one.organization)},
        policy=policies.quorum(),
    )
    if problems:
        raise Invalid([Problem("panel", "unfit", sentence) for sentence in problems])
    record = _let_in(unit, record, dispute, chosen)
    unit.audit("dispute.panel", record.ref, audience_id=record.audience_id, panel=sorted(chosen))
    unit.emit("panel.named", record.id, people=list(chosen))
    return record


def enter(unit: Unit, *, ref: str, dispute_id: int, outcome: str, text: str) -> Record:
    """A member of the panel enters their own decision with its reasons. Their last word counts until the panel has agreed."""
    record = held_record(unit, ref)
    if unit.viewer.person not in panel_of(record, dispute_id):
        raise NotFound
    dispute = _open(unit, record, dispute_id)
    check_reason("dispute_outcome", outcome, text)
    if not _members(unit, [unit.viewer.person]) or found_conflicts(
        unit, record, unit.viewer.organization or ""
    ):
        raise Conflict("An interest stands against it by now. The ombudsperson names somebody else.")
    give_reason(unit, record, VOICE, reason_code=outcome, text=text, dispute=dispute_id)
    unit.audit("dispute.voice", record.ref, audience_id=record.audience_id)
    voices = _voices(unit, record, dispute)
    agreed = panel_outcome([voice for voice, _ in voices], policies.quorum())
    if agreed is None:
        return record
    reasons = "\n\n".join(said for voice, said in voices if voice.outcome is agreed)
    system = unit.acting_as(Viewer.system(unit.node.node_id, "appeal panel"))
    return conclude(system, record, dispute, outcome=agreed, text=reasons, by=Actor.APPEAL_PANEL)


def _open(unit: Unit, record: Record, dispute_id: int) -> StoredDispute:
    dispute = find(unit, record, dispute_id)
    if dispute.state != DisputeState.OPEN.value:
        raise Conflict("This appeal is not open.")
    return dispute


def _let_in(unit: Unit, record: Record, dispute: StoredDispute, panel: Sequence[str]) -> Record:
    """Whoever decides must be able to read. A member who cannot even when the record is given to them is refused."""
    facts = {**record.facts, "panel": {**(record.facts.get("panel") or {}), str(dispute.id): list(panel)}}
    before = _readers(unit, record, panel)
    given = tuple(f"person:{one}" for one in panel if one not in before)
    assigned = tuple(dict.fromkeys((*record.assigned, *given)))
    record = settle(unit, replace(record, assigned=assigned, facts=facts))
    if set(panel) - _readers(unit, record, panel):
        raise Invalid(
            [Problem("panel", "cannot-read", "One of them could not read a record of this marking.")]
        )
    return record


def _readers(unit: Unit, record: Record, panel: Iterable[str]) -> set[str]:
    audience = audiences.load(unit.db, record.audience_id)
    viewers = {one.person: one for one in people.viewers(unit.db)}
    return {name for name in panel if name in viewers and may_read_body(viewers[name], audience)}


def _members(unit: Unit, panel: Iterable[str]) -> list[PanelMember]:
    members = {one.id: one for one in organizations.listed(unit.db)}
    return [
        PanelMember(one.id, one.organization, members[one.organization].sector)
        for one in people.accounts(unit.db, ids=list(panel))
        if one.active and one.organization in members
    ]


def involved(unit: Unit, record: Record, own: Callable[[editorial.Decision], bool]) -> set[str]:
    """Account ids of all who wrote the record, voted on it or decided anything about it, save what is `own` to those who decide."""
    voted = {one.reviewer for one in editorial.of_record(unit.db, editorial.StoredVote, record.id)}
    decided = {one.by for one in editorial.of_record(unit.db, editorial.Decision, record.id) if not own(one)}
    return voted | decided | {record.author}


def _spoken(unit: Unit, record: Record, dispute: StoredDispute) -> dict[str, editorial.Decision]:
    """The last word of each member on this appeal."""
    return {
        one.by: one
        for one in editorial.of_record(unit.db, editorial.Decision, record.id)
        if _on(one, dispute)
    }


def _on(one: editorial.Decision, dispute: StoredDispute) -> bool:
    return one.what == VOICE and one.details.get("dispute") == dispute.id


def _voices(unit: Unit, record: Record, dispute: StoredDispute) -> list[tuple[PanelVoice, str]]:
    standing = {one.person: one.sector for one in _members(unit, panel_of(record, dispute.id))}
    return [
        (PanelVoice(person, Sector(standing[person] or ""), Outcome(said.reason_code)), said.text)
        for person, said in _spoken(unit, record, dispute).items()
        if standing.get(person)
    ]


def waiting(unit: Unit) -> list[int]:
    """Numbers of records with an open appeal that the viewer was named to decide."""
    opened = editorial.in_state(unit.db, StoredDispute, DisputeState.OPEN.value)
    found = records.by_ids(unit.db, unit.viewer, sorted({one.record_id for one in opened}))
    return [record.id for record in found.values() if before_me(unit, record)]
