"""Make, renew and take down the local copy of another node's record, with its audience, index, log entry and event at once.

Decides what the copy's envelope is: owned by its node, moved by it alone, and never less restricted than people here made it.
Refuses to know whether the record may be taken in (`services.accept`) and what came before of it (`services.take_in`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from comity.domain.audience import Stage
from comity.domain.handling import Handling
from comity.domain.kinds.base import Kind
from comity.domain.lifecycle_facts import State
from comity.domain.notice import Outcome
from comity.domain.record import Record, Revision
from comity.domain.tlp import TLP, parse_tlp
from comity.services.accept import NotTaken
from comity.services.draft import content_hash
from comity.services.follow_inputs import keep_links
from comity.services.placing import card_facts, document_for
from comity.services.publish import end_of_day
from comity.services.recall import sealed_by
from comity.services.settle import audience_for, settle, settle_claims, stage_of
from comity.services.unit import Unit
from comity.stix.facts import StixFacts
from comity.stix.tombstone import ParsedStone
from comity.storage import audiences, bulk, copies, records, revisions
from comity.storage.copies import Arrived

AUTHOR: Final = "system"
"""Nobody here wrote it; who did is never told (4.10.6)."""

TAKEN: Final = Outcome("applied")


@dataclass(frozen=True)
class Copy:
    """A version that was accepted, under the handling it has here. `dumped` is the content as plain JSON."""

    stix_id: str
    version: str
    facts: StixFacts
    content: Kind
    handling: Handling
    text: str
    dumped: Mapping[str, Any]


@dataclass(frozen=True)
class Stone:
    """The word that a record was taken down."""

    stix_id: str
    version: str
    parsed: ParsedStone
    text: str


# ---------------------------------------------------------------- new ones, many at once


def make(unit: Unit, new: Sequence[Copy]) -> list[Outcome]:
    """Copies of records that are not here, in few statements. Raises `NotTaken` when one of them is not the origin's to make."""
    _refuse_taken(unit, new)
    ids: dict[tuple[Handling, Stage], int] = {}
    batch: list[bulk.Stored] = []
    for one in new:
        record = _dated(unit, _new(unit, one), one)
        audience_id = _audience(unit, record, one.handling, stage_of(_in_force(record)), ids)
        batch.append((replace(record, audience_id=audience_id), _version(one, audience_id)))
    stored = bulk.add_published(unit.db, [(record, _bare(version)) for record, version in batch])
    placed = list(zip(new, stored, (version for _, version in batch), strict=True))
    copies.add_claims(unit.db, [row for one in placed for row in _claims(unit, *one, ids)])
    copies.put(unit.db, [_arrived(one, record) for one, (record, _), _ in placed], at=unit.now)
    for record, version in stored:
        if version.content.get("related"):
            keep_links(unit, record, version)
    unit.index.put(
        [document_for(record, version, one.content, one.dumped) for one, (record, version), _ in placed]
    )
    noted = [
        bulk.Noted(r.ref, r.audience_id, {"version": v.version, "node": r.origin_node}) for r, v in stored
    ]
    bulk.note(unit.db, unit.viewer, action="record.take_in", noted=noted, at=unit.now)
    ids_made = [record.id for record, _ in stored]
    payload = {"state": State.PUBLISHED.value}
    bulk.emit(unit.db, what="record.publish", record_ids=ids_made, payload=payload, at=unit.now)
    return [TAKEN for _ in new]


def _refuse_taken(unit: Unit, new: Sequence[Copy]) -> None:
    """A uid or a reference that stands for another record here is not the sender's to use."""
    here = copies.by_uids(unit.db, unit.viewer, [str(one.facts.uid) for one in new])
    refs = copies.taken_refs(unit.db, [one.facts.ref for one in new])
    if here or refs:
        raise NotTaken("foreign-origin", "its number stands for another record here")


def _new(unit: Unit, one: Copy) -> Record:
    facts = one.facts
    return Record(
        id=0,
        uid=str(facts.uid),
        ref=facts.ref,
        kind=one.content.name,
        subtype="",
        state=State.PUBLISHED,
        audience_id=0,
        origin_node=facts.node,
        organization=f"node:{facts.node}",
        sector=facts.sector,
        author=AUTHOR,
        created_at=facts.created,
        updated_at=unit.now,
        state_since=unit.now,
    )


def _dated(unit: Unit, record: Record, one: Copy) -> Record:
    """The envelope under this version: dates, state and what a list says of it."""
    facts, said = one.facts, one.content
    expires = facts.expires or end_of_day(said.expires_at)
    state = State.PUBLISHED
    if facts.replaced_by:
        state = State.SUPERSEDED
    elif expires is not None and expires <= unit.now:
        state = State.EXPIRED
    origin = {"node_name": facts.node_name, "organization": facts.organization}
    return replace(
        record,
        subtype=str(said.subtype)[:40],
        sector=facts.sector,
        state=state,
        updated_at=unit.now,
        published_at=facts.published,
        review_due=end_of_day(said.review_due),
        expires_at=expires,
        superseded_by=_successor(unit, record, facts.replaced_by),
        facts={
            **record.facts,
            **card_facts(one.dumped),
            "origin": origin,
        },
    )


def _successor(unit: Unit, record: Record, ref: str) -> str | None:
    """The uid of the record that replaces it, when it is here and of the same node."""
    if not ref.startswith(f"RSI-{record.origin_node}-"):
        return None
    return copies.taken_refs(unit.db, [ref]).get(ref)


def _in_force(record: Record) -> Record:
    return record if record.is_published else replace(record, published_revision_id=-1)


def _version(one: Copy, audience_id: int) -> Revision:
    major, minor = (int(number) for number in one.facts.version.split("."))
    content = one.dumped
    claims = content.get("claims", [])
    body = {name: value for name, value in content.items() if name != "claims"}
    return Revision(
        id=0,
        record_id=0,
        major=major,
        minor=minor,
        frozen=True,
        audience_id=audience_id,
        title=one.content.title,
        summary=one.content.summary,
        content={**body, "claims": claims},
        handling=one.handling,
        created_by=AUTHOR,
        created_at=one.facts.modified,
        content_hash=content_hash(body, claims, one.handling),
        published_at=one.facts.modified,
    )


def _bare(version: Revision) -> Revision:
    """As it is stored: claims are rows of their own."""
    return replace(
        version, content={name: said for name, said in version.content.items() if name != "claims"}
    )


def _audience(
    unit: Unit, record: Record, handling: Handling, stage: Stage, ids: dict[tuple[Handling, Stage], int]
) -> int:
    key = (handling, stage)
    if key not in ids:
        ids[key] = audiences.ensure(unit.db, audience_for(unit, record, handling, stage))
    return ids[key]


def _claims(
    unit: Unit, one: Copy, stored: bulk.Stored, whole: Revision, ids: dict[tuple[Handling, Stage], int]
) -> list[tuple[int, int, int, Mapping[str, Any]]]:
    record, version = stored
    rows = []
    for position, claim in enumerate(whole.content["claims"]):
        own = parse_tlp(str(claim["tlp"])) if claim.get("tlp") else TLP.CLEAR
        marked = one.handling.tightened(own)
        rows.append((version.id, position, _audience(unit, record, marked, stage_of(record), ids), claim))
    return rows


def _arrived(one: Copy | Stone, record: Record | None) -> Arrived:
    facts = one.facts if isinstance(one, Copy) else one.parsed.facts
    where = record.id if record is not None else None
    return Arrived(one.stix_id, one.version, facts.node, str(facts.uid), where, one.text)


# ---------------------------------------------------------------- one by one


def renew(unit: Unit, one: Copy) -> Outcome:
    """The copy at this version: made when it is not here, else moved on. Raises `NotTaken`."""
    record = copies.by_uids(unit.db, unit.viewer, [str(one.facts.uid)]).get(str(one.facts.uid))
    if record is None:
        make(unit, [one])
        return TAKEN
    held = records.lock(unit.db, unit.viewer, record.uid) or record
    if held.origin_node != one.facts.node or held.ref != one.facts.ref or held.kind != one.content.name:
        raise NotTaken("foreign-origin", "its number stands for another record here")
    before = held.published_revision_id
    revision = _put_version(unit, held, one)
    moved = _stand(_dated(unit, held, one), held)
    facts = {name: said for name, said in moved.facts.items() if name != "origin_hold"}
    moved = replace(moved, facts=facts, published_revision_id=revision.id, working_revision_id=revision.id)
    since = held.state_since if moved.state is held.state else unit.now
    moved = settle(unit, replace(moved, state_since=since))
    copies.put(unit.db, [_arrived(one, moved)], at=unit.now)
    _tell(unit, moved, _event(moved, before != revision.id, revision), revision.version)
    return TAKEN


def _stand(moved: Record, held: Record) -> Record:
    """What people here restricted stays restricted, whatever the origin does; it only comes back to another place."""
    if held.state is State.LEGALLY_RESTRICTED:
        facts = {**moved.facts, "restricted_from": moved.state.value, "before_order": {}}
        return replace(moved, state=held.state, tombstone=held.tombstone, facts=facts)
    if held.state is State.HELD and not held.facts.get("origin_hold"):
        return replace(moved, state=held.state, held_from=moved.state.value, tombstone=held.tombstone)
    facts = {name: said for name, said in moved.facts.items() if name != "body_sealed"}
    return replace(moved, tombstone=None, held_from="", facts=facts)


def _put_version(unit: Unit, record: Record, one: Copy) -> Revision:
    """The version as it is stored: a new one, or the one with this number when only its handling changed."""
    known = revisions.of_record(unit.db, unit.viewer, record.id)
    version = replace(_version(one, record.audience_id), record_id=record.id)
    newest = max((known_one.major, known_one.minor) for known_one in known)
    if (version.major, version.minor) < newest:
        raise NotTaken("older-version", one.facts.version)
    _tighten_older(unit, known, one.handling)
    same = next((known_one for known_one in known if known_one.version == version.version), None)
    if same is None:
        stored = revisions.add(unit.db, _bare(version))
        stage = stage_of(_in_force(record))
        claims = [dict(claim) for claim in version.content["claims"]]
        settle_claims(unit, record, stored, stage, claims)
        return stored
    if not same.content:  # it was deleted here, as the origin asked then
        again = _bare(version)
        copies.refill(unit.db, same.id, again)
        claims = [dict(claim) for claim in version.content["claims"]]
        settle_claims(unit, record, replace(again, id=same.id), stage_of(_in_force(record)), claims)
        copies.rehandle(unit.db, same.id, one.handling)
        return replace(again, id=same.id)
    claims = revisions.claims(unit.db, unit.viewer, same.id)
    if content_hash({**same.content}, claims, one.handling) != version.content_hash:
        raise NotTaken("changed-in-place", version.version)
    copies.rehandle(unit.db, same.id, one.handling)
    return replace(same, handling=one.handling)


def _tighten_older(unit: Unit, known: Sequence[Revision], handling: Handling) -> None:
    """When the origin tightens a record, its earlier versions here follow."""
    for older in known:
        if older.handling.tlp.restriction < handling.tlp.restriction:
            copies.rehandle(unit.db, older.id, handling)


def _event(record: Record, new_version: bool, revision: Revision) -> str:
    if record.state is State.SUPERSEDED:
        return "record.supersede"
    if not new_version:
        return "record.take_in"
    return "record.publish" if revision.minor == 0 else "record.correct_minor"


def take_down(unit: Unit, stone: Stone) -> Outcome:
    """The origin took it down: a tombstone stands here from this transaction on, and the body is sealed."""
    facts = stone.parsed.facts
    record = copies.by_uids(unit.db, unit.viewer, [str(facts.uid)]).get(str(facts.uid))
    if record is not None and record.origin_node != facts.node:
        raise NotTaken("foreign-origin", "its number stands for another record here")
    copies.seal(unit.db, stone.stix_id)
    copies.put(unit.db, [_arrived(stone, record)], at=unit.now)
    if record is None:
        return TAKEN
    held = records.lock(unit.db, unit.viewer, record.uid) or record
    moved = settle(unit, _fallen(unit, held, stone))
    _tell(unit, moved, "record.withdraw", facts.version)
    return Outcome("recalled")


def _fallen(unit: Unit, record: Record, stone: Stone) -> Record:
    said = stone.parsed.stone
    comes_back = said.until is not None
    tombstone = {
        "title": "",
        "withdrawn_at": said.taken_down.isoformat(),
        "published_at": record.published_at.isoformat() if record.published_at else "",
        "reason_code": said.reason_code,
        "reason": f"Taken down by the node it comes from, {record.origin_node}.",
        "replacement": said.replaced_by,
    }
    state = State.HELD if comes_back else State.WITHDRAWN
    sealed = sealed_by(unit, origin=record.origin_node, uid=record.uid, modified=stone.version)
    facts = {**record.facts, "body_sealed": sealed, "origin_hold": comes_back}
    if record.state is State.LEGALLY_RESTRICTED:
        before = {"tombstone": tombstone, "body_sealed": sealed}
        facts |= {"restricted_from": state.value, "before_order": before}
        return replace(record, facts=facts, updated_at=unit.now)
    return replace(
        record,
        state=state,
        held_from=State.PUBLISHED.value if comes_back else "",
        state_since=unit.now,
        updated_at=unit.now,
        tombstone=tombstone,
        facts=facts,
    )


def _tell(unit: Unit, record: Record, what: str, version: str) -> None:
    node = record.origin_node
    about = {"version": version, "node": node, "event": what}
    unit.audit("record.take_in", record.ref, audience_id=record.audience_id, **about)
    if what != "record.take_in":
        unit.emit(what, record.id, state=record.state.value)
