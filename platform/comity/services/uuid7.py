"""UUID version 7 (RFC 9562 §5.7) for Python 3.11: milliseconds since 1970, then 74 random bits."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime


def uuid7(now: datetime) -> uuid.UUID:
    """A new identifier. Ids of one millisecond are in no particular order, so they tell nothing about each other."""
    milliseconds = int(now.timestamp() * 1000)
    value = (
        (milliseconds & (2**48 - 1)) << 80
        | 7 << 76
        | secrets.randbits(12) << 64
        | 2 << 62
        | secrets.randbits(62)
    )
    return uuid.UUID(int=value)
