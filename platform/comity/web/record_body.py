"""The text of a record as HTML, and its table of contents: a pure function of kind, visible content and day.

What anybody may read (CLEAR and GREEN) is rendered once and kept under the digest of exactly that content, so it cannot hold what
another reader of the same record may see. Stricter text is rendered each time and stays in no cache.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Final

from comity.config import Settings
from comity.domain.tlp import TLP
from comity.services.read import Reading
from comity.web.record_view import sections
from comity.web.rendering import macro

MOST_KEPT: Final = 512


@dataclass(frozen=True)
class Body:
    """`html` is the finished sections, not to be escaped again; `contents` their anchors and titles, in order."""

    html: str
    contents: tuple[tuple[str, str], ...]


_kept: OrderedDict[str, Body] = OrderedDict()
_lock = Lock()


def body(settings: Settings, reading: Reading, today: date) -> Body:
    """The text of `reading` as it reads on the day `today`: claims that are over are told apart."""
    if reading.audience.tlp.restriction > TLP.GREEN.restriction:
        return _rendered(settings, reading, today)
    key = _key(reading, today)
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    made = _rendered(settings, reading, today)
    with _lock:
        _kept[key] = made
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _key(reading: Reading, today: date) -> str:
    content = json.dumps(reading.content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(
        f"{reading.record.kind}\n{today}\n{content}".encode("utf-8", "surrogatepass")
    ).hexdigest()


def _rendered(settings: Settings, reading: Reading, today: date) -> Body:
    shown = sections(reading, today)
    html = macro(settings, "record/body.html", "body", sections=shown, today=today)
    return Body(html, tuple((one.anchor, one.title) for one in shown))
