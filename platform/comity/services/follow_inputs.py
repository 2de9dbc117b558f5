"""What a record rests on, followed through its life: when an input is taken down or tightened, what rests on it is flagged and is
under the stricter rule until its originator has looked at it (H-01, 4.10.3).

Called by `settle` alone, in the transaction that changed the input. Flags only records of this node: a copy from elsewhere is
followed by its own origin, which holds the same input. Refuses to know how a record is settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from comity.domain.audience import Audience, Stage, audience_of
from comity.domain.handling import Handling
from comity.domain.inputs import RESTS_ON, beyond, narrowed, uncovered
from comity.domain.record import Record, Revision
from comity.domain.tokens import AccessToken, token
from comity.domain.viewer import Viewer
from comity.services.unit import Unit
from comity.storage import audiences, links, onward, people, records, revisions

FLAGGED: Final = "flagged_inputs"
"""In `record.facts`: uid of the input -> why, since and cause. `REVIEWED` holds the causes that the originator has answered for."""
REVIEWED: Final = "reviewed_inputs"
TAKEN_DOWN: Final = "taken_down"
TIGHTENED: Final = "tightened"
_GONE: Final = frozenset({Stage.TOMBSTONE, Stage.SEALED})
_AGREED: Final = ("yes",)


def keep_links(unit: Unit, record: Record, shown: Revision | None) -> None:
    """Remember what the version in force names, so that it is found from the other side."""
    rows = (shown.content.get("related") if shown else None) or ()
    named = {
        (str(row.get("relation") or "see_also"), str(row.get("ref", "")).strip())
        for row in rows
        if isinstance(row, Mapping) and str(row.get("ref", "")).strip()
    }
    links.put(unit.db, record.id, named)


def under_inputs(unit: Unit, record: Record, handling: Handling) -> Handling:
    """`handling` as narrow as the inputs in doubt ask for; unchanged for a record without any."""
    flagged = record.facts.get(FLAGGED) or {}
    if not flagged:
        return handling
    node = unit.acting_as(Viewer.system(unit.node.node_id, "follow inputs"))
    known = {one.uid: one for one in _sources(node, flagged)}
    return narrowed(handling, (_rule_of(node, known.get(uid), flag) for uid, flag in sorted(flagged.items())))


def _rule_of(unit: Unit, source: Record | None, flag: Mapping[str, Any]) -> Audience | None:
    """The audience that still binds; None where nobody may use the input any more."""
    if source is None or flag.get("sealed"):
        return None
    return audiences.load(unit.db, source.audience_id)


def with_flags(unit: Unit, record: Record, shown: Revision | None) -> Record:
    """`record` with its flags as they must be now. `unit` is the node's own."""
    before = record.facts.get(FLAGGED) or {}
    keys = _keys(shown) if shown is not None and record.is_published else []
    if not (keys or before) or record.origin_node != unit.node.node_id or record.tombstone is not None:
        return record
    found: dict[str, Any] = {}
    for source in _sources(unit, keys):
        flag = _flag(unit, record, shown, source) if shown else None
        if flag is None or flag["cause"] in (record.facts.get(REVIEWED) or ()):
            continue
        old = before.get(source.uid)
        found[source.uid] = old if old and old["cause"] == flag["cause"] else flag
    if found == before:
        return record
    if any(before.get(uid) != flag for uid, flag in found.items()):
        unit.emit("inputs.flagged", record.id)
        unit.audit("inputs.flag", record.ref, audience_id=record.audience_id)
    return replace(record, facts={**record.facts, FLAGGED: found})


def _keys(shown: Revision) -> list[str]:
    return [
        str(row.get("ref", "")).strip()
        for row in shown.content.get("related") or ()
        if isinstance(row, Mapping) and row.get("relation") in RESTS_ON
    ]


def _sources(unit: Unit, keys: Iterable[str]) -> Iterator[Record]:
    for key in dict.fromkeys(keys):
        source = records.get(unit.db, unit.viewer, key) if key else None
        if source is not None:
            yield source


def _flag(unit: Unit, record: Record, shown: Revision, source: Record) -> dict[str, Any] | None:
    """Why `source` puts `record` in doubt now, or None. The cause stays the same for as long as nothing new happened."""
    audience = audiences.load(unit.db, source.audience_id)
    since = unit.now.isoformat()
    if audience.stage in _GONE:
        cause = f"{source.uid}:{source.state.value}:{source.state_since.isoformat()}"
        sealed = bool(source.facts.get("body_sealed", True))
        return {"why": TAKEN_DOWN, "since": since, "cause": cause, "sealed": sealed}
    wider = beyond(audience, published_as(unit, record, shown.handling))
    if open_ := uncovered(wider, agreed(unit, source, record.organization)):
        cause = f"{source.uid}:{','.join(sorted(open_))}"
        return {"why": TIGHTENED, "since": since, "cause": cause, "sealed": False}
    return None


def published_as(unit: Unit, record: Record, handling: Handling) -> Audience:
    """Who `record` is for under its own handling, once it is published."""
    return audience_of(
        handling,
        stage=Stage.LIVE,
        node=unit.node.node_id,
        organization=record.organization,
        author=record.author,
        assigned=frozenset(AccessToken(name) for name in record.assigned),
        trust_group=unit.node.trust_group,
    )


def agreed(unit: Unit, source: Record, organization: str) -> frozenset[str]:
    """For whom the originator of `source` said yes to somebody of `organization`: the version that is in force, and no other."""
    said = [one for one in onward.of_record(unit.db, source.uid) if one.state in _AGREED and not one.passage]
    if not said:
        return frozenset()
    homes = {one.id: one.organization for one in people.accounts(unit.db, ids={one.asked_by for one in said})}
    version = version_in_force(unit, source)
    return frozenset(
        one.recipient for one in said if homes.get(one.asked_by) == organization and one.version == version
    )


def waiting_inputs(unit: Unit, record: Record, revision: Revision, node_id: str) -> tuple[str, ...]:
    """References of ORCON inputs of others whose originator has not said yes to this node. `unit` is the node's own."""
    found = []
    for source in _sources(unit, _keys(revision)):
        audience = audiences.load(unit.db, source.audience_id)
        if "orcon" not in audience.caveats or source.organization == record.organization:
            continue
        if uncovered({token(f"node:{node_id}")}, agreed(unit, source, record.organization)):
            found.append(source.ref)
    return tuple(found)


def version_in_force(unit: Unit, record: Record) -> str:
    """Such as `2.0`; empty for what was never published. `unit` is the node's own."""
    known = revisions.of_record(unit.db, unit.viewer, record.id)
    return next((one.version for one in known if one.id == record.published_revision_id), "")


def resting_on(unit: Unit, record: Record) -> Sequence[Record]:
    """Published records that rest on this one. `unit` is the node's own."""
    found = links.to_record(unit.db, {record.ref, record.uid}, *sorted(RESTS_ON))
    known = records.by_ids(unit.db, unit.viewer, sorted({one.record_id for one in found}))
    return [one for one in known.values() if one.is_published and one.id != record.id]


def doubts(unit: Unit, record: Record) -> list[tuple[str, str]]:
    """Why the record is in doubt, for this viewer: with the input's reference where they may know of it, else the bare fact."""
    flagged = record.facts.get(FLAGGED) or {}
    found = []
    for uid, flag in sorted(flagged.items()):
        source = records.get(unit.db, unit.viewer, uid)
        found.append((source.ref if source else "", str(flag.get("why", ""))))
    return found
