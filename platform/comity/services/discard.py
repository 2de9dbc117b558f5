"""An author throws away a draft that was never handed in. No tombstone: nobody else ever knew of it (table of 4.5.1: discard)."""

from __future__ import annotations

from comity.domain.errors import NotAllowed
from comity.domain.lifecycle import step
from comity.domain.lifecycle_facts import Actor, Facts, Verb
from comity.services.step import held_record
from comity.services.unit import Unit
from comity.storage import drafts


def discard(unit: Unit, *, ref: str) -> None:
    """Delete it with its versions and files; the log keeps its reference and who. Raises `TransitionRefused` once it was handed in.

    Doing it again changes nothing and finds nothing.
    """
    record = held_record(unit, ref)
    if record.author != unit.viewer.person:
        raise NotAllowed("Only its author throws a draft away.")
    step(record.state, Verb.DISCARD, Facts(by=Actor.AUTHOR))
    unit.index.remove([record.id])
    drafts.forget(unit.db, record.id)
    unit.audit("draft.discard", record.ref, audience_id=record.audience_id)
