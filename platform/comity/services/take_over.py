"""Take over documents of a public source that council admitted: published as they come, without a review of each (4.10.9).

Decides what of an admitted source may be published at all: CLEAR, complete, recognisably from that source, about no organization,
and without personal data or a national marking. Everything else is refused row by row. A document that changed at its publisher
becomes a minor version; one that was withdrawn or is disputed here is left as people left it. Refuses to know files and formats.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from comity import policies
from comity.domain.audience import Stage
from comity.domain.canonical import canonical_json
from comity.domain.errors import NotAllowed, Problem
from comity.domain.handling import Handling
from comity.domain.kinds.registry import kind
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record, Revision
from comity.domain.source_admission import PublicSource
from comity.domain.tlp import TLP
from comity.formats.rows import Item, Refused
from comity.services.admit import Admitted
from comity.services.placing import card_facts, index_document
from comity.services.publish import end_of_day
from comity.services.set_up import SECRETARIAT
from comity.services.settle import audience_for
from comity.services.unit import Unit
from comity.services.uuid7 import uuid7
from comity.storage import audiences, bulk

HANDLING = Handling(tlp=TLP.CLEAR)


@dataclass
class Outcome:
    """What became of a batch. `refused` holds a row for everything that was not taken."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)


def take_over(
    unit: Unit, source: PublicSource, items: Sequence[Admitted], *, dry_run: bool = False
) -> Outcome:
    """Store a batch in this transaction: records, versions, index, audit entries, events. `unit` is a job of the node."""
    if not unit.viewer.is_system:
        raise NotAllowed("A public source is taken over by the node itself, started by its operator.")
    known = bulk.known(unit.db, unit.viewer, [foreign_id(source, item) for item in items])
    outcome = Outcome()
    new: list[bulk.Stored] = []
    changed: list[bulk.Stored] = []
    for item in items:
        earlier = known.get(foreign_id(source, item))
        if earlier is not None and _imported(earlier).get("digest") == item.digest:
            outcome.unchanged += 1
            continue
        problems = [*_standing_problems(earlier), *item.problems]
        if problems:
            outcome.refused.append(Refused(item.position, item.foreign_id, tuple(problems)))
        elif earlier is None:
            new.append(_new(unit, source, item))
        else:
            changed.append(_next(unit, source, item, earlier))
    outcome.added, outcome.updated = len(new), len(changed)
    if not dry_run:
        _store(unit, source, new, changed)
    return outcome


def foreign_id(source: PublicSource, item: Item) -> str:
    """The name under which the document is known here, whichever file it comes in."""
    return f"{source.id}:{item.foreign_id}"


def _standing_problems(earlier: Record | None) -> Iterable[Problem]:
    if earlier is None:
        return
    in_force = (
        earlier.state is State.PUBLISHED and earlier.working_revision_id == earlier.published_revision_id
    )
    if not in_force or earlier.under_dispute:
        state = "under dispute" if earlier.under_dispute else earlier.state.value.replace("_", " ")
        yield Problem(
            "", "left-as-it-is", f"{earlier.ref} is {state} here, so the new version was not taken over."
        )


def _new(unit: Unit, source: PublicSource, item: Admitted) -> bulk.Stored:
    record = Record(
        id=0,
        uid=str(uuid7(unit.now)),
        ref="",
        kind=item.kind,
        subtype=str(item.becomes["subtype"]),
        state=State.PUBLISHED,
        audience_id=0,
        origin_node=unit.node.node_id,
        organization=SECRETARIAT,
        sector=source.sector.value if source.sector else "",
        author="system",
        created_at=unit.now,
        updated_at=unit.now,
        state_since=unit.now,
        attribution_mode="public_source",
        foreign_id=foreign_id(source, item),
    )
    record = _dated(unit, source, item, record)
    return record, _version(unit, item.becomes, major=1, minor=0, note=f"Taken over from {source.title}")


def _next(unit: Unit, source: PublicSource, item: Admitted, earlier: Record) -> bulk.Stored:
    record = _dated(unit, source, item, replace(earlier, subtype=str(item.becomes["subtype"])))
    minor = int(_imported(earlier).get("minor", 0)) + 1
    record = replace(record, facts={**record.facts, "import": {**_imported(record), "minor": minor}})
    version = _version(unit, item.becomes, major=1, minor=minor, note="Changed by its publisher")
    return record, replace(version, record_id=earlier.id)


def _imported(record: Record) -> Mapping[str, Any]:
    found = record.facts.get("import")
    return found if isinstance(found, Mapping) else {}


def _dated(unit: Unit, source: PublicSource, item: Admitted, record: Record) -> Record:
    """The envelope after this import. `published_at` is the publisher's date, so that "newest" means what a reader expects."""
    imported = {"source": source.id, "digest": item.digest, "policy": policies.sources().version}
    return replace(
        record,
        updated_at=unit.now,
        published_at=item.source_date or record.published_at or unit.now,
        review_due=end_of_day(item.becomes["review_due"]),
        expires_at=end_of_day(item.becomes["expires_at"]),
        facts={**record.facts, **card_facts(item.becomes), "import": imported},
    )


_HANDLING_BYTES: Final = canonical_json(HANDLING.model_dump(mode="json"))


def content_hash(content: Mapping[str, Any]) -> str:
    """As `draft.content_hash` of this content without claims under `HANDLING`; a test holds the two together."""
    whole = (
        b'{"claims":[],"content":' + canonical_json(dict(content)) + b',"handling":' + _HANDLING_BYTES + b"}"
    )
    return hashlib.sha256(whole).hexdigest()


def _version(unit: Unit, content: dict[str, Any], *, major: int, minor: int, note: str) -> Revision:
    return Revision(
        id=0,
        record_id=0,
        major=major,
        minor=minor,
        frozen=True,
        audience_id=0,
        title=str(content["title"]),
        summary=str(content["summary"]),
        content=content,
        handling=HANDLING,
        created_by="system",
        created_at=unit.now,
        content_hash=content_hash(content),
        note=note,
        published_at=unit.now,
    )


def _store(
    unit: Unit, source: PublicSource, new: Sequence[bulk.Stored], changed: Sequence[bulk.Stored]
) -> None:
    if not new and not changed:
        return
    example = (new or changed)[0][0]
    audience_id = audiences.ensure(unit.db, audience_for(unit, example, HANDLING, Stage.LIVE))
    placed = [(replace(r, audience_id=audience_id), replace(v, audience_id=audience_id)) for r, v in new]
    stored = bulk.add_published(unit.db, _with_refs(unit, placed))
    moved = [(replace(r, audience_id=audience_id), replace(v, audience_id=audience_id)) for r, v in changed]
    stored += bulk.add_versions(unit.db, moved)
    unit.index.put([index_document(record, version, []) for record, version in stored])
    details = {"source": source.id, "policy": policies.sources().version}
    noted = [bulk.Noted(r.ref, r.audience_id, {**details, "version": v.version}) for r, v in stored]
    bulk.note(unit.db, unit.viewer, action="record.take_over", noted=noted, at=unit.now)
    ids = [record.id for record, _ in stored]
    bulk.emit(
        unit.db, what="record.publish", record_ids=ids, payload={"state": State.PUBLISHED.value}, at=unit.now
    )


def _with_refs(unit: Unit, placed: Sequence[bulk.Stored]) -> list[bulk.Stored]:
    by_code: dict[str, list[bulk.Stored]] = {}
    for record, version in placed:
        by_code.setdefault(kind(record.kind).ref_code, []).append((record, version))
    named: list[bulk.Stored] = []
    for code, group in by_code.items():
        refs = bulk.new_refs(unit.db, node=unit.node.node_id, code=code, year=unit.now.year, count=len(group))
        named += [
            (replace(record, ref=ref), version) for (record, version), ref in zip(group, refs, strict=True)
        ]
    return named
