"""Recalls after they were sent and where they arrive: who answered what by when, and doing what an origin asks (4.10.4, J-11).

As sender: the standing of each node, and who is silent past the deadline. As receiver: search and alerts stop in the same
transaction, the action is carried out, and the outcome is what the answer says. Only the origin recalls; for others nothing is
here. Works when the recall comes twice, before the record, or after a later version. Refuses to know how a notice travels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from comity.domain.lifecycle_facts import State
from comity.domain.notice import Notice, Outcome, Recall, What
from comity.domain.record import Record
from comity.services.settle import OFFICERS, settle
from comity.services.unit import Unit
from comity.stix.vocabulary import stamp
from comity.storage import copies, editorial, notices, peers, quarantine, records, revisions
from comity.storage.notices import StoredNotice

NOT_HELD: Final = Outcome("done", "not-held", "No copy of it is here.", changed=False)
OVERTAKEN: Final = Outcome("done", "overtaken", "A later version has taken its place here.", changed=False)
OTHER_VERSION: Final = Outcome("done", "other-version", "Another version is here.", changed=False)
RECALLED: Final = Outcome("recalled", "recalled", "Its origin has taken it back.", changed=False)
"""What is said of a version that arrives after it was recalled."""

_LEGAL_HOLD: Final = Outcome(
    "partly", "legal-hold", "It is out of sight. An order in force here does not let this node delete it."
)
_OFFICERS: Final = ("role:editor", "role:federation_officer")


# ---------------------------------------------------------------- where it was sent from


@dataclass(frozen=True)
class Standing:
    """One node and one recall. `state` is done, partly, refused, waiting or silent; `since` is when it became so."""

    node: str
    name: str
    state: str
    since: datetime
    due_at: datetime | None
    action: str
    reason: str = ""
    text: str = ""

    @property
    def confirmed(self) -> bool:
        """It did all that was asked."""
        return self.state == "done"


@dataclass(frozen=True)
class Silent:
    """A node that has not answered in time. No record is named: everybody sees this."""

    node: str
    name: str
    since: datetime
    recalls: int


_ENDED: Final = frozenset({"superseded", "lifted"})


def progress(unit: Unit, record: Record) -> Sequence[Standing]:
    """Where the newest recall of a record stands at each node that was asked. The caller may know where the record is."""
    own = unit.node.node_id
    newest: dict[str, StoredNotice] = {}
    for one in notices.of_record(unit.db, record.uid, What.RECALL, origin=own):
        if one.state not in _ENDED:
            newest[one.to[0]] = one
    names = _names(unit, newest)
    return [_standing(unit, one, names) for _, one in sorted(newest.items())]


def _standing(unit: Unit, one: StoredNotice, names: Mapping[str, str]) -> Standing:
    node = one.to[0]
    state, since = one.state, one.closed_at or one.at
    if state == notices.OPEN:
        late = one.due_at is not None and one.due_at < unit.now
        state, since = ("silent", one.due_at or one.at) if late else ("waiting", one.at)
    said = one.answer
    return Standing(
        node=node,
        name=names.get(node, node),
        state=state,
        since=since,
        due_at=one.due_at,
        action=str(one.body.get("action", "")),
        reason=str(said.get("reason", "")),
        text=str(said.get("text", "")),
    )


def silent_peers(unit: Unit) -> Sequence[Silent]:
    """The nodes that left a recall unanswered past its deadline, the longest silent first (J-11.5). For everybody."""
    own = unit.node.node_id
    found: dict[str, list[datetime]] = {}
    for one in notices.in_state(unit.db, What.RECALL, origin=own, due_before=unit.now):
        if one.due_at is not None:
            found.setdefault(one.to[0], []).append(one.due_at)
    names = _names(unit, found)
    late = [Silent(node, names.get(node, node), min(due), len(due)) for node, due in found.items()]
    return sorted(late, key=lambda one: (one.since, one.node))


def answered_in_time(unit: Unit) -> Mapping[str, int]:
    """Counts of all recalls of this node for the service levels: `in_time`, `late`, `waiting`, `silent` (4.2.4)."""
    counts = {"in_time": 0, "late": 0, "waiting": 0, "silent": 0}
    for one in notices.all_of(unit.db, What.RECALL, origin=unit.node.node_id):
        if one.state in _ENDED or one.due_at is None:
            continue
        if one.closed_at is not None:
            counts["in_time" if one.closed_at <= one.due_at else "late"] += 1
        else:
            counts["silent" if one.due_at < unit.now else "waiting"] += 1
    return counts


def _names(unit: Unit, nodes: Collection[str]) -> dict[str, str]:
    if not nodes:
        return {}
    return {one.node_id: one.name for one in peers.listed(unit.db, unit.viewer) if one.node_id in nodes}


# ---------------------------------------------------------------- where it arrives


def refuses(unit: Unit, *, origin: str, arriving: Sequence[tuple[str, str, str]]) -> list[bool]:
    """Which of these were recalled by their origin before they arrived? Each is uid, version and `modified` as it is written."""
    known = notices.of_records(unit.db, [uid for uid, _, _ in arriving], What.RECALL, origin=origin)
    return [
        any(_covers(one, version) and modified <= stamp(one.at) for one in known.get(uid, ()))
        for uid, version, modified in arriving
    ]


def _covers(one: StoredNotice, version: str) -> bool:
    named = one.body.get("versions") or ()
    return not named or version in named


def obey_recall(unit: Unit, notice: Notice, sender: str) -> Outcome:
    """Do what the origin asks. `unit` is a job of the node. A notice that came before gives the same answer and changes nothing."""
    body = notice.body
    if not isinstance(body, Recall) or sender != notice.origin:
        return Outcome.refusal("foreign-origin", "Only the origin of a record recalls it.")
    before = notices.get(unit.db, notice.id)
    if before is not None:
        return Outcome(**{**before.answer, "changed": False}) if before.answer else NOT_HELD
    outcome = _obeyed(unit, notice, body)
    notices.add(
        unit.db,
        notice,
        record_uid=body.uid,
        due_at=body.due_at,
        state=outcome.result,
        answer={"result": outcome.result, "reason": outcome.reason, "text": outcome.text},
    )
    unit.audit("recall.obey", f"node:{sender}", result=outcome.result, reason=outcome.reason)
    return outcome


def _obeyed(unit: Unit, notice: Notice, body: Recall) -> Outcome:
    record = records.lock(unit.db, unit.viewer, body.uid)
    if record is None or record.origin_node != notice.origin:
        return NOT_HELD  # what this node has of others is nobody's business (S36)
    shown = revisions.get(unit.db, unit.viewer, record.published_revision_id)
    if body.versions and (shown is None or shown.version not in body.versions):
        return OTHER_VERSION
    if copies.newest(unit.db, record.id) > stamp(notice.at):
        return OVERTAKEN
    held = record.state is State.LEGALLY_RESTRICTED or _held_by_order(unit, record)
    was_down = record.tombstone is not None
    record = settle(unit, _fallen(unit, record, notice, body))
    if body.action == "delete" and not held:
        _forget(unit, record)
    said = {"asked": body.action, "reason": body.reason_code}
    unit.audit("record.recall", record.ref, audience_id=record.audience_id, **said)
    unit.emit("record.recall" if was_down else "record.withdraw", record.id, state=record.state.value)
    return _LEGAL_HOLD if held and body.action in ("delete", "replace") else Outcome("done")


def _fallen(unit: Unit, record: Record, notice: Notice, body: Recall) -> Record:
    """The copy after the recall: out of use, with the reason in its place. What an order here took out of sight stays there."""
    stone = {
        "title": "",
        "withdrawn_at": notice.at.isoformat(),
        "published_at": record.published_at.isoformat() if record.published_at else "",
        "reason_code": body.reason_code,
        "reason": body.text or f"Taken back by the node it comes from, {notice.origin}.",
        "replacement": body.replaced_by,
        "recall": notice.id,
    }
    sealed = sealing(body.action)
    facts = {**record.facts, "body_sealed": sealed, "origin_recall": notice.id}
    assigned = record.assigned
    if sealed == OFFICERS:
        assigned = tuple(dict.fromkeys((*assigned, *_OFFICERS)))
    if record.state is State.LEGALLY_RESTRICTED:
        kept = {"tombstone": stone, "body_sealed": sealed}
        facts |= {
            "restricted_from": State.WITHDRAWN.value,
            "before_order": kept,
            "body_sealed": record.facts.get("body_sealed", True),
        }
        return replace(record, facts=facts, assigned=assigned)
    if record.state is State.HELD and record.facts.get(
        "origin_hold"
    ):  # it comes back by itself, says the origin
        return replace(record, facts=facts, assigned=assigned)
    return replace(
        record,
        state=State.WITHDRAWN,
        held_from="",
        state_since=unit.now,
        tombstone=stone,
        facts=facts,
        assigned=assigned,
    )


def sealing(action: str) -> bool | str:
    """What becomes of the body behind the tombstone: readable for the record, for officers alone, or for nobody."""
    if action == "annotate":
        return False
    return OFFICERS if action == "restrict" else True


def sealed_by(unit: Unit, *, origin: str, uid: str, modified: str) -> bool | str:
    """The same where the tombstone comes after the recall that belongs to it; sealed when there was none."""
    found = [
        one
        for one in notices.of_record(unit.db, uid, What.RECALL, origin=origin)
        if stamp(one.at) >= modified
    ]
    return sealing(str(found[-1].body.get("action"))) if found else True


def _held_by_order(unit: Unit, record: Record) -> bool:
    """A hold of this node's own on a legal order: the copy is evidence here."""
    if record.state is not State.HELD or record.facts.get("origin_hold"):
        return False
    holds = editorial.of_record(unit.db, editorial.StoredHold, record.id)
    return bool(holds) and holds[-1].reason_code == "legal_order"


def _forget(unit: Unit, record: Record) -> None:
    """Only the number, the hashes, the notice and the answer stay (J-11.4)."""
    revisions.forget(unit.db, record.id)
    quarantine.forget(unit.db, record.origin_node, copies.object_ids(unit.db, record.id), at=unit.now)
    copies.forget(unit.db, record.id)
    notices.forget(unit.db, record.uid, origin=record.origin_node)


def state_words(state: str) -> str:
    """How a page says it."""
    return _WORDS.get(state, state)


_WORDS: Final[Mapping[str, str]] = {
    "done": "Done",
    "partly": "Done in part",
    "refused": "Refused",
    "waiting": "Waiting for its answer",
    "silent": "Silent past the deadline",
}


def as_facts(standing: Standing) -> dict[str, Any]:
    """For the API."""
    return {name: getattr(standing, name) for name in Standing.__dataclass_fields__}
