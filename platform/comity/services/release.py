"""Let one version of a restricted record go to named organizations at one allied node: asked for, agreed by its originator, carried
out by the federation officer, refused with reasons (F-02, J-10).

No single person releases: whoever asks does not agree alone while a colleague can, and the officer is never the author. What the
release check says is asked last of all, before a byte is signed, and a no is kept with all its reasons. A later version is not
released by an earlier decision. Refuses to know how the notice reaches the node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.notice import Release, What
from comity.domain.peer import KnownPeer, Purpose
from comity.domain.record import Record, Revision
from comity.domain.roles import Role
from comity.domain.strict_json import parse
from comity.domain.tlp import TLP
from comity.domain.viewer import Viewer
from comity.services import onward, tell, write_out
from comity.services.list_releases import others_agree
from comity.services.notarize import notarize
from comity.services.read import find_record
from comity.services.settle import settle
from comity.services.sign import signed_text
from comity.services.step import held_record
from comity.services.unit import Unit
from comity.services.weigh_release import content_of, objections
from comity.storage import audiences, peers, records, releases, revisions
from comity.storage.releases import AGREED, ASKED, EXECUTED, REFUSED, ReleaseDecision

__all__ = ["ReleaseDecision", "agree", "ask", "execute", "may_ask", "refuse"]

RESTRICTED: Final = (TLP.AMBER, TLP.AMBER_STRICT)
CONDITIONS_CHARACTERS: Final = 600
_BROUGHT_IN: Final = tuple(
    f"role:{role.value}" for role in (Role.FEDERATION_OFFICER, Role.DATA_PROTECTION_OFFICER)
)


def may_ask(unit: Unit, record: Record) -> bool:
    """May this viewer ask for a release? Somebody of the originator, about a restricted record of this node that is in force."""
    restricted = audiences.load(unit.db, record.audience_id).tlp in RESTRICTED
    live = record.is_published and record.tombstone is None
    return (
        restricted
        and live
        and onward.answers_for(unit, record)
        and unit.viewer.may("release", "originator_yes")
    )


def ask(
    unit: Unit, *, ref: str, node: str, organizations: Sequence[str], purpose: str, conditions: str = ""
) -> ReleaseDecision | onward.OnwardRequest:
    """Ask to release the version in force to `organizations` (their ids at `node`).

    About a copy of another node's record it becomes a request to its origin: nothing of theirs is ours to release (4.10.3).
    """
    record = find_record(unit, ref)
    if record.is_copy(unit.node.node_id):
        said = "share_with_ally"
        return onward.ask(unit, ref=ref, recipient=f"node:{node}", purpose=said, passage="")
    unit.need("release", "originator_yes")
    record = held_record(unit, ref)
    if not may_ask(unit, record):
        raise Conflict(
            "Only a restricted record of one’s own organization that is in force is released by decision."
        )
    peer = peers.get(unit.db, unit.viewer, node)
    if problems := _problems(unit, peer, organizations, purpose, conditions):
        raise Invalid(problems)
    decision = releases.add(
        unit.db,
        ReleaseDecision(
            record_id=record.id,
            revision_id=record.published_revision_id or 0,
            node_id=node,
            organizations=tuple(dict.fromkeys(organizations)),
            purpose=purpose,
            conditions=conditions.strip(),
            state=ASKED,
            asked_by=unit.viewer.person or "",
            asked_at=unit.now,
        ),
    )
    unit.audit("release.ask", record.ref, audience_id=record.audience_id, node=node, purpose=purpose)
    unit.emit("release.asked", record.id)
    return decision


def _problems(
    unit: Unit, peer: KnownPeer | None, organizations: Sequence[str], purpose: str, conditions: str
) -> list[Problem]:
    if peer is None or not peer.connected(unit.now):
        return [Problem("organizations", "choice", "Choose organizations of a node with which we exchange.")]
    problems = []
    known = {str(one["id"]) for one in peer.organizations}
    if not organizations or not set(organizations) <= known:
        problems.append(Problem("organizations", "choice", f"Choose organizations at {peer.name}."))
    if purpose not in list(Purpose):
        problems.append(Problem("purpose", "choice", "Choose what it is for."))
    if len(conditions) > CONDITIONS_CHARACTERS:
        problems.append(Problem("conditions", "length", f"Up to {CONDITIONS_CHARACTERS} characters fit."))
    return problems


def agree(unit: Unit, *, decision_id: int) -> ReleaseDecision:
    """The originator's yes. The officers can read the record from now on, since they have to judge it."""
    unit.need("release", "originator_yes")
    decision, record = _held(unit, decision_id, ASKED)
    _originator(unit, record)
    if decision.asked_by == unit.viewer.person and others_agree(unit, record):
        raise NotAllowed("Somebody else of your organization has to agree to what you asked for.")
    assigned = tuple(dict.fromkeys((*record.assigned, *_BROUGHT_IN)))
    record = settle(unit, replace(record, assigned=assigned))
    done = replace(decision, state=AGREED, agreed_by=unit.viewer.person or "", agreed_at=unit.now)
    releases.store(unit.db, done)
    unit.audit("release.agree", record.ref, audience_id=record.audience_id, node=done.node_id)
    unit.emit("release.agreed", record.id)
    return done


def _originator(unit: Unit, record: Record) -> None:
    if not onward.answers_for(unit, record):
        raise NotFound


def _held(unit: Unit, decision_id: int, *states: str) -> tuple[ReleaseDecision, Record]:
    decision = releases.get(unit.db, decision_id)
    found = records.by_ids(unit.db, unit.viewer, [decision.record_id]) if decision else {}
    if decision is None or not found:
        raise NotFound
    record = held_record(unit, found[decision.record_id].ref)
    decision = releases.get(unit.db, decision_id)  # again, now that nobody else changes it
    if decision is None or decision.state not in states:
        raise Conflict("This was decided already.")
    return decision, record


def refuse(unit: Unit, *, decision_id: int, text: str) -> ReleaseDecision:
    """A no with its reason: by the originator, the federation officer, or the data protection officer on personal data alone."""
    decision, record = _held(unit, decision_id, ASKED, AGREED)
    if not (unit.viewer.may("release", "yes", "blocks_on_personal_data") or onward.answers_for(unit, record)):
        raise NotFound
    if not text.strip() or len(text) > CONDITIONS_CHARACTERS:
        raise Invalid([Problem("text", "missing", "Say why: whoever asked reads it.")])
    by = "personal-data" if _blocks_only(unit, record) else "decision"
    return _refused(unit, decision, record, (f"{by}: {text.strip()}",))


def _blocks_only(unit: Unit, record: Record) -> bool:
    blocks = unit.viewer.may("release", "blocks_on_personal_data")
    return blocks and not unit.viewer.may("release", "yes") and not onward.answers_for(unit, record)


def _refused(
    unit: Unit, decision: ReleaseDecision, record: Record, reasons: tuple[str, ...]
) -> ReleaseDecision:
    done = replace(decision, state=REFUSED, reasons=reasons)
    releases.store(unit.db, done)
    unit.audit("release.refuse", record.ref, audience_id=record.audience_id, node=done.node_id)
    unit.emit("release.ended", record.id, accounts=[done.asked_by])
    return done


def execute(unit: Unit, *, decision_id: int) -> ReleaseDecision:
    """The federation officer's act. What comes back is executed, or refused with every reason of the release check."""
    unit.need("release", "yes")
    decision, record = _held(unit, decision_id, AGREED)
    if record.author == unit.viewer.person:
        raise NotAllowed("The federation officer does not release what they wrote (4.1.2).")
    system = unit.acting_as(Viewer.system(unit.node.node_id, "carry out a release"))
    revision = revisions.get(system.db, system.viewer, decision.revision_id)
    reasons = objections(system, record, revision, decision)
    if reasons or revision is None:
        return _refused(unit, decision, record, reasons)
    done = replace(decision, state=EXECUTED, executed_by=unit.viewer.person or "", executed_at=unit.now)
    releases.store(unit.db, done)
    _send(unit, system, done, record, revision)
    unit.emit("release.ended", record.id, accounts=[done.asked_by])
    return done


def _send(unit: Unit, system: Unit, decision: ReleaseDecision, record: Record, revision: Revision) -> None:
    content, tlp = content_of(system, revision), revision.handling.tlp
    made = write_out.version_object(system, record, revision, content, tlp, unit.now)
    if made is None:
        raise Conflict("It holds something that never leaves this node.")
    notice = tell.in_feed(
        unit,
        to=decision.node_id,
        what=What.RELEASE,
        body=Release(
            uid=record.uid,
            version=revision.version,
            organizations=_named_so_far(system, decision),
            purpose=decision.purpose,
            conditions=decision.conditions,
            record=parse(signed_text(unit, made).encode()),
        ),
        tlp=tlp,
        record_uid=record.uid,
    )
    entry = {
        "notice": notice.id,
        "to": decision.node_id,
        "version": revision.version,
        "purpose": decision.purpose,
    }
    notarize(unit, "release", record_uid=record.uid, entry=entry, audience_id=record.audience_id)
    unit.audit(
        "release.execute",
        record.ref,
        purpose=decision.purpose,
        audience_id=record.audience_id,
        node=decision.node_id,
        version=revision.version,
    )


def _named_so_far(system: Unit, decision: ReleaseDecision) -> tuple[str, ...]:
    """With those who got this version before: a later release to others at the node takes it from nobody."""
    earlier = releases.sent_to(system.db, decision.record_id, decision.node_id)
    same = [one for one in earlier if one.revision_id == decision.revision_id]
    return tuple(dict.fromkeys(name for one in (*same, decision) for name in one.organizations))
