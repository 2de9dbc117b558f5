"""The rows, and nothing but rows: importable from `storage` alone. Facts are columns, content is JSON."""

from comity.storage.tables import access, editorial, exchange, membership, people, reading, records
from comity.storage.tables.base import metadata

__all__ = ["access", "editorial", "exchange", "membership", "metadata", "people", "reading", "records"]
