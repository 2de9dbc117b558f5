"""After any change of state, handling or assignment: give a record and each of its children the audience that follows, and its
place in the index and in the feed, in the same transaction. The only module that decides which stage a state means to a reader.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from comity.domain.audience import Audience, Stage, audience_of, audience_of_copy
from comity.domain.handling import Handling
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record, Revision
from comity.domain.tlp import TLP
from comity.domain.tokens import AccessToken
from comity.domain.viewer import Viewer
from comity.services.attribute import attributed
from comity.services.carry import carry
from comity.services.follow_inputs import FLAGGED, keep_links, resting_on, under_inputs, with_flags
from comity.services.placing import place
from comity.services.seal_releases import seal_releases
from comity.services.unit import Unit
from comity.storage import attachments, audiences, records, revisions

OFFICERS: Final = "officers"
"""In `facts["body_sealed"]`: behind the tombstone, those who are assigned go on reading (a recall that asks to restrict)."""

_ENDED: Final = frozenset({State.SUPERSEDED, State.EXPIRED, State.ARCHIVED})


def stage_of(record: Record) -> Stage:
    """What the state of a record means to its readers. While a correction is worked on, the published version stays live."""
    if record.state is State.LEGALLY_RESTRICTED:
        return Stage.SEALED if record.facts.get("tombstone_forbidden") else Stage.TOMBSTONE
    if record.state is State.WITHDRAWN or (record.state is State.ARCHIVED and record.tombstone is not None):
        return Stage.TOMBSTONE
    if not record.is_published:
        return Stage.WORK
    if record.state is State.HELD:
        return Stage.TOMBSTONE
    return Stage.ENDED if record.state in _ENDED else Stage.LIVE


def _stage_of_version(record: Record, revision: Revision, stage: Stage) -> Stage:
    """A version that was never published is work; the body behind a tombstone is sealed when it did harm (4.5.2)."""
    if revision.published_at is None:
        return Stage.SEALED if stage in (Stage.SEALED, Stage.TOMBSTONE) else Stage.WORK
    if stage is Stage.TOMBSTONE:
        if record.facts.get("body_sealed") == OFFICERS:
            return Stage.WORK
        return Stage.SEALED if record.facts.get("body_sealed", True) else Stage.ENDED
    return stage


def audience_for(unit: Unit, record: Record, handling: Handling, stage: Stage) -> Audience:
    """The facts for a record of this author, organization and assignment under `handling`; narrower while an input is in doubt."""
    here = unit.node.node_id
    if record.is_copy(here):
        assigned = frozenset(AccessToken(name) for name in record.assigned)
        return audience_of_copy(
            handling, stage=stage, node=here, origin=record.origin_node, assigned=assigned
        )
    return audience_of(
        under_inputs(unit, record, handling),
        stage=stage,
        node=unit.node.node_id,
        organization=record.organization,
        author=record.author,
        assigned=frozenset(AccessToken(name) for name in record.assigned),
        trust_group=unit.node.trust_group,
    )


def settle(unit: Unit, record: Record, *, after: frozenset[int] = frozenset()) -> Record:
    """Store `record` with the audience of its shown version, move its versions, claims and files, place it in index and feed.

    What rests on it is settled next, each once: `after` holds those that were settled before in the same chain.
    """
    system = unit.acting_as(Viewer.system(unit.node.node_id, "settle audiences"))
    stage = stage_of(record)
    known = revisions.of_record(system.db, system.viewer, record.id)
    shown = next((one for one in known if one.id == records.shown_revision(record)), None)
    if shown is None:
        raise LookupError(f"{record.ref} has no version to show")
    record = attributed(unit, with_flags(system, record, shown), shown.handling)
    for revision in known:
        _settle_version(system, record, revision, _stage_of_version(record, revision, stage))
    audience_id = audiences.ensure(unit.db, audience_for(unit, record, shown.handling, stage))
    record = records.store(unit.db, replace(record, audience_id=audience_id, updated_at=unit.now))
    for attachment in attachments.of_record(system.db, system.viewer, record.id):
        marked = audience_for(
            unit, record, shown.handling.tightened(TLP(attachment.tlp)), _stage_of_file(record, stage)
        )
        attachments.move(unit.db, attachment.uid, audiences.ensure(unit.db, marked))
    place(system, record)
    carry(system, record)
    seal_releases(system, record)
    if record.is_published:
        keep_links(system, record, shown)
        _settle_what_rests_on(system, record, after | {record.id})
    return record


def follow_agreement(unit: Unit, record: Record) -> None:
    """An originator has agreed to something: what rests on its record may be freed of a doubt by it."""
    system = unit.acting_as(Viewer.system(unit.node.node_id, "follow an agreement"))
    _settle_what_rests_on(system, record, frozenset({record.id}))


def _settle_what_rests_on(system: Unit, record: Record, after: frozenset[int]) -> None:
    for derived in resting_on(system, record):
        if derived.id in after:
            continue
        shown = revisions.get(system.db, system.viewer, derived.published_revision_id)
        if with_flags(system, derived, shown) is not derived or derived.facts.get(FLAGGED):
            settle(system, derived, after=after)


def _stage_of_file(record: Record, stage: Stage) -> Stage:
    if stage is Stage.TOMBSTONE:
        return Stage.SEALED if record.facts.get("body_sealed", True) else Stage.ENDED
    return stage


def _settle_version(system: Unit, record: Record, revision: Revision, stage: Stage) -> None:
    audience = audience_for(system, record, revision.handling, stage)
    new_id = audiences.ensure(system.db, audience)
    if new_id == revision.audience_id:
        return
    revisions.store(system.db, replace(revision, audience_id=new_id))
    claims = revisions.claims(system.db, system.viewer, revision.id)
    settle_claims(system, record, revision, stage, claims)


def settle_claims(
    system: Unit, record: Record, revision: Revision, stage: Stage, claims: list[dict[str, object]]
) -> None:
    """Store the claims of a version, each under its own marking where that is the stricter (portion marks, 4.3)."""
    marked: list[tuple[dict[str, object], int]] = []
    ids: dict[TLP, int] = {}
    for claim in claims:
        tlp = _portion(claim.get("tlp"), revision.handling.tlp)
        if tlp not in ids:
            audience = audience_for(system, record, revision.handling.tightened(tlp), stage)
            ids[tlp] = audiences.ensure(system.db, audience)
        marked.append((claim, ids[tlp]))
    revisions.put_claims(system.db, revision.id, marked)


def _portion(mark: object, record_tlp: TLP) -> TLP:
    """The marking of a portion: its own where it is the stricter; none means the record's; an unknown one means RED."""
    if mark in (None, ""):
        return record_tlp
    try:
        own = TLP(str(mark))
    except ValueError:
        return TLP.RED
    return own if own.restriction > record_tlp.restriction else record_tlp
