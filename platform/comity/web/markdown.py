"""Turns the prose of records into HTML. The only module that may call text safe: CommonMark without raw HTML, then cleaned.

Two locks on one door (peers S17): markdown-it never passes HTML through, and nh3 keeps only the listed tags and addresses.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_PARSER: Final = MarkdownIt("commonmark", {"html": False, "linkify": True})
_PARSER.enable(["table", "strikethrough", "linkify"]).disable("image")
_WITHOUT_TABLES: Final = MarkdownIt("commonmark", {"html": False, "linkify": True})
_WITHOUT_TABLES.enable(["strikethrough", "linkify"]).disable("image")
_TAGS: Final = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
_MOST_CELLS: Final = 20_000
"""Rows are filled up to the width of the head, so that 2 kB of text could be 600 kB of page. Over this, a table stays text."""
_LOWERED: Final = 2
"""A record's own headings begin below the page's h1 and the section's h2."""


def markdown(text: str | None) -> Markup:
    """CommonMark with tables and bare links, as clean HTML. Images are left out: they would tell others who reads (peers S17)."""
    return _rendered(text) if text else Markup("")


@lru_cache(maxsize=512)
def _rendered(text: str) -> Markup:
    """The same text gives the same HTML for everyone, so it is made once; who may read it was decided before."""
    tokens = (_PARSER if _cells(text) <= _MOST_CELLS else _WITHOUT_TABLES).parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + _LOWERED)}"
    raw = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = nh3.clean(
        raw,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return Markup(clean)  # nosec B704  nh3 has cleaned it; the only place that makes markup


def _cells(text: str) -> int:
    """How many cells the tables of a text can have at most: every line as wide as the widest."""
    lines = [line.count("|") for line in text.splitlines() if line.strip()]
    return max(lines, default=0) * len(lines)
