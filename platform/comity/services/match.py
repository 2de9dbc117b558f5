"""Which saved searches find a record that was just published, each asked as its owner would ask it at this moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from comity.domain.access import indexed_for
from comity.domain.audience import Audience
from comity.domain.record import Record
from comity.domain.rules import allows
from comity.domain.viewer import Viewer
from comity.search.port import Query
from comity.services.placing import document_of
from comity.services.unit import Unit
from comity.storage import subscriptions
from comity.storage.subscriptions import Subscription


def matching_searches(
    unit: Unit, record: Record, audience: Audience, viewers: Mapping[str, Viewer]
) -> Iterator[Subscription]:
    """Saved searches whose owner may find the record (so never a RED one) and that ask for it. `unit` is the node's own."""
    document = document_of(unit, record)
    if document is None:
        return
    facets = document.all_facets()
    answers: dict[str, bool] = {}
    readers: dict[str, bool] = {}
    for one in subscriptions.searches(unit.db):
        viewer = viewers.get(one.account_id)
        if viewer is None or not _chosen(one.filters or {}, facets):
            continue
        if one.account_id not in readers:
            readers[one.account_id] = allows(indexed_for(viewer), audience.facts())
        if not readers[one.account_id]:
            continue
        if one.text not in answers:
            answers[one.text] = _finds(unit, one.text, record)
        if answers[one.text]:
            yield one


def _chosen(filters: Mapping[str, Sequence[str]], facets: Mapping[str, tuple[str, ...]]) -> bool:
    """Any value within a facet, every facet: as the search page filters."""
    return all(set(values) & set(facets.get(name, ())) for name, values in filters.items())


def _finds(unit: Unit, text: str, record: Record) -> bool:
    """Does the engine find the record by these words? Every word must be there: an alert is no place for a guess."""
    if not text:
        return True
    asked = Query(text, [record.audience_id], only=frozenset({record.id}), limit=1)
    results = unit.index.search(asked)
    return bool(results.hits) and results.match == "all"
