"""Strict JSON as a reader of documents needs it: what is wrong is a problem of the document."""

from __future__ import annotations

from typing import Any

from comity.domain import strict_json
from comity.formats.rows import BadDocument


def parse(data: bytes, *, depth: int = 60) -> dict[str, Any]:
    """The JSON object in `data`. Raises `BadDocument` with a named problem for anything else."""
    try:
        return strict_json.parse(data, depth=depth)
    except strict_json.BadJson as bad:
        raise BadDocument(bad.code, str(bad)) from bad
