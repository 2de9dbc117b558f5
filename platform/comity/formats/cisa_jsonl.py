"""Condensed CSAF, one advisory a line: the shape in which a collection of CSAF documents is shipped for demonstrations.

Keys: id, title, tlp, publisher, initial_release, current_release, status, lang, vendors[], notes[], vulnerabilities[{cve, cwe,
notes, score, remediations[]}], references[]. Plain, gzip or xz.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from comity.formats import bulletin
from comity.formats.bulletin import Bulletin, Weakness
from comity.formats.csaf import language
from comity.formats.documents import each, lines
from comity.formats.fields import Fields
from comity.formats.marking import read_marking
from comity.formats.rows import BadDocument, Item, Limits, Row


def read(path: Path, limits: Limits) -> Iterator[Row]:
    """Every line of `path`."""
    return each(lines(path, limits), limits, item)


def item(position: int, data: Fields) -> Item:
    """One line."""
    if data.text("status") == "draft":
        raise BadDocument("draft", "The publisher calls this a draft.", "status")
    notes = [(note.text("category"), note.text("title"), note.text("text")) for note in data.nodes("notes")]
    weaknesses = [
        Weakness(one.text("cve"), one.text("notes"), one.number("score"), one.text("cwe"))
        for one in data.nodes("vulnerabilities")
    ]
    references = data.texts("references")
    pages = [url for url in references if not url.endswith(".json")]
    return bulletin.item(position, Bulletin(
        foreign_id=data.identifier("id"),
        title=data.needed("title"),
        publisher=data.needed("publisher"),
        author_kind="public_body",
        summary=next((text for kind, _, text in notes if kind == "summary"), ""),
        language=language(data.text("lang")),
        url=(pages or references or [""])[0],
        tlp=read_marking(data.text("tlp")),
        published=data.time("initial_release"),
        updated=data.time("current_release"),
        weaknesses=tuple(weaknesses),
        remedies=tuple(text for one in data.nodes("vulnerabilities") for text in one.texts("remediations")),
        notes=tuple((title, text) for kind, title, text in notes if kind != "summary" and title != "CISA Disclaimer"),
        vendors=tuple(data.texts("vendors")),
        aliases=tuple(one.id for one in weaknesses),
        links=tuple(references),
    ))  # fmt: skip
