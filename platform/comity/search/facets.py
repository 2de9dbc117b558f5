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
_MOST_KEPT = 200_000
_kept: dict[str, dict[str, Values]] = {}
"""By set id, then by facet. Equal tuples are one object (`_shared`), so that counting compares addresses."""
_shared: dict[Values, Values] = {}


def set_id(facets: Mapping[str, Values]) -> str:
    """The name of a combination: 11 characters, 64 bits of SHA-256."""
    canonical = json.dumps(pairs(facets), ensure_ascii=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()[:8]).decode().rstrip("=")


def pairs(facets: Mapping[str, Values]) -> tuple[tuple[str, str], ...]:
    """The combination as sorted (facet, value) pairs."""
    return tuple(sorted((name, value) for name, values in facets.items() for value in values))


def count(
    set_ids: Collection[str],
    names: Collection[str],
    fetch: Callable[[list[str]], Iterable[tuple[str, str, str]]],
) -> dict[str, dict[str, int]]:
    """Counts by facet and value over documents given as one set id each, for the named facets.

    `fetch` reads (set id, facet, value) for sets that this process has not met. Values are sorted by count, then name.
    """
    known = _known(set(set_ids), fetch)
    sets = [known[name] for name in set_ids]
    counts: dict[str, dict[str, int]] = {}
    for name in names:
        totals: Counter[str] = Counter()
        # Combinations within one facet are few, so they are counted first and taken apart afterwards.
        for values, number in Counter([one.get(name, ()) for one in sets]).items():
            for value in values:
                totals[value] += number
        counts[name] = dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))
    return counts


def _known(
    names: set[str], fetch: Callable[[list[str]], Iterable[tuple[str, str, str]]]
) -> dict[str, dict[str, Values]]:
    """A copy for this call: another thread may empty what is kept at any moment."""
    known = {name: values for name in names if (values := _kept.get(name)) is not None}
    if missing := sorted(names - known.keys()):
        found: dict[str, dict[str, list[str]]] = {name: {} for name in missing}
        for name, facet, value in fetch(missing):
            found[name].setdefault(facet, []).append(value)
        learnt = {name: {facet: _one(values) for facet, values in one.items()} for name, one in found.items()}
        if len(_kept) + len(learnt) > _MOST_KEPT:
            _kept.clear()
            _shared.clear()
        _kept.update(learnt)
        known |= learnt
    return known


def _one(values: list[str]) -> Values:
    ordered = tuple(sorted(values))
    return _shared.setdefault(ordered, ordered)
