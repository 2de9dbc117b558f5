"""Facet values of documents, kept once for each distinct combination.

Decides how a combination is named: by a digest of its content, so the name means the same for ever and in every
process, and what was read once may be kept in memory across roll-backs. It refuses to know who may read: it counts
the combinations that it is given.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

Values = tuple[str, ...]
Fetch = Callable[[list[str]], Iterable[tuple[str, str, str]]]
_MOST_KEPT = 100_000


class _Kept:
    """What this process has read: values by facet and set id. Equal tuples are one object, so there are few."""

    def __init__(self) -> None:
        self.sets: set[str] = set()
        self.columns: dict[str, dict[str, Values]] = {}
        self._shared: dict[Values, Values] = {}

    def learn(self, missing: set[str], fetch: Fetch) -> None:
        found: dict[tuple[str, str], list[str]] = {}
        for name, facet, value in fetch(sorted(missing)):
            found.setdefault((facet, name), []).append(value)
        for (facet, name), values in found.items():
            ordered = tuple(sorted(values))
            self.columns.setdefault(facet, {})[name] = self._shared.setdefault(ordered, ordered)
        # Last, so that another thread never takes a set for known whose values are not there yet.
        self.sets |= missing


_kept = [_Kept()]
"""One element: a full one is replaced, never emptied, because another thread may be counting with it."""


def set_id(facets: Mapping[str, Values]) -> str:
    """The name of a combination: 11 characters, 64 bits of SHA-256."""
    canonical = json.dumps(pairs(facets), ensure_ascii=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()[:8]).decode().rstrip("=")


def pairs(facets: Mapping[str, Values]) -> tuple[tuple[str, str], ...]:
    """The combination as sorted (facet, value) pairs."""
    return tuple(sorted((name, value) for name, values in facets.items() for value in values))


def count(set_ids: Collection[str], names: Collection[str], fetch: Fetch) -> dict[str, dict[str, int]]:
    """Counts by facet and value over documents given as one set id each, for the named facets.

    `fetch` reads (set id, facet, value) for sets that this process has not met. Values are sorted by count, then name.
    """
    kept = _kept[0]
    if missing := set(set_ids) - kept.sets:
        if len(kept.sets) + len(missing) > _MOST_KEPT:
            kept = _kept[0] = _Kept()
            missing = set(set_ids)
        kept.learn(missing, fetch)
    counted = Counter(set_ids)
    if 2 * len(counted) > len(set_ids):
        return {name: _column(set_ids, kept.columns.get(name, {})) for name in names}
    return {name: _weighed(counted, kept.columns.get(name, {})) for name in names}


def _weighed(counted: Mapping[str, int], values_of: Mapping[str, Values]) -> dict[str, int]:
    """One facet, where many documents share a combination: each combination is looked up once."""
    totals: Counter[Values | None] = Counter()
    for set_id, number in counted.items():
        totals[values_of.get(set_id)] += number
    return _apart(totals)


def _column(set_ids: Collection[str], values_of: Mapping[str, Values]) -> dict[str, int]:
    """One facet, where nearly every document has a combination of its own: the facet's values are fewer."""
    return _apart(Counter(map(values_of.get, set_ids)))


def _apart(found: Mapping[Values | None, int]) -> dict[str, int]:
    """Counts of combinations as counts of their values."""
    totals: Counter[str] = Counter()
    for values, number in found.items():
        for value in values or ():
            totals[value] += number
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))
