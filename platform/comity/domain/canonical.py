"""Canonical JSON bytes (RFC 8785, JCS), fast for what records are made of: texts, lists, codes, whole numbers.

Where the value holds a number with a fraction, a large integer, a key outside ASCII or anything else that could be written in two
ways, `rfc8785` itself writes it; for the rest the standard library's encoder gives the same bytes, which a test holds it to.
"""

from __future__ import annotations

import json
from typing import Any, Final

import rfc8785

_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
)
_LARGEST: Final = 2**53 - 1


def canonical_json(value: Any) -> bytes:
    """The bytes that are hashed or signed. Raises `ValueError` for what RFC 8785 cannot write, such as half a surrogate pair."""
    if not _plain(value):
        return bytes(rfc8785.dumps(value))
    try:
        return _ENCODER.encode(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("half of a surrogate pair cannot be written") from error


def _plain(value: Any) -> bool:
    """Nothing in it that two encoders might write differently."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return bool(-_LARGEST <= value <= _LARGEST)
    if kind is dict:
        return all(type(key) is str and key.isascii() and _plain(one) for key, one in value.items())
    return kind is list and all(_plain(one) for one in value)
