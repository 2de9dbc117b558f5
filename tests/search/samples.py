"""Made-up documents, none of them about anybody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from comity.search.port import Document, Query, SearchIndex

OPEN = 1
HIDDEN = 2


def document(record_id: int = 1, title: str = "", **given: Any) -> Document:
    plain = Document(
        record_id=record_id, audience_id=OPEN, revision=1, kind="advisory", subtype="general", title=title
    )
    return replace(plain, **given)


def ids(index: SearchIndex, text: str, audiences: Collection[int] = (OPEN,), **given: Any) -> list[int]:
    return [hit.record_id for hit in index.search(Query(text, audiences, **given)).hits]
