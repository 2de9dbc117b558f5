"""Reading of foreign objects without belief: every access says which type it needs and names the path where it was not so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from comity.formats.rows import BadDocument


@dataclass(frozen=True)
class Fields:
    """One foreign object and its path. Absent and null are the same: nothing."""

    data: Mapping[str, Any]
    path: str = ""

    def _wrong(self, name: str, wanted: str) -> BadDocument:
        return BadDocument("wrong-type", f"{wanted} is expected here.", self._at(name))

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def text(self, name: str) -> str:
        """A text, trimmed; empty when absent or when there is nothing in it to see."""
        value = self.data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._wrong(name, "Text")
        return _seen(value)

    def needed(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if not value:
            raise BadDocument("missing", f"“{name}” is missing.", self._at(name))
        return value

    def identifier(self, name: str) -> str:
        """A name by which others know the document: printable, without blanks, up to 150 characters."""
        value = self.needed(name)
        if len(value) > 150 or not value.isprintable() or " " in value:
            raise BadDocument("format", "This is not an identifier that can be kept.", self._at(name))
        return value

    def number(self, name: str) -> float | None:
        """A number, also when it is written as text."""
        value = self.data.get(name)
        if value is None or isinstance(value, bool):
            return None
        try:
            found = float(value)
        except (TypeError, ValueError):
            raise self._wrong(name, "A number") from None
        if not math.isfinite(found):
            raise self._wrong(name, "A number")
        return found

    def node(self, name: str) -> Fields:
        """An object; an empty one when absent."""
        value = self.data.get(name)
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            raise self._wrong(name, "An object")
        return Fields(value, self._at(name))

    def _list(self, name: str) -> list[Any]:
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(name, "A list")
        return value

    def nodes(self, name: str) -> Iterator[Fields]:
        """The objects of a list."""
        for i, value in enumerate(self._list(name)):
            if not isinstance(value, Mapping):
                raise self._wrong(f"{name}.{i}", "An object")
            yield Fields(value, f"{self._at(name)}.{i}")

    def texts(self, name: str) -> list[str]:
        """The texts of a list, trimmed, without empty ones."""
        for i, value in enumerate(self._list(name)):
            if not isinstance(value, str):
                raise self._wrong(f"{name}.{i}", "Text")
        return [text for value in self._list(name) if (text := _seen(value))]

    def time(self, name: str) -> datetime | None:
        """A time of ISO 8601 in UTC; a date alone is its first moment. Years before 1970 stand for "not given"."""
        text = self.text(name)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            raise self._wrong(name, "A date or time such as 2026-11-30T09:00:00Z") from None
        return found if found.year >= 1970 else None


def _seen(text: str) -> str:
    trimmed = text.strip()
    return trimmed if any(character.isprintable() and character != " " for character in trimmed) else ""
