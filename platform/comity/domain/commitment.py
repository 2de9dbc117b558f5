"""What a leaf of the transparency log commits to, so that it can be proved later and guessed by nobody before.

SHA-256 over a label, 32 random bytes and the RFC 8785 bytes of the entry. Without the salt the same title gives another leaf each
time, so whoever sees every leaf learns how many there are and nothing else; with it, the entry has no second meaning.
Refuses to know the tree, and what entries there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from comity.domain.canonical import canonical_json

SALT: Final = 32
"""Bytes of a salt."""

_LABEL: Final = b"comity ledger entry v1\n"


def commitment(entry: Mapping[str, Any], salt: bytes) -> bytes:
    """32 bytes: the data of a leaf. Raises `ValueError` for a salt of another length, or an entry without a canonical form."""
    if len(salt) != SALT:
        raise ValueError(f"a salt has {SALT} bytes")
    return hashlib.sha256(_LABEL + salt + canonical_json(dict(entry))).digest()
