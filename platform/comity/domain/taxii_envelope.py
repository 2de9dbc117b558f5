"""A TAXII 2.1 envelope (§3.7) taken apart, so that one bad object on a page spoils nothing but itself.

Each object is handed out with the very text it came as, or as a piece that is not JSON as all readers take it, with the reason.
Decides where an object begins and ends; refuses to know what it says. The envelope around the objects must be sound: a page that
was cut off is no page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from comity.domain.strict_json import BadJson, parse_at

MOST_OBJECTS: Final = 10_000
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{\]}]', re.DOTALL)


class BadEnvelope(ValueError):
    """Not an envelope. Says where, never what."""


@dataclass(frozen=True)
class Piece:
    """One object of a page. `value` is None where the text is refused, and `problem` then the code of `BadJson`."""

    text: str
    value: dict[str, Any] | None
    problem: str = ""


@dataclass(frozen=True)
class Page:
    """`more` and `next` as the server says them."""

    pieces: tuple[Piece, ...]
    more: bool
    next: str


def read_envelope(body: bytes) -> Page:
    """The page in `body`. Raises `BadEnvelope`.

    Bytes that are not UTF-8 become half characters, which no object may hold: so they spoil the object that they stand in.
    """
    text = body.decode("utf-8", "surrogateescape")
    found: dict[str, Any] = {}
    pieces: tuple[Piece, ...] = ()
    place = _expect(text, 0, "{")
    if _next(text, place) == "}":
        return _page(found, pieces, text, place)
    while True:
        name, place = _member(text, place)
        if name in found:
            raise BadEnvelope("the same member twice")
        if name == "objects":
            pieces, place = _pieces(text, place)
            found[name] = True
        else:
            found[name], place = _value(text, place)
        place = _skip(text, place)
        if _next(text, place) == "}":
            return _page(found, pieces, text, place)
        place = _expect(text, place, ",")


def _page(found: dict[str, Any], pieces: tuple[Piece, ...], text: str, place: int) -> Page:
    if _skip(text, _expect(text, place, "}")) != len(text):
        raise BadEnvelope("something stands after the end")
    more, following = found.get("more", False), found.get("next", "")
    if not isinstance(more, bool) or not isinstance(following, str) or len(following) > 380:
        raise BadEnvelope("more or next")
    return Page(pieces, more, following)


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _next(text: str, place: int) -> str:
    place = _skip(text, place)
    return text[place : place + 1]


def _expect(text: str, place: int, sign: str) -> int:
    place = _skip(text, place)
    if text[place : place + 1] != sign:
        raise BadEnvelope(f"no {sign} at {place}")
    return place + 1


def _value(text: str, place: int) -> tuple[Any, int]:
    try:
        return parse_at(text, _skip(text, place))
    except BadJson as bad:
        raise BadEnvelope(bad.code) from bad


def _member(text: str, place: int) -> tuple[str, int]:
    name, place = _value(text, place)
    if not isinstance(name, str):
        raise BadEnvelope("a member without a name")
    return name, _expect(text, place, ":")


def _pieces(text: str, place: int) -> tuple[tuple[Piece, ...], int]:
    found: list[Piece] = []
    place = _expect(text, place, "[")
    if _next(text, place) == "]":
        return (), _expect(text, place, "]")
    while True:
        piece, place = _piece(text, _skip(text, place))
        found.append(piece)
        if len(found) > MOST_OBJECTS:
            raise BadEnvelope("too many objects")
        if _next(text, place) == "]":
            return tuple(found), _expect(text, place, "]")
        place = _expect(text, place, ",")


def _piece(text: str, place: int) -> tuple[Piece, int]:
    try:
        value, end = parse_at(text, place)
    except BadJson as bad:
        end = _end(text, place)
        return Piece(text[place:end], None, bad.code), end
    if not isinstance(value, dict):
        return Piece(text[place:end], None, "json"), end
    return Piece(text[place:end], value), end


def _end(text: str, place: int) -> int:
    """Where a piece ends that is no proper JSON: by its brackets and texts alone. Raises `BadEnvelope` when it never does."""
    level = 0
    for sign in _tokens(text, place):
        level += 1 if sign.group()[0] in "[{" else -1 if sign.group()[0] in "]}" else 0
        if level <= 0:
            return sign.end()
    raise BadEnvelope("a piece without an end")


def _tokens(text: str, place: int) -> Iterator[re.Match[str]]:
    if text[place : place + 1] not in "[{":
        raise BadEnvelope("a piece that is no object")
    yield from _TOKEN.finditer(text, place)
