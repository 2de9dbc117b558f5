"""The newest records of a search as entries of a feed: CLEAR with its summary, GREEN by its title, nothing stricter at all.

A feed is fetched by programs and kept by them, so it carries less than the page does. Ended and withdrawn records leave it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services.find import Asked, Found, find
from comity.services.unit import Unit
from comity.storage import revisions

MOST: Final = 50
_MARKINGS: Final = frozenset({TLP.CLEAR.value, TLP.GREEN.value})


@dataclass(frozen=True)
class Entry:
    """One record. `summary` is empty above CLEAR; `updated` moves when a new version is in force."""

    record: Record
    title: str
    summary: str
    tlp: str
    originator: str
    published: datetime
    updated: datetime


def syndicate(unit: Unit, query: Asked) -> Sequence[Entry]:
    """The newest `MOST` entries that match, newest first, as far as the viewer may read them."""
    wanted = query.filters.get("tlp", _MARKINGS) & _MARKINGS
    if not wanted:
        return ()
    narrowed = replace(
        query,
        filters={**query.filters, "tlp": wanted},
        sort="newest",
        page=1,
        include_ended=False,
        typing=False,
    )
    found = find(unit, narrowed, facets=(), limit=MOST).items
    return [entry for one in found if one.tlp in _MARKINGS and (entry := _entry(unit, one)) is not None]


def _entry(unit: Unit, found: Found) -> Entry | None:
    revision = revisions.get(unit.db, unit.viewer, found.record.published_revision_id)
    if revision is None or revision.published_at is None:
        return None
    return Entry(
        record=found.record,
        title=revision.title,
        summary=revision.summary if found.tlp == TLP.CLEAR.value else "",
        tlp=found.tlp,
        originator=found.originator if revision.handling.attribution != "must_not" else "",
        published=found.record.published_at or revision.published_at,
        updated=revision.published_at,
    )
