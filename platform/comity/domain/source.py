"""A source and its two grades (product spec 4.4.6): who said it, where it can be checked, how far the publisher is to be relied on
(A-F) and how credible this statement is (1-6). The two grades of the Admiralty code are given separately and never multiplied.

Refuses to know who graded: that is the review, where the grader is never the author.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import ValidationError

from comity.domain.errors import Problem
from comity.domain.fields.annotations import Label, Options, Verbatim
from comity.domain.fields.values import NEEDED, Day, Group, Language, Line, Lines, Name, Note, Url

SourceType = Literal[
    "official_list", "registry", "court", "law", "company_filing", "institution_website", "publication_acknowledgement",
    "research_dataset", "think_tank", "press", "member_knowledge", "sealed_submission",
]  # fmt: skip
Reliability = Literal["A", "B", "C", "D", "E", "F"]
Credibility = Literal["1", "2", "3", "4", "5", "6"]

RELIABILITY: Final = {
    "A": "A: completely reliable", "B": "B: usually reliable", "C": "C: fairly reliable",
    "D": "D: not usually reliable", "E": "E: unreliable", "F": "F: cannot be judged",
}  # fmt: skip
CREDIBILITY: Final = {
    "1": "1: confirmed by other sources", "2": "2: probably true", "3": "3: possibly true",
    "4": "4: doubtful", "5": "5: improbable", "6": "6: cannot be judged",
}  # fmt: skip

OFFICIAL: Final[frozenset[SourceType]] = frozenset({"official_list", "registry", "court", "law"})
"""Types that count as one official source for a severe claim."""

_DEFAULT: Final[dict[SourceType, Reliability]] = {
    "official_list": "A", "registry": "A", "court": "A", "law": "A", "company_filing": "B", "institution_website": "B",
    "publication_acknowledgement": "B", "research_dataset": "B", "think_tank": "C", "press": "C",
    "member_knowledge": "C", "sealed_submission": "F",
}  # fmt: skip


class Source(Group):
    """One thing that can be looked up, or one kind of knowledge that a member vouches for."""

    title: Annotated[Name, NEEDED, Label("Title of the source", missing="Give the title of the source.")]
    publisher: Annotated[Name, NEEDED, Label("Publisher", missing="Say who published the source.")]
    type: Annotated[SourceType, Label("Type of source", missing="Choose the type of source.")]
    author_kind: Annotated[
        Literal[
            "public_body", "court", "company", "research_organization", "news_organization", "member", "other"
        ],
        Label("Kind of author"),
    ] = "other"
    url: Annotated[Url, Label("Web address")] = ""
    archived_url: Annotated[
        Url, Label("Archived copy", "A snapshot that will still be there when the page has changed.")
    ] = ""
    archived_hash: Annotated[
        Line, Verbatim(), Label("SHA-256 of the archived copy", "64 hexadecimal digits, if you kept one.")
    ] = ""
    published: Annotated[Day | None, Label("Published on")] = None
    retrieved: Annotated[Day | None, Label("Retrieved on")] = None
    language: Annotated[Language, Label("Language of the source")] = "en"
    reliability: Annotated[
        Reliability | None,
        Options(RELIABILITY),
        Label("Reliability of the publisher", "Graded by somebody other than the author."),
    ] = None
    credibility: Annotated[
        Credibility | None,
        Options(CREDIBILITY),
        Label("Credibility of this statement", "Graded apart from the publisher."),
    ] = None
    grading_reason: Annotated[
        Note, Label("Why this grade", "Needed when it differs from the usual one for the type.")
    ] = ""
    access: Annotated[Literal["public", "licensed", "restricted"], Label("Access")] = "public"
    licence: Annotated[Line, Verbatim(), Label("Licence")] = ""
    used_for: Annotated[Lines, Label("Used for", "What in this record rests on it. One a line.")] = []
    cites: Annotated[
        Lines,
        Verbatim(),
        Label("Rests on", "Titles or web addresses of the sources that this one cites itself. One a line."),
    ] = []


def default_reliability(source_type: SourceType) -> Reliability:
    """The grade suggested for a type of source; the grader may change it with a reason."""
    return _DEFAULT[source_type]


def _key(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip("/")


def _marks(source: Source) -> set[str]:
    return {_key(text) for text in (source.title, source.url, source.archived_url) if text}


def independent(one: Source, other: Source) -> bool:
    """C-04: two sources are independent only if they differ in publisher and do not cite each other."""
    if _key(one.publisher) == _key(other.publisher):
        return False
    cites_one = {_key(text) for text in other.cites} & _marks(one)
    cites_other = {_key(text) for text in one.cites} & _marks(other)
    return not cites_one and not cites_other


def _groups(sources: Sequence[Source], *, shared_roots: bool) -> int:
    """Connected groups of dependent sources: a chain A-B-C is one voice even when A and C never name each other."""
    parent = list(range(len(sources)))

    def top(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for i, one in enumerate(sources):
        for j in range(i):
            common = {_key(c) for c in one.cites} & {_key(c) for c in sources[j].cites}
            if not independent(one, sources[j]) or (shared_roots and common):
                parent[top(i)] = top(j)
    return len({top(i) for i in range(len(sources))})


def independent_count(sources: Sequence[Source]) -> int:
    """How many independent voices there are among the sources."""
    return _groups(sources, shared_roots=False)


def traces_to_one(sources: Sequence[Source]) -> bool:
    """SG-12: several sources, yet all of them go back to one, also when they merely cite the same third source."""
    return len(sources) > 1 and _groups(sources, shared_roots=True) == 1


def grading_problems(sources: Sequence[Source], path: str) -> list[Problem]:
    """What a second person still has to grade before review (4.5.1). `path` is the dotted path of the list."""
    problems: list[Problem] = []
    for i, source in enumerate(sources):
        where = f"{path}.{i}"
        if source.reliability is None:
            problems.append(
                Problem(
                    f"{where}.reliability",
                    "ungraded",
                    f"Grade the publisher of “{source.title}” from A to F.",
                )
            )
        elif source.reliability != default_reliability(source.type) and not source.grading_reason:
            usual = default_reliability(source.type)
            problems.append(
                Problem(
                    f"{where}.grading_reason",
                    "missing",
                    f"Say why the grade is not {usual}, the usual one.",
                )
            )
        if source.credibility is None:
            problems.append(
                Problem(f"{where}.credibility", "ungraded", f"Grade what “{source.title}” says from 1 to 6.")
            )
    return problems


SOURCE_TYPES: Final = get_args(SourceType)

_GRADE: Final = ("reliability", "credibility", "grading_reason")


def with_grades_of(content: Mapping[str, Any], earlier: Mapping[str, Any]) -> dict[str, Any]:
    """The content as its author typed it, with the grades that a second person gave and with no other (4.4.6).

    A source keeps its grade while nothing about it changed and, below a claim, while the claim says the same.
    """
    kept = dict(_graded(earlier))
    found = deepcopy(dict(content))
    for key, source in _sources(found):
        for name in _GRADE:
            source.pop(name, None)
        source.update(kept.get(key, {}))
    return found


def _graded(content: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, source in _sources(content):
        yield key, {name: source[name] for name in _GRADE if source.get(name)}


def _sources(content: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every source of a content as typed, with what its grade is about. What has no shape yet is passed over."""
    yield from _listed(content.get("sources"), "")
    claims = content.get("claims")
    for claim in claims if isinstance(claims, list) else ():
        if isinstance(claim, dict):
            yield from _listed(claim.get("sources"), str(claim.get("text") or ""))


def _listed(sources: object, about: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for source in sources if isinstance(sources, list) else ():
        if isinstance(source, dict):
            yield json.dumps([about, _said(source)], sort_keys=True, default=str), source


def _said(source: Mapping[str, Any]) -> dict[str, Any]:
    """What it says without its grades, in one form whether it was typed, imported or stored."""
    told = {
        name: value for name, value in source.items() if name not in _GRADE and value not in (None, "", [])
    }
    try:
        return Source.model_validate(told).model_dump(mode="json", exclude=set(_GRADE))
    except ValidationError:  # a draft may hold half a source
        return told


def same_sources(before: object, after: object, but: Collection[str]) -> bool:
    """Are these lists the same sources in the same order and with the same grades, but for the fields named in `but`?"""
    if not isinstance(before, list) or not isinstance(after, list) or len(before) != len(after):
        return False
    return all(
        isinstance(old, Mapping) and isinstance(new, Mapping) and _worth(old, but) == _worth(new, but)
        for old, new in zip(before, after, strict=True)
    )


def _worth(source: Mapping[str, Any], but: Collection[str]) -> dict[str, Any]:
    graded = {name: source.get(name) or "" for name in _GRADE}
    return graded | {name: value for name, value in _said(source).items() if name not in but}


def graded_as_before(after: object, before: object) -> object:
    """The list with the grades that its sources had by their places, where a form without grades left them out."""
    if not isinstance(before, list) or not isinstance(after, list) or len(before) != len(after):
        return after
    return [
        {**{name: old[name] for name in _GRADE if old.get(name)}, **new}
        if isinstance(old, dict) and isinstance(new, dict)
        else new
        for old, new in zip(before, after, strict=True)
    ]
