"""What of an admitted public source may be published, and as what content (product 4.10.9): pure, so that it can be done ahead.

Decides CLEAR, complete, recognisably from that source, about no organization, and without personal data or a national marking;
everything else is refused row by row. Refuses to know what is stored already, files and formats.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any, Final

from comity import policies
from comity.domain.errors import NotAllowed, Problem
from comity.domain.fields.prose import texts
from comity.domain.handling import national_marking_problems
from comity.domain.kinds.problems import submit_problems
from comity.domain.kinds.registry import kind
from comity.domain.source_admission import PublicSource, admission_problems
from comity.domain.tlp import TLP
from comity.formats.prose import names_a_person
from comity.formats.rows import Item, Row

_MARKED: Final = re.compile(
    r"SECRET|NOFORN|CONFIDENTIAL|CONFIDENTIEL|OFFICIAL-|RESTRICTED|RESTREINT|VS-|GEHEIM|COSMIC"
)
"""A cheap look for capitals that a national marking contains, before the thorough one."""


_ITEM: Final = tuple(one.name for one in fields(Item))


@dataclass(frozen=True)
class Admitted(Item):
    """A document with what it becomes here: its content as it would be published, its digest, and what speaks against it."""

    becomes: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    problems: tuple[Problem, ...] = ()


def admitted_source(source_id: str) -> PublicSource:
    """The source, when council admitted it with a sufficient vote. Raises `NotAllowed` with the reason."""
    source = policies.sources().find(source_id)
    if source is None:
        raise NotAllowed(f"There is no public source called {source_id}.")
    if problems := admission_problems(source, policies.quorum().actions.publish_advisory_no_entity):
        raise NotAllowed(" ".join(problems))
    return source


def each(rows: Iterable[Row], source: PublicSource, now: datetime) -> Iterator[Row]:
    """The rows, with every document looked at as one of `source`. What was refused by its reader passes as it is."""
    for row in rows:
        yield admit(row, source, now) if isinstance(row, Item) else row


def admit(item: Item, source: PublicSource, now: datetime) -> Admitted:
    """Look at one document. `now` gives the dates of validity."""
    content = completed(item, source, now.date())
    given = {name: getattr(item, name) for name in _ITEM}
    problems = tuple(_problems(source, item, content, now))
    return Admitted(**given, becomes=content, digest=digest_of(item), problems=problems)


def digest_of(item: Item) -> str:
    """What the publisher said, as 64 hex digits: it changes when the document does, and not with the day of the import."""
    whole = [item.kind, item.publisher, item.source_date and item.source_date.isoformat(), item.content]
    return hashlib.sha256(
        json.dumps(whole, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
    ).hexdigest()


def completed(item: Item, source: PublicSource, today: date) -> dict[str, Any]:
    """The content with what only the import knows: validity from today, and the source's licence, attribution and grade."""
    content = dict(item.content)
    end = kind(item.kind).longest_expiry(str(content.get("subtype", "")), today, TLP.CLEAR)
    dates = {
        "valid_from": today,
        "review_due": today + timedelta(days=(end - today).days * 2 // 3),
        "expires_at": end,
    }
    content |= {name: day.isoformat() for name, day in dates.items()}
    given = content.get("sources")
    if isinstance(given, list):  # anything else is left as it is, for the check to name
        content["sources"] = [
            _graded(one, source, today) if isinstance(one, Mapping) else one for one in given
        ]
    body, line = str(content.get("body") or ""), f"*{source.attribution}*"
    content["body"] = f"{body}\n\n{line}" if body else line
    return content


def _graded(cited: Mapping[str, Any], source: PublicSource, today: date) -> dict[str, Any]:
    grades = {
        "reliability": source.reliability,
        "credibility": source.credibility,
        "grading_reason": source.grading_reason,
    }
    facts = {"licence": source.licence, "retrieved": today.isoformat(), **grades}
    return {**cited, **{name: value for name, value in facts.items() if value}}


def _problems(source: PublicSource, item: Item, content: Mapping[str, Any], now: datetime) -> list[Problem]:
    problems = list(_source_problems(source, item, content, now))
    if problems:
        return problems
    model = kind(item.kind)
    problems = submit_problems(content, kind=model, tlp=TLP.CLEAR, taxonomy=policies.taxonomy(), now=now)
    marked = _MARKED.search(str(content)) is not None
    words = list(texts(model, content)) if marked or not item.cleaned else []
    problems += national_marking_problems({one.field: one.text for one in words})
    problems += [
        Problem(one.field, "personal-data", "This text may identify a natural person.")
        for one in words
        if not (item.cleaned or one.verbatim) and names_a_person(one.text)
    ]
    return problems


def _source_problems(
    source: PublicSource, item: Item, content: Mapping[str, Any], now: datetime
) -> Iterable[Problem]:
    if not source.recognises(item.publisher, item.foreign_id):
        yield Problem("id", "not-from-source", f"This is not recognisable as a document of “{source.title}”.")
    if item.kind not in source.kinds:
        yield Problem(
            "kind", "not-admitted", f"Council admitted {' and '.join(source.kinds)} of this source."
        )
    if item.tlp is not None and item.tlp.restriction > source.highest_tlp.restriction:
        yield Problem(
            "tlp",
            "marking",
            f"{item.tlp.label} is above what this source may publish here ({source.highest_tlp.label}).",
        )
    if item.source_date is not None and item.source_date > now + timedelta(days=1):
        yield Problem("published", "dates", "The publisher's date lies in the future.")
    entities = content.get("entities")
    named = [one for one in entities if isinstance(one, Mapping)] if isinstance(entities, list) else []
    if content.get("claims") or any(one.get("role") == "subject" for one in named):
        yield Problem(
            "claims",
            "needs-review",
            "It makes claims about an organization, which three sectors must agree to (G-03).",
        )
