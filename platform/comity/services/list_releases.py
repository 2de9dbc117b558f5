"""The release decisions that a viewer takes part in: of one record, waiting for them, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.domain.access import may_read_body
from comity.domain.peer import KnownPeer
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.domain.viewer import Viewer
from comity.services import onward
from comity.services.read import find_record
from comity.services.unit import Unit
from comity.services.weigh_release import sentence
from comity.storage import audiences, peers, people, records, releases, revisions
from comity.storage.releases import AGREED, ASKED, EXECUTED, REFUSED, ReleaseDecision

__all__ = [
    "AGREED",
    "ASKED",
    "EXECUTED",
    "REFUSED",
    "Line",
    "history",
    "of_record",
    "others_agree",
    "peers_to_ask",
    "waiting",
    "waiting_of",
    "waiting_on",
]


@dataclass(frozen=True)
class Line:
    """One decision with its record and the names of those it goes to. `objections` are what the release check says now."""

    decision: ReleaseDecision
    record: Record
    version: str
    node: str
    organizations: Sequence[str]
    objections: Sequence[str] = ()


def others_agree(unit: Unit, record: Record) -> bool:
    """Is there anybody else who could say yes for the originator?"""
    audience = audiences.load(unit.db, record.audience_id)
    return any(
        one.person != unit.viewer.person
        and one.organization == record.organization
        and one.may("release", "originator_yes")
        and may_read_body(one, audience)
        for one in people.viewers(unit.db)
    )


def of_record(unit: Unit, record: Record) -> Sequence[Line]:
    """The decisions about a record, newest first, for its originator and for those who carry them out."""
    if not _takes_part(unit, record):
        return []
    return [_line(unit, one, record) for one in releases.of_record(unit.db, record.id)]


def _takes_part(unit: Unit, record: Record) -> bool:
    return onward.answers_for(unit, record) or unit.viewer.may("release", "yes", "blocks_on_personal_data")


def _line(unit: Unit, decision: ReleaseDecision, record: Record) -> Line:
    peer = peers.get(unit.db, unit.viewer, decision.node_id)
    names = {str(one["id"]): str(one.get("name") or one["id"]) for one in peer.organizations} if peer else {}
    system = unit.acting_as(Viewer.system(unit.node.node_id, "name a version"))
    revision = revisions.get(system.db, system.viewer, decision.revision_id)
    return Line(
        decision=decision,
        record=record,
        version=revision.version if revision else "",
        node=peer.name if peer else decision.node_id,
        organizations=[names.get(one, one) for one in decision.organizations],
        objections=[sentence(one) for one in decision.reasons],
    )


def waiting(unit: Unit) -> Sequence[Line]:
    """What waits for this viewer: to agree for the originator, or to carry out."""
    if unit.viewer.person is None:
        return []
    found = releases.in_state(unit.db, ASKED, AGREED)
    known = records.by_ids(unit.db, unit.viewer, sorted({one.record_id for one in found}))
    return [
        _line(unit, one, known[one.record_id])
        for one in found
        if one.record_id in known and _waits_for(unit, one, known[one.record_id])
    ]


def history(unit: Unit, *, limit: int = 200) -> Sequence[Line]:
    """What came of the decisions that this viewer takes part in, newest first."""
    if unit.viewer.person is None:
        return []
    found = releases.in_state(unit.db, EXECUTED, REFUSED, ASKED, AGREED)[::-1]
    known = records.by_ids(unit.db, unit.viewer, sorted({one.record_id for one in found}))
    mine = [one for one in found if one.record_id in known and _takes_part(unit, known[one.record_id])]
    return [_line(unit, one, known[one.record_id]) for one in mine[:limit]]


def waiting_on(unit: Unit, record: Record) -> Sequence[Line]:
    """The open decisions about one record that wait for this viewer."""
    if not _takes_part(unit, record):
        return []
    return [
        _line(unit, one, record)
        for one in releases.of_record(unit.db, record.id)
        if one.state in (ASKED, AGREED) and _waits_for(unit, one, record)
    ]


def waiting_of(unit: Unit, ref: str) -> Sequence[Line]:
    """As `waiting_on`, by reference."""
    return waiting_on(unit, find_record(unit, ref))


def _waits_for(unit: Unit, decision: ReleaseDecision, record: Record) -> bool:
    if decision.state == AGREED:
        return unit.viewer.may("release", "yes", "blocks_on_personal_data")
    mine = decision.asked_by == unit.viewer.person
    return onward.answers_for(unit, record) and (not mine or not others_agree(unit, record))


def peers_to_ask(unit: Unit) -> Sequence[KnownPeer]:
    """The nodes to which something restricted can go at all: admitted, with organizations, agreed up to TLP:AMBER or beyond."""
    return [
        one
        for one in peers.admitted(unit.db, unit.viewer, now=unit.now)
        if one.organizations
        and one.agreement
        and one.agreement.highest_marking.restriction >= TLP.AMBER.restriction
    ]
