"""Search and browse. The engine proposes ids; what is shown is read from the database under the same rule (H-04)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from comity import policies
from comity.domain.access import indexed_for
from comity.domain.record import Record
from comity.search.port import FACETS, Part, Query, Sort
from comity.services.unit import Unit
from comity.storage import audiences, organizations, records

PAGE = 20
SHOWN_FACETS = (
    "kind", "subtype", "provenance", "tlp", "technology_area", "pathway", "method_family", "application_family", "entity_type",
    "tie_level", "sector", "node", "severity", "evidence_level", "status",
)  # fmt: skip


_QUOTED: Final = frozenset({"CLEAR", "GREEN"})
"""Lists quote these. A stricter record shows its title alone: its text is read after giving a purpose, which is logged (H-08)."""


@dataclass(frozen=True)
class Found:
    """One result. `action` is what a reader can do about it first: text and role."""

    record: Record
    title: Sequence[Part]
    snippet: Sequence[Part]
    tlp: str
    originator: str
    action: Mapping[str, str]
    has_reply: bool


@dataclass(frozen=True)
class Answer:
    """A page of results. `total` is capped at 1,000 and then stands for “more than”."""

    items: Sequence[Found]
    total: int
    total_is_capped: bool
    facets: Mapping[str, Mapping[str, int]]
    match: str
    page: int
    pages: int


@dataclass(frozen=True)
class Asked:
    """What a reader asks. `filters` holds only known facets; unknown ones are dropped by `asked`."""

    text: str = ""
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sort: Sort = "relevance"
    page: int = 1
    include_ended: bool = False
    typing: bool = False


def asked(
    *,
    text: str,
    filters: Mapping[str, Sequence[str]],
    sort: str,
    page: int,
    include_ended: bool,
    typing: bool = False,
) -> Asked:
    """Read a query as it came: unknown facets and sorts are ignored, never passed on (class S21)."""
    known = {name: frozenset(values[:20]) for name, values in filters.items() if name in FACETS and values}
    order: Sort = sort if sort in ("relevance", "newest", "oldest", "title") else "relevance"  # type: ignore[assignment]
    return Asked(text[:400], known, order, max(1, min(page, 50)), include_ended, typing)


def find(unit: Unit, query: Asked, *, facets: Sequence[str] = SHOWN_FACETS, limit: int = PAGE) -> Answer:
    """Records this viewer may read that match. RED is never among them, even for its named readers (H-03)."""
    results = unit.index.search(
        Query(
            text=query.text,
            audience_ids=audiences.ids_for(unit.db, indexed_for(unit.viewer)),
            filters=query.filters,
            sort=query.sort,
            limit=limit,
            offset=(query.page - 1) * limit,
            typing=query.typing,
            include_ended=query.include_ended,
            facets=tuple(facets),
        )
    )
    cards = records.cards(unit.db, unit.viewer, [hit.record_id for hit in results.hits])
    attributed = {
        card.record.organization for card in cards.values() if card.record.attribution_mode == "organization"
    }
    names = organizations.names(unit.db, attributed)
    items = [
        Found(
            record=cards[hit.record_id].record,
            title=hit.title,
            snippet=hit.snippet if cards[hit.record_id].tlp in _QUOTED else (),
            tlp=cards[hit.record_id].tlp,
            originator=_originator(cards[hit.record_id].record, names),
            action=_action(cards[hit.record_id]),
            has_reply=bool(cards[hit.record_id].record.facts.get("has_reply")),
        )
        for hit in results.hits
        if hit.record_id in cards
    ]
    pages = max(1, -(-min(results.total, 1000) // limit))
    return Answer(
        items, results.total, results.total_is_capped, results.facet_counts, results.match, query.page, pages
    )


def _action(card: records.Card) -> Mapping[str, str]:
    return dict(card.record.facts.get("first_action") or {}) if card.tlp in _QUOTED else {}


def _originator(record: Record, names: Mapping[str, str]) -> str:
    """Its name, where the record is given under it: the same organization may stand under one record and not under another."""
    if record.attribution_mode == "public_source":
        source = policies.sources().find(str((record.facts.get("import") or {}).get("source") or ""))
        return source.title if source else ""
    if record.attribution_mode != "organization":
        return ""
    return names.get(record.organization, "") or record.origin_says("organization")


def suggest(unit: Unit, prefix: str) -> Sequence[str]:
    """Titles and names of records this viewer may read that go with what is being typed."""
    return unit.index.suggest(prefix[:100], audiences.ids_for(unit.db, indexed_for(unit.viewer)))
