"""The neutral-language check (SG-03): flags the words, says why, and offers a sentence about organizations instead.

The patterns are data in `policies/language/`. Refuses to know who wrote the text and whether a finding is overridden: an override
needs a reason and is counted, which is the service's to record. Cited titles, names and links are never checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from comity.domain.fields.prose import Text, own_words

_PLACE: Final = re.compile(r"\{([a-z]+)\}")
# Bounded, like every repetition in the rule files: an unmatched quotation mark must not cost the square of the text.
_QUOTED: Final = re.compile(r"“[^”]{0,1000}”|\"[^\"]{0,1000}\"|‘[^’]{0,1000}’|«[^»]{0,1000}»")


class LanguageRule(BaseModel):
    """One pattern. `quoted` also looks inside quotation marks; `unless_confirmed` is silent when a source has credibility 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^NL-\d{2}$")
    why: str = Field(min_length=1)
    pattern: str = Field(min_length=1)
    rewrite: str = Field(min_length=1)
    quoted: bool = False
    unless_confirmed: bool = False


class LanguageRules(BaseModel):
    """The rules of one language, as loaded. A pattern that does not compile or names an unknown word list is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    language: str
    words: Mapping[str, Sequence[str]]
    allowed: Sequence[str] = ()
    rules: Sequence[LanguageRule] = Field(min_length=1)

    @model_validator(mode="after")
    def _compiles(self) -> LanguageRules:
        if len({rule.id for rule in self.rules}) != len(self.rules):
            raise ValueError("two rules have the same id")
        for rule, pattern in self.compiled:
            rule.rewrite.format_map(dict.fromkeys(pattern.groupindex, ""))
        _ = self.names_allowed
        return self

    def _fill(self, pattern: str) -> re.Pattern[str]:
        try:
            filled = _PLACE.sub(lambda m: f"(?:{'|'.join(self.words[m.group(1)])})", pattern)
            return re.compile(filled)
        except KeyError as unknown:
            raise ValueError(f"no word list {unknown}") from None
        except re.error as error:
            raise ValueError(f"{pattern[:60]}: {error}") from None

    @cached_property
    def compiled(self) -> tuple[tuple[LanguageRule, re.Pattern[str]], ...]:
        """Each rule with its pattern, word lists filled in."""
        return tuple((rule, self._fill(rule.pattern)) for rule in self.rules)

    @cached_property
    def names_allowed(self) -> tuple[re.Pattern[str], ...]:
        """What is a name, and so is never flagged."""
        return tuple(self._fill(pattern) for pattern in self.allowed)


@dataclass(frozen=True)
class Finding:
    """Characters `start` to `end` of the text at `field` (a dotted path), the rule, why, and what to write instead."""

    field: str
    start: int
    end: int
    matched: str
    rule: str
    why: str
    suggestion: str


Span = tuple[int, int]

MOST: Final = 100
"""Findings in one text; more would help nobody and cost the square of their number."""


def check_text(kind: type[BaseModel], content: Mapping[str, Any], rules: LanguageRules) -> list[Finding]:
    """Every finding in the author's own words, in the order of the fields. Drafts of any state may be given."""
    confirmed = _has_confirmed_source(content)
    active = [
        (rule, pattern) for rule, pattern in rules.compiled if not (rule.unless_confirmed and confirmed)
    ]
    return [
        finding
        for text in own_words(kind, content)
        for finding in _in_text(text, active, rules.names_allowed)
    ]


def _in_text(
    text: Text, active: Iterable[tuple[LanguageRule, re.Pattern[str]]], allowed: Iterable[re.Pattern[str]]
) -> list[Finding]:
    names = [hit.span() for pattern in allowed for hit in pattern.finditer(text.text)]
    quotes = [hit.span() for hit in _QUOTED.finditer(text.text)]
    taken: list[Span] = list(names)
    found: list[Finding] = []
    for rule, pattern in active:
        for hit in pattern.finditer(text.text):
            if len(found) == MOST:
                break
            if _inside(hit.span(), taken) or (not rule.quoted and _inside(hit.span(), quotes)):
                continue
            taken.append(hit.span())
            suggestion = rule.rewrite.format_map(hit.groupdict(default=""))
            found.append(Finding(text.field, *hit.span(), hit.group(), rule.id, rule.why, suggestion))
    return sorted(found, key=lambda finding: finding.start)


def _inside(span: Span, spans: Iterable[Span]) -> bool:
    return any(start <= span[0] < end or start < span[1] <= end for start, end in spans)


def _has_confirmed_source(content: Mapping[str, Any]) -> bool:
    return any(source.get("credibility") == "1" for source in _sources(content))


def _sources(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for holder in (content, *_mappings(content.get("claims"))):
        yield from _mappings(holder.get("sources"))


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
