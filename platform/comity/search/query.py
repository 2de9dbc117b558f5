"""Reads what a person typed: words and "quoted phrases", nothing else, and never an error.

Decides which words must be found and in which other forms they may be found. It refuses to know any engine's syntax:
there are no operators, so nothing typed can become one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from comity.search import analyzer

MAX_TOKENS = 10
MAX_CHARACTERS = 500
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』＂", '"'))
_SPLIT = re.compile(r'"([^"]*)"|([^\s"]+)')
# What joins words into one (CVE-2024-1234, don't, v1.2) gives a phrase; any other sign separates words.
_PIECES = re.compile(r"[/,;:|+&()\[\]{}<>=*?!~^\\]+")
_STOP = frozenset(
    "a about all an and any are as at be been by can could did do does for from had has have how if in into is it its may "
    "must no not of on or our should so some such than that the their then there these they this those to was we were "
    "what when where which who why will with would you your".split()
)
_NAME_FORM = 0.7
_PREFIX = 0.6
_NUMBER = 0.9
_SIMILAR = 0.5


@dataclass(frozen=True)
class Term:
    """Tokens that must follow each other; the last may be a prefix; `named` looks in title and names only."""

    tokens: tuple[str, ...]
    prefix: bool = False
    named: bool = False
    weight: float = 1.0


@dataclass(frozen=True)
class Clause:
    """One thing asked for, as the alternatives that satisfy it. The first is what was typed."""

    terms: tuple[Term, ...]

    @property
    def word(self) -> str | None:
        """The single word typed, or None for a phrase or a word that takes no spelling help."""
        typed = self.terms[0].tokens
        return typed[0] if len(typed) == 1 and not analyzer.is_cjk(typed[0]) else None

    def or_similar(self, words: Iterable[str]) -> Clause:
        """The clause, also satisfied by similarly spelled words."""
        known = {term.tokens for term in self.terms}
        more = (Term((word,), weight=_SIMILAR) for word in words if (word,) not in known)
        return replace(self, terms=(*self.terms, *more))


def parse(text: str, *, typing: bool = False) -> tuple[Clause, ...]:
    """The clauses of a query, at most MAX_TOKENS tokens in all. Empty when nothing typed can be searched for."""
    text = text[:MAX_CHARACTERS].translate(_QUOTES)
    typed = [(words, quoted) for words, quoted in _phrases(text) if words]
    if any(not _is_stop(words, quoted) for words, quoted in typed):
        typed = [(words, quoted) for words, quoted in typed if not _is_stop(words, quoted)]
    typed = list(_limited(typed))
    open_end = typing and text[-1:] not in ("", '"') and not text[-1:].isspace()
    last = len(typed) - 1
    return tuple(
        Clause(tuple(_terms(words, quoted=quoted, prefix=open_end and not quoted and place == last)))
        for place, (words, quoted) in enumerate(typed)
    )


def looser(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """The same query in smaller pieces: long runs of CJK as pairs, for when the whole is not found."""
    pieces: list[Clause] = []
    for clause in clauses:
        run = clause.terms[0].tokens
        if len(run) > 2 and all(map(analyzer.is_cjk, run)):
            pieces += [Clause((Term(run[at : at + 2]),)) for at in range(len(run) - 1)]
        else:
            pieces.append(clause)
    return tuple(dict.fromkeys(pieces))


def _phrases(text: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    for match in _SPLIT.finditer(text):
        if match.group(1) is not None:
            yield tuple(analyzer.tokens(match.group(1))), True
        else:
            for piece in _PIECES.split(match.group(2)):
                yield tuple(analyzer.tokens(piece)), False


def _is_stop(words: tuple[str, ...], quoted: bool) -> bool:
    return not quoted and len(words) == 1 and words[0] in _STOP


def _limited(phrases: Iterable[tuple[tuple[str, ...], bool]]) -> Iterator[tuple[tuple[str, ...], bool]]:
    left, seen = MAX_TOKENS, set()
    for words, quoted in phrases:
        # A run of CJK counts as a word: its characters are tokens only for the engine's sake.
        cost = 1 if words and all(map(analyzer.is_cjk, words)) else len(words)
        kept = words[: left if cost > 1 else 3 * MAX_TOKENS]
        if kept and left > 0 and kept not in seen:
            seen.add(kept)
            left -= min(cost, left)
            yield kept, quoted


def _terms(words: tuple[str, ...], *, quoted: bool, prefix: bool) -> Iterator[Term]:
    yield Term(words)
    if prefix and len(words[-1]) > 1:
        yield Term(words, prefix=True, weight=_PREFIX)
    if quoted:
        return
    for form in analyzer.query_forms(words):
        yield Term(form, named=True, weight=_NAME_FORM)
    if len(words) == 1 and (other := _other_number(words[0])):
        yield Term((other,), weight=_NUMBER)


def _other_number(word: str) -> str | None:
    """The English singular of a plural and the other way round, by its commonest forms only."""
    if not (word.isascii() and word.isalpha()) or len(word) < 4:
        return None
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("s"):
        return None if word.endswith(("ss", "us", "is")) else word[:-1]
    return word[:-1] + "ies" if word.endswith("y") and word[-2] not in "aeiou" else word + "s"
