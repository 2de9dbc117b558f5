"""JSON Schema (2020-12) of a kind, for those who write records through the API, and the names it must never contain (SG-01)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from comity.domain.kinds.base import Kind


def json_schema(kind: type[Kind]) -> dict[str, Any]:
    """The schema of complete content. The `$id` is a name, not an address: nothing is fetched to validate."""
    schema = kind.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:comity:kind:{kind.name}",
        **schema,
        "title": kind.label,
    }


def property_names(schema: Any) -> Iterator[str]:
    """Every property name anywhere in a schema, also in its definitions."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for value in schema.values():
            yield from property_names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from property_names(value)
