"""Cuts a text into parts that the query hit and parts that it did not.

Decides which words to mark and which passage to show. It refuses to know HTML: parts are plain text, and templates
escape them. It works on the original text, tokenised by the same analyzer, so offsets are always right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from comity.search import analyzer
from comity.search.analyzer import Span
from comity.search.port import Part
from comity.search.query import Clause, Term

PASSAGE = 240
"""Characters of a passage, about."""
_LEAD = 60
_SCANNED = 20_000


class Needles:
    """What to look for, by first token, so that a text is walked once; for plain English one expression does it."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self._ascii = _expression([term for clause in clauses for term in clause.terms])
        self._exact: dict[str, list[Term]] = {}
        self._prefixes: list[Term] = []
        for clause in clauses:
            for term in clause.terms:
                if term.prefix and len(term.tokens) == 1:
                    self._prefixes.append(term)
                else:
                    self._exact.setdefault(term.tokens[0], []).append(term)

    def found(self, text: str) -> list[tuple[int, int]]:
        """Ranges of `text` that are hit, in order, not overlapping."""
        if text.isascii():
            return [match.span() for match in self._ascii.finditer(text.lower())] if self._ascii else []
        spans = analyzer.spans(text)
        ranges: list[tuple[int, int]] = []
        for place, span in enumerate(spans):
            length = self._length_at(spans, place, span)
            if length:
                start, end = span.start, spans[place + length - 1].end
                if ranges and start <= ranges[-1][1]:
                    ranges[-1] = (ranges[-1][0], max(end, ranges[-1][1]))
                else:
                    ranges.append((start, end))
        return ranges

    def _length_at(self, spans: Sequence[Span], place: int, span: Span) -> int:
        """How many tokens from `place` on are one hit; 0 for none."""
        lengths = [len(t.tokens) for t in self._exact.get(span.token, ()) if _follows(spans, place, t)]
        if not lengths and any(span.token.startswith(term.tokens[0]) for term in self._prefixes):
            return 1
        return max(lengths, default=0)


def _expression(terms: Sequence[Term]) -> re.Pattern[str] | None:
    """What `_length_at` does, for lower-case ASCII text; longer terms first. None if no term could be there."""
    plain = sorted({term for term in terms if all(map(str.isascii, term.tokens))}, key=_longest_first)
    if not plain:
        return None
    ways = ("[^a-z0-9_]+".join(term.tokens) + ("[a-z0-9_]*" if term.prefix else "") for term in plain)
    return re.compile(f"(?<![a-z0-9_])(?:{'|'.join(ways)})(?![a-z0-9_])")


def _longest_first(term: Term) -> tuple[int, bool, tuple[str, ...]]:
    return -len(term.tokens), term.prefix, term.tokens


def _follows(spans: Sequence[Span], place: int, term: Term) -> bool:
    here = [span.token for span in spans[place : place + len(term.tokens)]]
    *head, last = term.tokens
    if here[: len(head)] != head or len(here) != len(term.tokens):
        return False
    return here[-1].startswith(last) if term.prefix else here[-1] == last


def whole(text: str, needles: Needles) -> tuple[Part, ...]:
    """All of a short text, such as a title, in parts."""
    return _parts(text, needles.found(text), 0, len(text))


def passage(texts: Sequence[str], needles: Needles, size: int = PASSAGE) -> tuple[Part, ...]:
    """The best passage of the first text that has a hit, otherwise the beginning of the first text that is not empty."""
    for text in [text[:_SCANNED] for text in texts]:
        ranges = needles.found(text)
        if ranges:
            start = _best_start(text, ranges, size)
            return _parts(text, ranges, start, min(len(text), start + size))
    first = next(filter(None, texts), "")
    return _parts(first, [], 0, min(size, len(first)))


def _best_start(text: str, ranges: Sequence[tuple[int, int]], size: int) -> int:
    """Where the window with most hits begins, moved to the beginning of a word."""
    if len(text) <= size:
        return 0
    best = max(
        (start for start, _ in ranges),
        key=lambda at: (sum(1 for s, e in ranges if at <= s and e <= at + size - _LEAD), -at),
    )
    start = max(0, min(best - _LEAD, len(text) - size))
    space = text.find(" ", start, best)
    return space + 1 if start and space >= 0 else start


def _parts(text: str, ranges: Sequence[tuple[int, int]], start: int, end: int) -> tuple[Part, ...]:
    parts: list[Part] = [("…", False)] if start else []
    at = start
    for first, last in ranges:
        if first < at or last > end:
            continue
        if first > at:
            parts.append((text[at:first], False))
        parts.append((text[first:last], True))
        at = last
    if at < end:
        parts.append((text[at:end], False))
    if end < len(text):
        parts.append(("…", False))
    return tuple(parts)
