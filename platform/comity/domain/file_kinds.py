"""Which files a record may carry, told from the bytes and not from the name alone: documents, tables, pictures, plain text.

Decides whether name and beginning agree. Refuses programs, archives and documents with macros by not listing them. A file is never
shown by this node, only handed out for saving, so no list of "harmless" types is needed for display.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

MEDIA: Final[Mapping[str, str]] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "json": "application/json",
}
"""Ending -> media type."""

TEXT: Final = frozenset({"txt", "md", "csv", "json"})
PACKED: Final[Mapping[str, str]] = {
    "docx": "word/",
    "xlsx": "xl/",
    "pptx": "ppt/",
    **dict.fromkeys(("odt", "ods", "odp"), "content.xml"),
}
"""Documents that are archives, and what each must have inside."""

_BEGINNINGS: Final[Mapping[str, bytes]] = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    **dict.fromkeys(PACKED, b"PK\x03\x04"),
}
LONGEST_NAME: Final = 120


def ending(name: str) -> str:
    """`Report.PDF` -> `pdf`."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem else ""


def safe_name(name: str) -> str:
    """The last part of a name without control, direction and path characters, at most 120 long with its ending; never empty."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        char
        for char in unicodedata.normalize("NFC", last)
        if unicodedata.category(char)[0] != "C" and char not in '<>:"|?*;'
    ).strip(" .")
    stem, dot, end = kept.rpartition(".")
    return f"{(stem or 'file')[: LONGEST_NAME - len(end) - 1]}{dot or '.'}{end}"[:LONGEST_NAME]


def beginning_fits(end: str, head: bytes) -> bool:
    """Do the first bytes (some thousands) agree with the ending? Text must not hold what no text holds."""
    if end in TEXT:
        return b"\x00" not in head and not head.startswith(tuple(set(_BEGINNINGS.values())))
    return head.startswith(_BEGINNINGS[end]) if end in _BEGINNINGS else False


def contents_fit(end: str, names: list[str]) -> bool:
    """Are the members of a packed document those of its kind, without macros or programs?"""
    needed = PACKED[end]
    active = any(
        one.lower().endswith((".bin", ".exe", ".dll", ".js", ".vbs")) and "printersettings" not in one.lower()
        for one in names
    )
    return any(one.startswith(needed) for one in names) and not active
