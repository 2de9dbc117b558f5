"""Writes feed entries as Atom (RFC 4287) and JSON Feed 1.1. Both are built as trees and never as text, so nothing can break out.

Titles carry the marking in words: a feed reader shows no badge. Characters that XML 1.0 has no place for are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from xml.etree import ElementTree as ET  # nosec B405  it writes XML and never reads any

from comity.services.syndicate import Entry

ATOM: Final = "http://www.w3.org/2005/Atom"
EPOCH: Final = "1970-01-01T00:00:00+00:00"
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ET.register_namespace("", ATOM)


@dataclass(frozen=True)
class Feed:
    """What both formats say about the feed itself. `base` is the node's public address without a slash at its end."""

    title: str
    base: str
    self_href: str
    page_href: str
    node: str


def atom(feed: Feed, entries: Sequence[Entry]) -> bytes:
    """An Atom document in UTF-8."""
    root = ET.Element(_name("feed"))
    _text(root, "id", feed.base + feed.self_href)
    _text(root, "title", feed.title)
    _text(root, "updated", _updated(entries))
    _link(root, feed.base + feed.self_href, "self", "application/atom+xml")
    _link(root, feed.base + feed.page_href, "alternate", "text/html")
    _text(ET.SubElement(root, _name("author")), "name", feed.node)
    for entry in entries:
        _atom_entry(root, feed, entry)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _atom_entry(root: ET.Element, feed: Feed, entry: Entry) -> None:
    element = ET.SubElement(root, _name("entry"))
    _text(element, "id", f"urn:uuid:{entry.record.uid}")
    _text(element, "title", _title(entry))
    _text(element, "published", _stamp(entry.published))
    _text(element, "updated", _stamp(entry.updated))
    _link(element, _address(feed, entry), "alternate", "text/html")
    _text(ET.SubElement(element, _name("author")), "name", entry.originator or feed.node)
    ET.SubElement(element, _name("category"), term=entry.record.kind)
    ET.SubElement(element, _name("category"), scheme="urn:tlp:2.0", term=f"TLP:{entry.tlp}")
    if entry.summary:
        _text(element, "summary", entry.summary)


def json_feed(feed: Feed, entries: Sequence[Entry]) -> dict[str, Any]:
    """A JSON Feed 1.1 document."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.base + feed.page_href,
        "feed_url": feed.base + feed.self_href,
        "items": [
            {
                "id": f"urn:uuid:{entry.record.uid}",
                "url": _address(feed, entry),
                "title": _title(entry),
                "content_text": entry.summary or f"Marked TLP:{entry.tlp}: read it in the portal.",
                "date_published": _stamp(entry.published),
                "date_modified": _stamp(entry.updated),
                "authors": [{"name": entry.originator or feed.node}],
                "tags": [entry.record.kind, f"TLP:{entry.tlp}"],
            }
            for entry in entries
        ],
    }


def _title(entry: Entry) -> str:
    return f"[TLP:{entry.tlp}] {entry.title}"


def _address(feed: Feed, entry: Entry) -> str:
    return f"{feed.base}/records/{entry.record.ref}"


def _updated(entries: Sequence[Entry]) -> str:
    """Of the newest entry; a feed with nothing in it says the same as one whose entries are not for the reader."""
    return max((_stamp(entry.updated) for entry in entries), default=EPOCH)


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _name(tag: str) -> str:
    return f"{{{ATOM}}}{tag}"


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, _name(tag)).text = _UNWRITABLE.sub("", text)


def _link(parent: ET.Element, href: str, rel: str, media_type: str) -> None:
    ET.SubElement(parent, _name("link"), href=_UNWRITABLE.sub("", href), rel=rel, type=media_type)
