"""Finds the words of the index that a misspelt word may have meant.

Decides how many slips a word may have: none below five characters or with a digit in it, one up to eight, two above;
the first character must be right. It refuses to choose among them: a limit on their number, or an order by frequency,
would let the words of a document that nobody may know of push out those of one that may be read. All are returned,
the query runs on readable documents only, and so words of hidden documents add nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST = 5
TWO_SLIPS = 9


def slips(word: str) -> int:
    """How many insertions, deletions, changes or swaps are forgiven."""
    if len(word) < SHORTEST or any(character.isdigit() for character in word):
        return 0
    return 2 if len(word) >= TWO_SLIPS else 1


def is_listed(token: str) -> bool:
    """Whether a token belongs in the list of words: one that `similar` could ever return."""
    return len(token) >= SHORTEST - 1 and not any(character.isdigit() for character in token)


def listed(tokens: Iterable[str]) -> set[str]:
    """The tokens that belong in the list of words."""
    return {token for token in set(tokens) if is_listed(token)}


def similar(word: str, vocabulary: Sequence[str]) -> list[str]:
    """Words of the vocabulary within reach of `word`, without it, sorted. The vocabulary shares its first letter."""
    reach = slips(word)
    if not reach:
        return []
    found = process.extract(
        word, vocabulary, scorer=OSA.distance, score_cutoff=reach, limit=None, processor=None
    )
    return sorted(other for other, _, _ in found if other != word)
