"""Make the feed agree with a record: what leaves is signed here, once, in the transaction that changed it (ADR 10).

Called at the end of `services.settle`, so nothing changes a record without the feed following. Idempotent: the same record gives no
new row. Decides which version stands in the feed, what follows one that is taken down or narrowed, and that nobody is served a body
from then on. Who is served what is the audience's matter. Refuses to know what a node did with it, and any network.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from comity.domain.access import releasable_to
from comity.domain.audience import Audience, Stage
from comity.domain.feed import loses_somebody, next_version, same_readers
from comity.domain.lifecycle_facts import State
from comity.domain.recall import NARROWED, Asked, chosen, usual
from comity.domain.record import Record, Revision
from comity.domain.rules import allows
from comity.domain.viewer import Viewer
from comity.services import call_back, pass_on, sign, tell, weigh, write_out
from comity.services.call_back import Holder
from comity.services.notarize import notarize
from comity.services.unit import Unit
from comity.services.weigh import Alliance
from comity.stix.tombstone import Stone
from comity.stix.vocabulary import EXTENSION_ID, Object, moment, stamp
from comity.storage import audiences, feed, objects, revisions, sequences
from comity.storage.feed import Placed

RETURNS: Final = frozenset({State.HELD, State.LEGALLY_RESTRICTED})
"""States out of which a record may come back as it was."""


@dataclass(frozen=True)
class _Standing:
    """A record, what stands of it in the feed (oldest first), and the nodes that were ever admitted."""

    system: Unit
    record: Record
    rows: tuple[Placed, ...]
    known: Alliance

    @property
    def last(self) -> Placed | None:
        """The newest row, whoever is served it."""
        return self.rows[-1] if self.rows else None

    def audience(self, row: Placed) -> Audience:
        """Who is served a row."""
        return audiences.load(self.system.db, row.audience_id)

    def revision(self, revision_id: int | None) -> Revision | None:
        """A version, for the node itself."""
        return revisions.get(self.system.db, self.system.viewer, revision_id)

    def next(self) -> datetime:
        """When the next version says it was made."""
        return next_version(self.system.now, moment(self.last.version) if self.last else None)


def carry(unit: Unit, record: Record, *, known: Alliance | None = None) -> None:
    """Put into the feed what follows from the record now. A copy of another node's record is never put there (F-06).

    `known` spares a batch from reading the allied nodes anew for each record.
    """
    node = unit.node.node_id
    if not record.is_published or record.origin_node != node or sign.signing_key(unit) is None:
        return
    system = unit.acting_as(Viewer.system(node, "carry"))
    rows = tuple(feed.of_record(unit.db, record.id))
    standing = _Standing(system, record, rows, known or weigh.alliance(system))
    audience = audiences.load(unit.db, record.audience_id)
    match audience.stage:
        case Stage.LIVE | Stage.ENDED:
            _show(standing, audience)
        case Stage.TOMBSTONE:
            _take_down(standing)
        case Stage.SEALED:
            _hide(standing)
        case _:
            return
    if rows:
        pass_on.agree(system, record)


# ---------------------------------------------------------------- in force


def _show(standing: _Standing, audience: Audience) -> None:
    """The version in force stands in the feed for its readers of now; whoever loses it is told before."""
    system, last = standing.system, standing.last
    revision = standing.revision(standing.record.published_revision_id)
    if revision is None:
        return
    content = {**revision.content, "claims": revisions.claims(system.db, system.viewer, revision.id)}
    wanted: Audience | None = None
    if write_out.may_leave(revision):
        version = weigh.version_of(system, standing.record, revision, content, audience)
        waiting = weigh.waiting_for(system, standing.record, revision)
        wanted = weigh.audience_in_feed(system, standing.known, version, waiting)
    if wanted is not None and last is not None and _says_the_same(standing, last, revision, wanted):
        _settle_rows(standing, wanted)
        return
    at = _part(standing, wanted)
    if wanted is None:
        return
    made = write_out.version_object(system, standing.record, revision, content, wanted.tlp, at)
    if made is not None:
        _put(standing, made, wanted, revision_id=revision.id)
        call_back.lift(
            system,
            standing.record,
            regains=lambda node: weigh.sent_now(standing.known, wanted, node),
        )


def _says_the_same(standing: _Standing, last: Placed, revision: Revision, wanted: Audience) -> bool:
    """Is the newest row this version, for these readers, with this end?"""
    served = standing.audience(last)
    if last.revision_id != revision.id or served.stage is Stage.SEALED or not same_readers(served, wanted):
        return False
    said, ends = _said(standing, last), write_out.ends_early(standing.record)
    return said.get("expires") == (stamp(ends) if ends else None) and said.get("replaced_by", "") == (
        write_out.replaced_by(standing.system, standing.record)
    )


def _part(standing: _Standing, wanted: Audience | None) -> datetime:
    """Take the record from those who lose it. Returns when the version after that says it was made."""
    at, last = standing.next(), standing.last
    _settle_rows(standing, wanted)
    if last is None or last.revision_id is None:
        return at
    served = standing.audience(last)
    if served.stage is Stage.SEALED or (wanted is not None and not loses_somebody(served, wanted)):
        return at
    stone = Stone(NARROWED, at)
    _put_stone(standing, stone, served, at)
    call_back.call_back(
        standing.system,
        standing.record,
        reason_code=NARROWED,
        asked=usual(NARROWED),
        tlp=served.tlp,
        at=at,
        keeps=lambda holder: _keeps(standing, holder, wanted),
    )
    return next_version(standing.system.now, at)


def _keeps(standing: _Standing, holder: Holder, wanted: Audience | None) -> bool:
    """Does the holder keep what it has? What came by a decision is kept while the record may still be released there."""
    if wanted is None:
        return False
    if not holder.by_release:
        return weigh.sent_now(standing.known, wanted, holder.node)
    node = next((one for one in standing.known.nodes if one.node_id == holder.node), None)
    return node is not None and allows(releasable_to(node.as_policy()), wanted.facts())


# ---------------------------------------------------------------- taken down


def _take_down(standing: _Standing) -> None:
    """A tombstone follows, for those who had it, and a recall for each node that took it. Those who lost it before hear no more."""
    record, last = standing.record, standing.last
    if last is None:
        return
    served, stone = standing.audience(last), _stone(standing)
    if last.revision_id is None and served.stage is not Stage.SEALED:
        said = _said(standing, last).get("tombstone", {})
        same = (stone.reason_code, stamp(stone.taken_down))
        if said.get("reason_code") == NARROWED or (said.get("reason_code"), said.get("taken_down")) == same:
            return
    at = standing.next()
    _settle_rows(standing, None)
    _put_stone(standing, stone, served, at)
    call_back.call_back(
        standing.system,
        record,
        reason_code=stone.reason_code,
        asked=_asked(record, stone),
        tlp=served.tlp,
        at=max(at, standing.system.now),
        text=str((record.tombstone or {}).get("reason", "")),
        replaced_by=stone.replaced_by,
    )


def _hide(standing: _Standing) -> None:
    """An order forbids even a tombstone: nothing of the record is served any more, and only the nodes that took it are told."""
    record, last = standing.record, standing.last
    served = [row for row in standing.rows if standing.audience(row).stage is not Stage.SEALED]
    if last is None or not served:
        return
    _settle_rows(standing, None, stones=True)
    if not any(row.revision_id is not None for row in served):
        return
    reason = str((record.tombstone or {}).get("reason_code") or "court_order")
    call_back.call_back(
        standing.system,
        record,
        reason_code=reason,
        asked=usual(reason, returns=True),
        tlp=standing.audience(last).tlp,
        at=max(moment(last.version), standing.system.now),
    )


def _stone(standing: _Standing) -> Stone:
    said = standing.record.tombstone or {}
    at = str(said.get("withdrawn_at") or said.get("held_at") or "")
    until = str(said.get("until") or "")
    return Stone(
        reason_code=str(said.get("reason_code") or "error"),
        taken_down=datetime.fromisoformat(at) if at else standing.system.now,
        replaced_by=write_out.replacement(
            standing.system, standing.record, str(said.get("replacement") or "")
        ),
        until=datetime.fromisoformat(until) if until else None,
    )


def _asked(record: Record, stone: Stone) -> Asked:
    """What was chosen when it was taken down, or else what is usual for the reason."""
    given = record.facts.get("recall")
    if record.state is State.WITHDRAWN and isinstance(given, dict):
        found = chosen(str(given.get("action")), int(given.get("hours") or 0))
        if found is not None:
            return found
    return usual(stone.reason_code, returns=record.state in RETURNS, replaced=bool(stone.replaced_by))


# ---------------------------------------------------------------- rows


def _settle_rows(standing: _Standing, wanted: Audience | None, *, stones: bool = False) -> None:
    """Earlier versions go on for the same readers, and are sealed where somebody lost them or the record was taken down."""
    moves: dict[int, list[int]] = {}
    for row in standing.rows:
        served = standing.audience(row)
        if served.stage is Stage.SEALED or (row.revision_id is None and not stones):
            continue
        if wanted is None or loses_somebody(served, wanted):
            target = served.at(Stage.SEALED)
        else:
            target = wanted if same_readers(served, wanted) else served.at(wanted.stage)
        audience_id = audiences.ensure(standing.system.db, target)
        if audience_id != row.audience_id:
            moves.setdefault(audience_id, []).append(row.seq)
    for audience_id, seqs in moves.items():
        objects.reaudience(standing.system.db, seqs, audience_id)


def _put_stone(standing: _Standing, stone: Stone, served: Audience, at: datetime) -> None:
    """After the newest version that had a body, for those whom it was served to."""
    bodies = [row for row in standing.rows if row.revision_id is not None]
    revision = standing.revision(bodies[-1].revision_id) if bodies else None
    if revision is None:
        return
    made = write_out.stone_object(standing.system, standing.record, revision, stone, served.tlp, at)
    _put(standing, made, served.at(Stage.TOMBSTONE), revision_id=None)


def _put(standing: _Standing, made: Object, audience: Audience, *, revision_id: int | None) -> None:
    """Sign it, give it the next place in the feed, and write down that it left."""
    unit, record = standing.system, standing.record
    text = sign.signed_text(unit, made)
    sequences.hold(
        unit.db, "audit"
    )  # before the counter of the feed, in the order of every unit that takes both
    audience_id = audiences.ensure(unit.db, audience)
    put = objects.NewObject(
        stix_id=made["id"],
        version=made["modified"],
        type=made["type"],
        body=text,
        audience_id=audience_id,
        record_id=record.id,
        revision_id=revision_id,
        origin_node=record.origin_node,
    )
    objects.put(unit.db, tell.feed_id(unit), [put], unit.now)
    notarize(
        unit,
        "withdrawal" if revision_id is None else "release",
        record_uid=record.uid,
        entry={
            "object": made["id"],
            "modified": made["modified"],
            "version": made["extensions"][EXTENSION_ID]["record_version"],
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
        },
        audience_id=audience_id,
    )


def _said(standing: _Standing, row: Placed) -> dict[str, Any]:
    """Our own extension in a row that we wrote."""
    said: dict[str, Any] = json.loads(feed.text(standing.system.db, row.seq))["extensions"][EXTENSION_ID]
    return said
