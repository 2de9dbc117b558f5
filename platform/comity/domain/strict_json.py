"""JSON that means one thing only (RFC 8259 with the limits of I-JSON, RFC 7493): no duplicate keys, no NaN, no number that a
database or another program would read otherwise, no lone surrogates, bounded depth.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import Any, Final, NoReturn

_MARKS: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LARGEST: Final = 2**53 - 1
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""Half a surrogate pair: written out, or as it stands for a byte that is not UTF-8."""

_NESTING: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class BadJson(ValueError):
    """Not JSON that every reader takes alike. `code` is encoding, duplicate-key, number, depth or json."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def decode(data: bytes) -> str:
    """UTF-8 with or without a byte order mark. Raises `BadJson` for every other encoding."""
    if data.startswith(_MARKS):
        raise BadJson("encoding", "This is UTF-16 or UTF-32. Save it as UTF-8.")
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJson("encoding", f"This is not UTF-8 (byte {error.start + 1}).") from error


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadJson("duplicate-key", f"The key “{twice[:60]}” appears twice in one object.")
    return found


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _LARGEST:
        raise BadJson("number", f"The number {text[:20]}… is larger than others can read exactly.")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadJson("number", f"The number {text[:20]} is too large.")
    return value


def _constant(text: str) -> NoReturn:
    raise BadJson("number", f"{text} is not a number in JSON.")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


def parse(data: bytes, *, depth: int = 60) -> dict[str, Any]:
    """The JSON object in `data`. Raises `BadJson` with a named problem for anything else."""
    text = decode(data)
    if text.count("[") + text.count("{") > depth:
        _refuse_depth(text, depth)
    try:
        found = _DECODER.decode(text)
    except BadJson:
        raise
    except json.JSONDecodeError as error:
        raise BadJson(
            "json", f"This is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from error
    except (RecursionError, ValueError) as error:
        raise BadJson("json", "This is not JSON that can be read.") from error
    if not isinstance(found, dict):
        raise BadJson("json", "A document is a JSON object.")
    if _SURROGATE.search(text) and not _encodable(found):
        raise BadJson("encoding", "A text contains half of a surrogate pair.")
    return found


def parse_at(text: str, place: int, *, depth: int = 60) -> tuple[Any, int]:
    """The value that begins at `place` of a longer text, and where it ends. Raises `BadJson` as `parse` does."""
    try:
        found, end = _DECODER.raw_decode(text, place)
    except BadJson:
        raise
    except json.JSONDecodeError as error:
        raise BadJson("json", f"This is not JSON: {error.msg} (character {error.pos}).") from error
    except (RecursionError, ValueError) as error:
        raise BadJson("json", "This is not JSON that can be read.") from error
    if text.count("[", place, end) + text.count("{", place, end) > depth:
        _refuse_depth(text[place:end], depth)
    if _HALF.search(text, place, end) and not _encodable(found):
        raise BadJson("encoding", "A text contains half of a surrogate pair.")
    return found, end


def _refuse_depth(text: str, depth: int) -> None:
    level = 0
    for token in _NESTING.finditer(text):
        first = token.group()[0]
        if first in "[{":
            level += 1
            if level > depth:
                raise BadJson("depth", f"This is nested more than {depth} levels deep.")
        elif first in "]}":
            level -= 1


def _encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
