"""The `next` of a page (TAXII 2.1 §3.4): where the page ended, sealed so that nobody but this node can make one.

It holds the moment at which the last object of the page was added, and the page size. It keeps no state anywhere: the same cursor
gives the same page again, on every worker and after a restart. It goes with one caller, one address and one set of filters.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from typing import Final

from comity.domain.taxii import BadQuery, Match

_PLACE: Final = struct.Struct(">qH")
_SEAL: Final = 16
_LENGTH: Final = 4 * ((_PLACE.size + _SEAL + 2) // 3)


@dataclass(frozen=True)
class Place:
    """Where a page ended, and how long it was to be."""

    after: int
    limit: int


def seal(place: Place, match: Match, *, about: str, secret: bytes) -> str:
    """The cursor. `about` names caller and address; letters, digits, `-` and `_` alone, so that it needs no quoting anywhere."""
    packed = _PLACE.pack(place.after, place.limit)
    return urlsafe_b64encode(packed + _mark(packed, match, about, secret)).decode().rstrip("=")


def unseal(cursor: str, match: Match, *, about: str, secret: bytes) -> Place:
    """The place in a cursor of this node for this question. Raises `BadQuery` for any other."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (_LENGTH - len(cursor)))
    except ValueError as error:
        raise _refused() from error
    packed, mark = raw[: _PLACE.size], raw[_PLACE.size :]
    if len(packed) != _PLACE.size or not hmac.compare_digest(mark, _mark(packed, match, about, secret)):
        raise _refused()
    return Place(*_PLACE.unpack(packed))


def _mark(packed: bytes, match: Match, about: str, secret: bytes) -> bytes:
    question = json.dumps([about, asdict(match)], sort_keys=True).encode()
    return hmac.digest(secret, packed + question, hashlib.sha256)[:_SEAL]


def _refused() -> BadQuery:
    said = "This next is not one that goes with this request. Repeat the request as it was, with the next of its last page."
    return BadQuery("next", said)
