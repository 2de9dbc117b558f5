"""Orders readable documents by how well their own words answer the query (BM25F with constants for statistics).

Decides relevance from a document's text, age and quality and from counts over readable documents. It refuses to know
how common a word is in the whole index: the engines' own bm25 takes document frequencies and mean lengths from every
document, so that a hidden one can swap two visible ones. Field lengths are compared with fixed typical lengths, and
word rarity, where it is needed, is counted by the caller over what the reader may read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from comity.search.query import Clause, Term

SCANNED = 12_000
"""Characters of normalised body that are looked at when scoring; matching itself looks at all of it."""

# (weight, typical length in characters of normalised text, how much length matters)
_TITLE = (6.0, 60.0, 0.3)
_NAMES = (4.0, 120.0, 0.2)
_SUMMARY = (2.0, 300.0, 0.5)
_BODY = (1.0, 1200.0, 0.6)
_FIELDS = (_TITLE, _NAMES, _SUMMARY, _BODY)
_SATURATION = 2.5
_NAMED_FIELDS = 2
_TITLE_IS_QUERY = 1.5
_FRESH = 0.15
_HALF_LIFE = 2 * 365.25 * 86_400.0
_QUALITY = 0.02


@dataclass(frozen=True)
class Candidate:
    """A readable document with the normalised text of title, names, summary and body."""

    record_id: int
    published_at: int
    quality: int
    fields: tuple[str, str, str, str]


def rarity(having: int, readable: int) -> float:
    """How much a word is worth that `having` of the `readable` documents have (the inverse frequency of BM25)."""
    return math.log1p((max(readable - having, 0) + 0.5) / (having + 0.5))


def ordered(
    candidates: Sequence[Candidate], clauses: Sequence[Clause], weights: Sequence[float] | None = None
) -> list[int]:
    """Record ids, best first. `weights` (a rarity for each clause) is for queries of which documents answer only a part."""
    if not candidates:
        return []
    newest = max(candidate.published_at for candidate in candidates)
    worths = weights or [1.0] * len(clauses)
    needles = [(worth, _needles(clause)) for worth, clause in zip(worths, clauses, strict=True)]
    asked = tuple(token for clause in clauses for token in clause.terms[0].tokens)

    def key(candidate: Candidate) -> tuple[float, int, int]:
        score = _score(candidate, needles) * _preference(candidate, newest)
        if tuple(candidate.fields[0].split()) == asked:
            score *= _TITLE_IS_QUERY
        return -round(score, 9), -candidate.published_at, -candidate.record_id

    return [candidate.record_id for candidate in sorted(candidates, key=key)]


def _needles(clause: Clause) -> list[tuple[str, int, float]]:
    return [
        (_needle(term), _NAMED_FIELDS if term.named else len(_FIELDS), term.weight) for term in clause.terms
    ]


def _needle(term: Term) -> str:
    return f" {' '.join(term.tokens)}" + ("" if term.prefix else " ")


def _score(candidate: Candidate, needles: Sequence[tuple[float, list[tuple[str, int, float]]]]) -> float:
    texts = [f" {text} " for text in candidate.fields]
    # A field's weight divided by how long it is against the typical length.
    boosts = [
        w / (1 - b + b * len(text) / typical) for text, (w, typical, b) in zip(texts, _FIELDS, strict=True)
    ]
    score = 0.0
    for worth, terms in needles:
        found = 0.0
        for needle, fields, weight in terms:
            for place in range(fields):
                if count := texts[place].count(needle):
                    found += weight * boosts[place] * count
        score += worth * found / (_SATURATION + found)
    return score


def _preference(candidate: Candidate, newest: int) -> float:
    """Fresher and better-sourced first, among answers that are about equally good."""
    age = max(0, newest - candidate.published_at)
    quality = min(max(candidate.quality, 0), 10)
    return (1.0 + _FRESH * math.exp2(-age / _HALF_LIFE)) * (1.0 + _QUALITY * quality)
