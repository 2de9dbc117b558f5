"""The index entry of a record: made from what was published, in the transaction that changed it. RED never gets one (H-03)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from comity.domain.kinds.base import Kind
from comity.domain.kinds.registry import kind
from comity.domain.kinds.search_fields import search_fields
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record, Revision
from comity.domain.tlp import TLP
from comity.search.port import FACETS, Document
from comity.services.unit import Unit
from comity.storage import revisions

_NOT_LIVE: Final = frozenset(
    {State.WITHDRAWN, State.LEGALLY_RESTRICTED, State.SUPERSEDED, State.EXPIRED, State.ARCHIVED}
)
_RELIABLE: Final = {"A": 3, "B": 2, "C": 1}


def place(system: Unit, record: Record) -> None:
    """Put the record into the index, or take it out. `system` is a job of the node: the index itself filters readers."""
    document = document_of(system, record)
    if document is None:
        system.index.remove([record.id])
    else:
        system.index.put([document])


def document_of(system: Unit, record: Record) -> Document | None:
    """What the index holds of this record now; None when it holds nothing of it."""
    if not record.is_published or record.facts.get("tombstone_forbidden"):
        return None
    revision = next(
        (
            one
            for one in revisions.of_record(system.db, system.viewer, record.id)
            if one.id == record.published_revision_id
        ),
        None,
    )
    if revision is None or revision.handling.tlp is TLP.RED:
        return None
    if record.tombstone is not None:
        return _tombstone(record, revision)
    return index_document(record, revision, revisions.claims(system.db, system.viewer, revision.id))


def index_document(record: Record, revision: Revision, claims: list[dict[str, Any]]) -> Document:
    """The document for one published version. Claims marked more strictly than the record stay out of it."""
    return document_for(
        record, revision, kind(record.kind).model_validate({**revision.content, "claims": claims})
    )


def document_for(
    record: Record, revision: Revision, content: Kind, dumped: Mapping[str, Any] | None = None
) -> Document:
    """The same for content that was validated already, and perhaps written as plain JSON too."""
    found = search_fields(content, dumped)
    facets = {name: values for name, values in found.facets.items() if name in FACETS}
    return Document(
        record_id=record.id,
        audience_id=record.audience_id,
        revision=revision.id,
        kind=record.kind,
        subtype=record.subtype,
        title=revision.title,
        names=found.names,
        summary=revision.summary,
        body=found.body,
        language=str(revision.content.get("language", "en")),
        published_at=int(record.published_at.timestamp()) if record.published_at else 0,
        quality=_quality(revision.content),
        live=record.state not in _NOT_LIVE,
        facets={**facets, **_envelope_facets(record, revision, record.origin_node)},
    )


def _envelope_facets(record: Record, revision: Revision, node: str) -> dict[str, tuple[str, ...]]:
    sector = () if not record.sector else (record.sector,)
    status = (
        "under_dispute"
        if record.under_dispute
        else record.state.value
        if record.state in _NOT_LIVE
        else "published"
    )
    taken_over = record.attribution_mode == "public_source"
    return {
        "sector": sector,
        "node": (node,),
        "tlp": (revision.handling.tlp.value,),
        "status": (status,),
        "provenance": ("taken_over" if taken_over else "reviewed",),
    }


def _quality(content: Mapping[str, Any]) -> int:
    """0 to 10: better sourced ranks a little higher (4.12)."""
    grades = [_RELIABLE.get(str(source.get("reliability", "")), 0) for source in content.get("sources", ())]
    return min(10, sum(sorted(grades, reverse=True)[:3]))


def _tombstone(record: Record, revision: Revision) -> Document:
    title = str((record.tombstone or {}).get("title") or record.ref)
    return Document(
        record_id=record.id,
        audience_id=record.audience_id,
        revision=revision.id,
        kind=record.kind,
        subtype=record.subtype,
        title=title,
        live=False,
        published_at=int(record.published_at.timestamp()) if record.published_at else 0,
        facets={
            "tlp": (revision.handling.tlp.value,),
            "status": (record.state.value,),
            "node": (record.origin_node,),
        },
    )


def card_facts(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a line in a list says beside the title: the first action for a researcher, or else the first of all (J-01.3)."""
    actions = [one for one in content.get("recommended_actions") or [] if one.get("do")]
    research = [one for one in actions if "research" in str(one.get("who", "")).casefold()]
    first = next(iter(research or actions), None)
    return {
        "first_action": {"do": str(first["do"])[:300], "who": str(first.get("who", ""))[:80]} if first else {}
    }
