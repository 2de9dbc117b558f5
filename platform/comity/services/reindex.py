"""Hold the search index against the records it was made from, and mend it. The index is derived: it can always be made anew.

Works in steps of some hundred records, each in its own unit, so that readers and writers go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

from comity.domain.audience import Audience
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.search.port import Document, Indexed
from comity.services.placing import document_of
from comity.services.unit import Unit
from comity.storage import audiences, records

STEP: Final = 400
Units = Callable[[], AbstractContextManager[Unit]]
"""Opens a writing unit of the node itself."""


@dataclass
class Drift:
    """References (or numbers, where there is no record) for which index and records disagree."""

    seen: int = 0
    missing: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def none(self) -> bool:
        """Index and records agree."""
        return not (self.missing or self.stale or self.extra)


def check(unit: Unit, *, thorough: bool = True) -> Drift:
    """Compare without changing anything. `thorough` makes every document anew and compares its words; otherwise its version and
    readers are compared, which is enough to see a lost or forgotten entry. The unit's viewer is the node itself.
    """
    drift = Drift()
    held = {one.record_id: one for one in unit.index.documents()}
    marks: dict[int, Audience] = {}
    after = 0
    while page := records.page(unit.db, unit.viewer, after=after, limit=STEP):
        after = page[-1].id
        for record in page:
            drift.seen += 1
            _compare(unit, record, held.pop(record.id, None), drift, marks, thorough=thorough)
    drift.extra += [f"number {one}" for one in held]
    return drift


def _compare(
    unit: Unit,
    record: Record,
    entry: Indexed | None,
    drift: Drift,
    marks: dict[int, Audience],
    *,
    thorough: bool,
) -> None:
    if not _belongs(unit, record, marks):
        if entry is not None:
            drift.extra.append(record.ref)
    elif entry is None:
        drift.missing.append(record.ref)
    elif (entry.audience_id, entry.revision) != (record.audience_id, record.published_revision_id):
        drift.stale.append(record.ref)
    elif thorough:
        document = document_of(unit, record)
        if document is None or document.digest() != entry.digest:
            drift.stale.append(record.ref)


def _belongs(unit: Unit, record: Record, marks: dict[int, Audience]) -> bool:
    """Published, not RED, and not under an order that forbids even its tombstone."""
    if not record.is_published or record.facts.get("tombstone_forbidden"):
        return False
    if record.audience_id not in marks:
        marks[record.audience_id] = audiences.load(unit.db, record.audience_id)
    return marks[record.audience_id].tlp is not TLP.RED


def mend(units: Units, *, everything: bool = False, told: Callable[[int], object] = lambda _: None) -> Drift:
    """Put in what is missing, replace what is stale, take out what is too much; `everything` writes every document anew.

    Returns what was mended. `told` hears how many records have been looked at. Safe to stop and to repeat.
    """
    mended = Drift()
    wanted: set[int] = set()
    after = 0
    with units() as unit:
        held = {one.record_id: one for one in unit.index.documents()}
    while True:
        with units() as unit:
            page = records.page(unit.db, unit.viewer, after=after, limit=STEP)
            if not page:
                _take_out(unit, wanted, mended)
                return mended
            after = page[-1].id
            made = {
                record.id: document for record in page if (document := document_of(unit, record)) is not None
            }
            wanted |= made.keys()
            unit.index.put(_due(page, made, held, mended, everything=everything))
            mended.seen += len(page)
        told(mended.seen)


def _due(
    page: Sequence[Record],
    made: dict[int, Document],
    held: dict[int, Indexed],
    mended: Drift,
    *,
    everything: bool,
) -> list[Document]:
    due = []
    for record in page:
        document, entry = made.get(record.id), held.get(record.id)
        if document is None:
            continue
        if entry is None:
            mended.missing.append(record.ref)
        elif entry.digest != document.digest() or entry.audience_id != document.audience_id:
            mended.stale.append(record.ref)
        elif not everything:
            continue
        due.append(document)
    return due


def _take_out(unit: Unit, wanted: set[int], mended: Drift) -> None:
    """What the index holds and no record wants. Records that came meanwhile are looked up again before anything is forgotten."""
    over = [one.record_id for one in unit.index.documents() if one.record_id not in wanted]
    known = records.by_ids(unit.db, unit.viewer, over)
    gone = [one for one in over if one not in known or document_of(unit, known[one]) is None]
    unit.index.remove(gone)
    mended.extra += [known[one].ref if one in known else f"number {one}" for one in gone]
    unit.audit(
        "index.mended",
        put=len(mended.missing) + len(mended.stale),
        removed=len(mended.extra),
        looked_at=mended.seen,
    )


def prune(unit: Unit) -> int:
    """Forget words that no document has any more; how many."""
    return unit.index.prune()
