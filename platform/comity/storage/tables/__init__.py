"""The rows, and nothing but rows: importable from `storage` alone. Facts are columns, content is JSON."""

from comity.storage.tables import (
    access,
    editorial,
    exchange,
    federation,
    ledger,
    membership,
    people,
    reading,
    records,
    taxii,
)
from comity.storage.tables.base import metadata

__all__ = [
    "access",
    "editorial",
    "exchange",
    "federation",
    "ledger",
    "membership",
    "metadata",
    "people",
    "reading",
    "records",
    "taxii",
]
