"""CSAF 2.0 (OASIS Standard, November 2022): one JSON file, or a folder or zip archive of them.

Reads `/document`, `/product_tree` for vendor names, and `/vulnerabilities`. Acknowledgements (they name people) and legal notices
are left out; the source link keeps them findable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from comity.formats import bulletin
from comity.formats.bulletin import Bulletin, Weakness
from comity.formats.documents import each, files
from comity.formats.fields import Fields
from comity.formats.marking import read_marking
from comity.formats.rows import BadDocument, Item, Limits, Row

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_KINDS: Final = {"coordinator": "public_body", "vendor": "company", "discoverer": "research_organization"}
_SAID_ELSEWHERE: Final = frozenset({"legal_disclaimer", "summary"})
_MOST_BRANCHES: Final = 20_000


def read(path: Path, limits: Limits) -> Iterator[Row]:
    """Every document at `path`."""
    return each(files(path, limits), limits, item)


def item(position: int, data: Fields) -> Item:
    """One CSAF document. Raises `BadDocument` with the path of what is wrong."""
    document = data.node("document")
    if not document.text("csaf_version").startswith("2."):
        raise BadDocument("version", "This is not a CSAF 2 document.", "document.csaf_version")
    tracking = document.node("tracking")
    if tracking.text("status") == "draft":
        raise BadDocument("draft", "The publisher calls this a draft.", "document.tracking.status")
    publisher = document.node("publisher")
    notes = [
        (note.text("category"), note.text("title"), note.text("text")) for note in document.nodes("notes")
    ]
    references = [(ref.text("category"), ref.text("url")) for ref in document.nodes("references")]
    weaknesses, remedies = _weaknesses(data)
    return bulletin.item(position, Bulletin(
        foreign_id=tracking.identifier("id"),
        title=document.needed("title"),
        publisher=publisher.needed("name"),
        author_kind=_KINDS.get(publisher.text("category"), "other"),
        summary=next((text for kind, _, text in notes if kind == "summary"), ""),
        language=language(document.text("lang")),
        url=_own_page(references),
        tlp=read_marking(document.node("distribution").node("tlp").text("label")),
        published=tracking.time("initial_release_date"),
        updated=tracking.time("current_release_date"),
        weaknesses=tuple(weaknesses),
        remedies=tuple(remedies),
        notes=tuple((title, text) for kind, title, text in notes if kind not in _SAID_ELSEWHERE and text),
        vendors=tuple(vendors(data.node("product_tree"))),
        aliases=tuple(one.id for one in weaknesses if one.id.startswith("CVE-")),
        links=tuple(url for _, url in references),
    ))  # fmt: skip


def language(tag: str) -> str:
    """A tag our fields accept; `und` for one they do not."""
    return "en" if not tag else tag if _LANGUAGE.fullmatch(tag) and len(tag) <= 35 else "und"


def _own_page(references: list[tuple[str, str]]) -> str:
    own = [url for kind, url in references if kind == "self"]
    pages = [url for url in own if not url.endswith(".json")]
    return (pages or own or [""])[0]


def _weaknesses(data: Fields) -> tuple[list[Weakness], list[str]]:
    found, remedies = [], []
    for one in data.nodes("vulnerabilities"):
        texts = [
            note.text("text")
            for note in one.nodes("notes")
            if note.text("category") in ("summary", "description", "details")
        ]
        scores = [score for part in one.nodes("scores") for name in ("cvss_v3", "cvss_v4", "cvss_v2")
                  if (score := part.node(name).number("baseScore")) is not None]  # fmt: skip
        cwe = one.node("cwe")
        found.append(Weakness(
            id=one.text("cve") or next((ref.text("text") for ref in one.nodes("ids")), ""),
            text="\n\n".join(texts) or one.text("title"),
            score=max(scores, default=None),
            weakness_type=" ".join(part for part in (cwe.text("id"), cwe.text("name")) if part),
        ))  # fmt: skip
        remedies += [
            remedy.text("details")
            for remedy in one.nodes("remediations")
            if remedy.text("category") != "none_available"
        ]
    return found, remedies


def vendors(tree: Fields) -> Iterator[str]:
    """Names of the vendor branches (CSAF 2.0 §3.1.2.2), wherever they stand."""
    waiting, seen = [tree], 0
    while waiting and seen < _MOST_BRANCHES:
        for branch in waiting.pop().nodes("branches"):
            seen += 1
            if branch.text("category") == "vendor" and branch.text("name"):
                yield branch.text("name")
            waiting.append(branch)
