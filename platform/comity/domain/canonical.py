"""Canonical JSON bytes (RFC 8785, JCS), fast for what records are made of: texts, lists, codes, whole numbers.

The standard library's encoder writes the same bytes wherever no number with a fraction, no large integer and no character beyond
the basic plane occurs, which is looked for in what it wrote; for the rest `rfc8785` itself does. A test holds both together.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import rfc8785

_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
)
_DOUBTFUL: Final = re.compile('(?:":|[\\[,])-?\\d+(?:[.eE]|\\d{15})|[\ud800-\udfff\U00010000-\U0010ffff]')
"""A fraction, an exponent, sixteen digits, or a character that UTF-16 sorts in another place. It finds harmless text too."""


def canonical_json(value: Any, *, parsed: bool = False) -> bytes:
    """The bytes that are hashed or signed. Raises `ValueError` for what RFC 8785 cannot write, such as half a surrogate pair.

    `parsed` is for a value that a parser made: then every key is a text, and need not be looked at.
    """
    try:
        text = _ENCODER.encode(value)
        if type(value) in (dict, list) and not _DOUBTFUL.search(text) and (parsed or _named(value)):
            return text.encode("utf-8")
        return bytes(rfc8785.dumps(value))
    except (TypeError, UnicodeEncodeError, RecursionError) as error:
        raise ValueError("it has no canonical form") from error


def _named(value: Any) -> bool:
    """Every key is a text: the encoder would make one of a number."""
    kind = type(value)
    if kind is dict:
        return all(type(key) is str for key in value) and all(
            _named(one) for one in value.values() if type(one) in (dict, list)
        )
    return kind is list and all(_named(one) for one in value if type(one) in (dict, list))
