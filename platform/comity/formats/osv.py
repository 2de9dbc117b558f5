"""OSV (Open Source Vulnerability format 1.x): one JSON file, a folder or zip of them, or one document a line.

Also reads the condensed lines (id, aliases, title, text, packages, references as texts) in which collections are shipped. Packages
are software and not organizations, so they become text, never entities. Withdrawn documents are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from comity.formats import bulletin
from comity.formats.bulletin import Bulletin, Weakness
from comity.formats.documents import each, files, lines
from comity.formats.fields import Fields
from comity.formats.prose import unique
from comity.formats.rows import BadDocument, Item, Limits, Row

_PUBLISHERS: Final = {
    "GO": ("Go vulnerability database", "https://pkg.go.dev/vuln/{id}"),
    "PYSEC": ("PyPI Advisory Database", "https://osv.dev/vulnerability/{id}"),
    "GHSA": ("GitHub Advisory Database", "https://github.com/advisories/{id}"),
    "RUSTSEC": ("RustSec Advisory Database", "https://rustsec.org/advisories/{id}.html"),
}
LINES: Final = (".jsonl", ".jsonl.gz", ".jsonl.xz", ".ndjson", ".ndjson.gz")
"""Endings of files that hold one document a line."""


def read(path: Path, limits: Limits) -> Iterator[Row]:
    """Every document at `path`; the name of a file says whether it holds one document a line."""
    raws = lines(path, limits) if path.is_file() and path.name.endswith(LINES) else files(path, limits)
    return each(raws, limits, item)


def item(position: int, data: Fields) -> Item:
    """One OSV document."""
    foreign_id = data.identifier("id")
    if data.text("withdrawn"):
        raise BadDocument("withdrawn", "The publisher has withdrawn this.", "withdrawn")
    text = data.text("details") or data.text("text")
    packages, fixes = _packages(data)
    links = (
        [ref.text("url") for ref in data.nodes("references")] if _is_full(data) else data.texts("references")
    )
    publisher, page = _PUBLISHERS.get(
        foreign_id.partition("-")[0], ("OSV", "https://osv.dev/vulnerability/{id}")
    )
    title = data.text("summary") or data.text("title")
    if not title and not text:
        raise BadDocument("missing", "There is neither a summary nor a text.", "details")
    return bulletin.item(position, Bulletin(
        foreign_id=foreign_id,
        title=title or _title(text, packages),
        publisher=publisher,
        author_kind="research_organization",
        summary=text,
        url=page.format(id=foreign_id),
        published=data.time("published"),
        updated=data.time("modified"),
        weaknesses=(Weakness(foreign_id, text or title),),
        remedies=tuple(fixes),
        notes=(("Packages", "\n".join(f"- `{name}`" for name in packages)),) if packages else (),
        aliases=tuple(data.texts("aliases")),
        links=tuple(links),
    ))  # fmt: skip


def _is_full(data: Fields) -> bool:
    references = data.data.get("references")
    return bool(isinstance(references, list) and references and isinstance(references[0], dict))


def _title(text: str, packages: list[str]) -> str:
    first = text.split("\n", 1)[0].split(". ", 1)[0].lstrip("# ").strip()
    if 10 <= len(first) <= 150:
        return first
    return f"Vulnerability in {packages[0]}" if packages else first


def _packages(data: Fields) -> tuple[list[str], list[str]]:
    """Names of the packages, and one remedy for each version in which the publisher fixed something."""
    names = [name.replace("`", "") for name in data.texts("packages")]
    fixes = []
    for affected in data.nodes("affected"):
        name = affected.node("package").text("name").replace("`", "")
        names.append(name)
        for part in affected.nodes("ranges"):
            fixed = [event.text("fixed") for event in part.nodes("events") if event.text("fixed")]
            if part.text("type") in ("SEMVER", "ECOSYSTEM"):
                fixes += [f"Update `{name}` to version {version} or later." for version in fixed]
    return unique(names)[:200], unique(fixes)
