"""Cranfield, the classic test collection, read from the shared data folder; and nDCG over it."""

from __future__ import annotations

import csv
import gzip
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path

from comity.search.port import Document, Query, SearchIndex

AUDIENCE = 1


def folder() -> Path | None:
    """Where the collection lies: under COMITY_SHARED, or beside the repository; None if it is not there."""
    shared = Path(os.environ.get("COMITY_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    place = shared / "data" / "search_dev" / "cranfield"
    return place if place.is_dir() else None


def documents(place: Path) -> Iterator[Document]:
    with gzip.open(place / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Document(
                record_id=int(row["_id"]),
                audience_id=AUDIENCE,
                revision=1,
                kind="advisory",
                subtype="",
                title=row["title"] or "",
                body=row["text"] or "",
            )


def mean_ndcg(place: Path, index: SearchIndex, depth: int = 10) -> float:
    """Mean nDCG at `depth` of all queries, by the judgements that count as relevant."""
    relevant: dict[str, set[int]] = {}
    with (place / "qrels.tsv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows, delimiter="\t"):
            if int(row["score"]) > 0:
                relevant.setdefault(row["query-id"], set()).add(int(row["corpus-id"]))
    scores = []
    for line in (place / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        query = json.loads(line)
        wanted = relevant.get(str(query["_id"]), set())
        if wanted:
            hits = index.search(Query(query["text"], [AUDIENCE], limit=depth)).hits
            gain = sum(1 / math.log2(place + 2) for place, hit in enumerate(hits) if hit.record_id in wanted)
            scores.append(gain / sum(1 / math.log2(place + 2) for place in range(min(depth, len(wanted)))))
    return sum(scores) / len(scores)
