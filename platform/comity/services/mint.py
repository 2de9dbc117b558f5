"""Make secrets, and find them again by hash. A secret is 256 random bits, so its plain SHA-256 cannot be searched through."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

BYTES: Final = 32
MOST_CHARACTERS: Final = 200


def mint(prefix: str = "") -> str:
    """A new secret, safe in addresses and headers. It is shown once and never stored."""
    return prefix + secrets.token_urlsafe(BYTES)


def digest(secret: object) -> str:
    """The hash under which a secret is stored; empty for anything that cannot be one, and the empty hash finds nothing (S19)."""
    if not isinstance(secret, str) or not secret or len(secret) > MOST_CHARACTERS:
        return ""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
