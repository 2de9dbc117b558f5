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
from itertools import chain

Pair = tuple[str, str]
_MOST_KEPT = 200_000
_kept: dict[str, tuple[Pair, ...]] = {}


def set_id(facets: Mapping[str, tuple[str, ...]]) -> str:
    """The name of a combination: 11 characters, 64 bits of SHA-256."""
    canonical = json.dumps(pairs(facets), ensure_ascii=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()[:8]).decode().rstrip("=")


def pairs(facets: Mapping[str, tuple[str, ...]]) -> tuple[Pair, ...]:
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
    totals = Counter(chain.from_iterable(known[name] for name in set_ids))
    counts: dict[str, dict[str, int]] = {name: {} for name in names}
    for (name, value), number in sorted(totals.items(), key=lambda item: (-item[1], item[0])):
        if name in counts:
            counts[name][value] = number
    return counts


def _known(
    names: set[str], fetch: Callable[[list[str]], Iterable[tuple[str, str, str]]]
) -> dict[str, tuple[Pair, ...]]:
    """A copy for this call: another thread may empty what is kept at any moment."""
    known = {name: values for name in names if (values := _kept.get(name)) is not None}
    if missing := sorted(names - known.keys()):
        found: dict[str, list[Pair]] = {name: [] for name in missing}
        for name, facet, value in fetch(missing):
            found[name].append((facet, value))
        learnt = {name: tuple(sorted(values)) for name, values in found.items()}
        if len(_kept) + len(learnt) > _MOST_KEPT:
            _kept.clear()
        _kept.update(learnt)
        known |= learnt
    return known
