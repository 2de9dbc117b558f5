"""Real public documents in files that the importer reads: CISA, Go and PyPI advisories as they are, abstracts as JSON Lines.

Where the shared data folder is missing (COMITY_SHARED or ../shared), made-up text of the same size takes its place, and says so.
"""

from __future__ import annotations

import json
import lzma
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
SHARED: Final = Path(os.environ.get("COMITY_SHARED", ROOT.parent / "shared")) / "data"
_AREAS: Final = ("T-AID", "T-SEN", "T-QUA", "T-LIF", "T-MAT")
_SPARE: Final = 1.04
"""The importer refuses some rows (texts that may name a person), so a few more are offered than are wanted."""


@dataclass(frozen=True)
class File:
    """One file with the name of its format and of the admitted source it comes from."""

    path: Path
    format_name: str
    source: str


def files(number: int, scratch: Path) -> list[File]:
    """Files that together hold a little more than `number` documents."""
    found, left = [], number
    for name, format_name, source, rows in (
        ("cisa_csaf", "cisa-jsonl", "cisa-csaf", 2383),
        ("osv_go", "osv", "osv-go", 4274),
        ("osv_pypi", "osv", "osv-pypi", 2661),
    ):
        path = SHARED / "advisories" / f"{name}.jsonl.gz"
        if path.exists() and rows < left:
            found.append(File(path, format_name, source))
            left -= rows
    lines = scratch / "abstracts.jsonl"
    with lines.open("w", encoding="utf-8") as out:
        for row in islice(_rows(), int(left * _SPARE)):
            out.write(json.dumps(row) + "\n")
    return [*found, File(lines, "jsonl", "comity-samples")]


def abstracts() -> list[tuple[str, str]]:
    """(title, text) of every abstract."""
    path = SHARED / "corpus" / "arxiv_abstracts_2019.jsonl.xz"
    if path.exists():
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            return [(row["title"], row["abstract"]) for row in map(json.loads, lines)]
    print("the shared data is missing: the texts are made up")
    dice = random.Random(3)
    words = [f"word{number:05d}" for number in range(30_000)]
    return [
        (" ".join(dice.choices(words[:5000], k=8)), " ".join(words[int(dice.paretovariate(0.4)) % 30_000] for _ in range(180)))
        for _ in range(20_000)
    ]  # fmt: skip


def _rows() -> Iterator[dict[str, Any]]:
    """Abstracts as advisories; after the last one, titles with the text of another, because there are fewer than 50,000."""
    dice = random.Random(7)
    known = abstracts()
    for place, (title, text) in enumerate(cycle(known)):
        said = text if place < len(known) else dice.choice(known)[1]
        yield {
            "kind": "advisory",
            "id": f"SAMPLE-2026-{place + 1}",
            "publisher": "Comity samples",
            "tlp": "CLEAR",
            "published": f"20{10 + place % 16}-{1 + place % 12:02d}-{1 + place % 28:02d}T08:00:00Z",
            "content": _content(" ".join(title.split())[:150], " ".join(said.split()), dice),
        }


def _content(title: str, text: str, dice: random.Random) -> dict[str, Any]:
    return {
        "subtype": dice.choice(("threat_note", "situational", "incident_lessons")),
        "title": title,
        "summary": text[:300],
        "body": text.replace("<", "‹"),
        "severity": dice.choice(("low", "moderate", "high")),
        "known": text[:400].replace("<", "‹"),
        "not_known": "Whether it applies elsewhere.",
        "benefits": "Open work stays open.",
        "recommended_actions": [{"do": "Read it before the next visit.", "who": "researcher", "small_institution": True}],
        "sources": [{"title": title, "publisher": "A public archive", "type": "research_dataset", "url": "https://archive.example/1"}],
        "technology_areas": [dice.choice(_AREAS)],
        "pathways": [dice.choice(("conference", "open-publication"))],
    }  # fmt: skip
