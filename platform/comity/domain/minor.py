"""Minor corrections: what may be mended without a vote, and which changes are more than form because they may turn a meaning round.

Refuses to know who corrects and how versions are compared. Source: product 4.5.1; numbers and words are policy data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Self

from pydantic import Field, model_validator

from comity.domain.diff import Change
from comity.domain.policy import Part, PolicyDocument

_NEVER: Final = frozenset({"title", "known", "assessed", "not_known", "claims", "judgements", "entities"})
_TOKEN: Final = re.compile(r"[\w'’]+")
_SHORT: Final = 3


class Turning(Part):
    """Words, and beginnings of words, that change what a sentence says in one language."""

    words: frozenset[str]
    beginnings: tuple[str, ...] = ()


class MinorPolicy(PolicyDocument):
    """`policies/governance/minor_corrections.yaml`."""

    fields: frozenset[str]
    largest_share: float = Field(ge=0, le=0.1)
    few_words: int = Field(ge=0, le=4)
    turning: dict[str, Turning]

    @model_validator(mode="after")
    def _floor(self) -> Self:
        """What reviewers agreed to in substance is never a matter of form, and no file makes it one."""
        if beyond := self.fields & _NEVER:
            raise ValueError(f"these are never a matter of form: {', '.join(sorted(beyond))}")
        return self

    def mendable(self, field: str, language: str) -> bool:
        """May form be mended in this field of a text in this language (BCP 47)?"""
        return field in self.fields and (field == "sources" or self.turning_of(language) is not None)

    def turning_of(self, language: str) -> Turning | None:
        """The words of one language; None when the policy knows none, so that nothing can be told."""
        return self.turning.get(language.partition("-")[0].lower())


def turns_round(change: Change, turning: Turning) -> bool:
    """May this say something else? So it does when a number, a turning word or the beginning of a word is added or taken away."""
    gone = set(_tokens(text for operation, text in change.parts if operation == "delete"))
    come = set(_tokens(text for operation, text in change.parts if operation == "insert"))
    changed = gone ^ come
    if any(_weighty(word, turning.words) for word in changed):
        return True
    return any(
        _begins(a, b, turning.beginnings) or _begins(b, a, turning.beginnings) for a in gone for b in come
    )


def _tokens(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (found.casefold().replace("’", "'") for found in _TOKEN.findall(text))


def _weighty(word: str, words: frozenset[str]) -> bool:
    return word in words or word.endswith("'t") or any(letter.isdigit() for letter in word)


def _begins(long: str, short: str, beginnings: Iterable[str]) -> bool:
    return len(short) > _SHORT and any(long == f"{beginning}{short}" for beginning in beginnings)


def too_much(touched: Mapping[str, int], lengths: Mapping[str, int], policy: MinorPolicy) -> list[str]:
    """Fields of which more words are touched than form can be about."""
    return [
        name
        for name, words in touched.items()
        if words > max(policy.few_words, policy.largest_share * lengths.get(name, 0))
    ]
