"""Disputes and replies travel to every node that has the record, and are applied there beside the copy (J-12.4, J-12.5).

`agree` compares what each holder was told last with what holds now and tells the difference: idempotent, whatever happened between.
Refuses to know how an appeal is decided; that is the origin's matter, and a copy only shows it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from comity.domain.dispute import DisputeState
from comity.domain.notice import Body, Dispute, Reply, What
from comity.domain.record import Record
from comity.services import call_back, tell
from comity.services.unit import Unit
from comity.storage import audiences, editorial, notices
from comity.storage.editorial import StoredDispute, StoredReply

_OPEN: Final = frozenset({DisputeState.OPEN.value, DisputeState.BEFORE_COUNCIL.value})


def agree(system: Unit, record: Record, *, only: Collection[str] | None = None) -> None:
    """Tell every node that has the record, or those of them in `only`, what it was not told yet."""
    nodes = [one.node for one in call_back.holders(system, record) if only is None or one.node in only]
    if not nodes:
        return
    told = notices.of_record(system.db, record.uid, What.DISPUTE, What.REPLY, origin=system.node.node_id)
    tlp = audiences.load(system.db, record.audience_id).tlp
    for node in nodes:
        last = {_about(one.what, one.body): one.body for one in told if node in one.to}
        for what, body in _to_say(system, record):
            said = body.model_dump(mode="json")
            before = last.get(_about(what, said))
            if before == said or (before is None and isinstance(body, Dispute) and not body.open):
                continue
            tell.in_feed(system, to=node, what=what, body=body, tlp=tlp, record_uid=record.uid)


def _about(what: What, body: Mapping[str, Any]) -> tuple[str, str]:
    """A dispute is about the record, a reply is one organization's: a later one takes the place of the earlier."""
    return what.value, str(body.get("entity_id", ""))


def _to_say(system: Unit, record: Record) -> Iterator[tuple[What, Body]]:
    there = editorial.present(system.db, record.id)
    disputes = editorial.of_record(system.db, StoredDispute, record.id) if StoredDispute in there else []
    yield What.DISPUTE, _dispute(record, disputes)
    for one in editorial.of_record(system.db, StoredReply, record.id) if StoredReply in there else ():
        if one.text and one.received_at is not None:
            yield (
                What.REPLY,
                Reply(
                    uid=record.uid,
                    entity_id=one.entity_id,
                    entity_name=one.entity_name,
                    text=one.text,
                    received_at=one.received_at,
                ),
            )


def _dispute(record: Record, disputes: list[StoredDispute]) -> Dispute:
    """Grounds and who appealed stay here. One open appeal about the whole record makes it the whole record."""
    current = [one for one in disputes if one.state in _OPEN]
    whole = any(not one.claim_ids for one in current)
    claims = () if whole else tuple(sorted({claim for one in current for claim in one.claim_ids}))
    decided = [one for one in disputes if one.outcome]
    outcome = decided[-1].outcome if decided and not record.under_dispute else ""
    return Dispute(uid=record.uid, open=record.under_dispute, claim_ids=claims, outcome=outcome)
