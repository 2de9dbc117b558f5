"""A security bulletin of another publisher as an advisory of ours: the one mapping that the vulnerability formats share.

Decides what is put into a field that the publisher has no word for, and says so there. Nothing is graded, nothing is concluded:
the score is the publisher's, and what it does not say is under "not known". Names of people who are thanked are not taken over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from comity.domain.tlp import TLP
from comity.formats.prose import Cleaner, first_sentences, unique, web_addresses
from comity.formats.rows import Item

NOT_KNOWN: Final = "The publisher's document does not say."
NO_BENEFITS: Final = "Not stated by the publisher."
CHECK: Final = (
    "Find out whether your group uses what this advisory names. If it does, ask whoever looks after the system to follow the "
    "publisher's advice."
)
_MOST_ACTIONS: Final = 8
_MOST_LINKS: Final = 30


@dataclass(frozen=True)
class Weakness:
    """One vulnerability. `score` is the publisher's highest CVSS base score, 0 to 10."""

    id: str
    text: str
    score: float | None = None
    weakness_type: str = ""


@dataclass(frozen=True)
class Bulletin:
    """What a publisher said, in plain parts."""

    foreign_id: str
    title: str
    publisher: str
    summary: str = ""
    language: str = "en"
    url: str = ""
    tlp: TLP | None = None
    published: datetime | None = None
    updated: datetime | None = None
    author_kind: str = "other"
    licence: str = ""
    weaknesses: tuple[Weakness, ...] = ()
    remedies: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    vendors: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    links: tuple[str, ...] = field(default=())


def severity(scores: list[float]) -> str:
    """CVSS 3 qualitative rating of the highest score; `info` when the publisher gives none."""
    highest = max(scores, default=0.0)
    bands = ((9.0, "critical"), (7.0, "high"), (4.0, "moderate"), (0.1, "low"))
    return next((word for least, word in bands if highest >= least), "info")


def item(position: int, bulletin: Bulletin) -> Item:
    """The row for one bulletin."""
    clean = Cleaner()
    content = _content(bulletin, clean)
    return Item(
        position=position,
        foreign_id=bulletin.foreign_id,
        kind="advisory",
        content=content,
        publisher=bulletin.publisher,
        tlp=bulletin.tlp,
        source_date=bulletin.updated or bulletin.published,
        warnings=clean.warnings,
        cleaned=True,
    )


def _content(bulletin: Bulletin, clean: Cleaner) -> dict[str, Any]:
    known = clean.prose(_known(bulletin), 20_000)
    summary = clean.line(first_sentences(bulletin.summary or _first_text(bulletin), 590), 600)
    title = clean.line(bulletin.title or first_sentences(summary, 150) or bulletin.foreign_id, 160)
    scores = [one.score for one in bulletin.weaknesses if one.score is not None]
    content: dict[str, Any] = {
        "subtype": "situational",
        "title": title,
        "summary": summary or title,
        "body": clean.prose(_body(bulletin), 60_000),
        "language": bulletin.language,
        "severity": severity(scores),
        "known": known or summary or title,
        "not_known": NOT_KNOWN,
        "benefits": NO_BENEFITS,
        "sources": [_source(bulletin, clean)],
        "recommended_actions": _actions(bulletin, clean),
        "technology_areas": ["T-DIG"],
        "risk_kinds": ["cyber_intrusion"],
        "external_refs": _refs(bulletin, clean),
    }
    vendors = unique(clean.name(vendor) for vendor in bulletin.vendors)[:20]
    if vendors:
        content["entities"] = [
            {"name": name, "entity_type": "company", "role": "mentioned"} for name in vendors
        ]
    return content


def _first_text(bulletin: Bulletin) -> str:
    texts = [one.text for one in bulletin.weaknesses] + [text for _, text in bulletin.notes]
    return next((text for text in texts if text), "")


def _known(bulletin: Bulletin) -> str:
    return "\n\n".join(_weakness(one) for one in bulletin.weaknesses) or bulletin.summary


def _weakness(one: Weakness) -> str:
    facts = unique(
        (one.weakness_type, "" if one.score is None else f"publisher's CVSS base score {one.score:g}")
    )
    head = f"**{one.id}**" if one.id else ""
    head += f" ({'; '.join(facts)})" if facts else ""
    return f"{head}: {one.text}" if head and one.text else head or one.text


def _body(bulletin: Bulletin) -> str:
    parts = [f"## {title}\n\n{text}" if title else text for title, text in bulletin.notes if text]
    links = [url for url in web_addresses(bulletin.links) if url != bulletin.url][:_MOST_LINKS]
    if links:
        parts.append("## Further reading\n\n" + "\n".join(f"- <{url}>" for url in links))
    return "\n\n".join(parts)


def _source(bulletin: Bulletin, clean: Cleaner) -> dict[str, Any]:
    source: dict[str, Any] = {
        "title": clean.name(
            f"{bulletin.foreign_id}: {bulletin.title}" if bulletin.title else bulletin.foreign_id
        ),
        "publisher": clean.name(bulletin.publisher),
        "type": "institution_website",
        "author_kind": bulletin.author_kind,
        "language": bulletin.language,
    }
    if address := web_addresses([bulletin.url]):
        source["url"] = address[0]
    if date := bulletin.updated or bulletin.published:
        source["published"] = date.date().isoformat()
    if bulletin.licence:
        source["licence"] = bulletin.licence
    return source


def _actions(bulletin: Bulletin, clean: Cleaner) -> list[dict[str, Any]]:
    remedies = unique(clean.prose(text, 2_000) for text in bulletin.remedies)
    if len(remedies) > _MOST_ACTIONS:
        clean.note("Only the first remedies were taken over as actions; the original has all of them.")
    steps = [{"do": text, "who": "system administrator"} for text in remedies[:_MOST_ACTIONS]]
    return [*steps, {"do": CHECK, "who": "research group", "small_institution": True}]


def _refs(bulletin: Bulletin, clean: Cleaner) -> list[dict[str, str]]:
    own = {"system": clean.name(bulletin.publisher), "id": clean.name(bulletin.foreign_id)}
    if address := web_addresses([bulletin.url]):
        own["url"] = address[0]
    aliases = [
        alias for alias in unique(bulletin.aliases) if alias != bulletin.foreign_id and len(alias) < 200
    ]
    return [own, *({"system": _system(alias), "id": clean.name(alias)} for alias in aliases[:50])]


def _system(alias: str) -> str:
    known = {
        "CVE": "CVE",
        "GHSA": "GitHub Advisory Database",
        "PYSEC": "PyPI Advisory Database",
        "GO": "Go vulnerability database",
    }
    return known.get(alias.partition("-")[0].upper(), "OSV")
