"""Peers S17: nothing that somebody wrote runs in a reader's browser."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.web.markdown import markdown

CORPUS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    '[x](//evil.example/"onmouseover=alert(1))',
    "![x](https://evil.example/track.gif)",
    "![x](javascript:alert(1))",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<div hx-get='/sign-out' hx-trigger='load'>x</div>",
    "<form action=/sign-out method=post><button>x</button></form>",
    "<style>*{background:url(//evil.example)}</style>",
    "<a id=main name=csp>x</a>",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<!--><script>alert(1)</script>-->",
    '<https://evil.example/?"><script>alert(1)</script>>',
    "[a]: javascript:alert(1)\n\n[a]",
    'http://evil.example/"onclick=alert(1)',
    "\u202e<script>alert(1)</script>",
)
TAG = re.compile(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)>")
ALLOWED = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "table", "thead", "tbody",
    "tr", "th", "td", "h3", "h4", "h5", "h6",
}  # fmt: skip


def check(html: str) -> None:
    for tag, attributes in TAG.findall(html):
        assert tag.lower() in ALLOWED, html
        names = set(re.findall(r"([a-zA-Z-]+)=", re.sub(r'"[^"]*"', '""', attributes)))
        assert names <= {"href", "title", "rel", "start"}, html
        for address in re.findall(r'href="([^"]*)"', attributes):
            scheme = address.split(":")[0].lower() if ":" in address else ""
            assert scheme in {"", "http", "https", "mailto"} or "/" in scheme, html


@pytest.mark.parametrize("text", CORPUS)
def test_the_corpus_is_harmless(text: str) -> None:
    html = str(markdown(text))
    check(html)
    assert "<img" not in html


@given(st.text(alphabet=st.sampled_from("<>/\"'=[]()!`*_#&;:javscriptonlehx- \n"), max_size=120))
def test_nothing_made_of_such_pieces_is_either(text: str) -> None:
    check(str(markdown(text)))


def test_ordinary_prose_is_kept() -> None:
    html = str(
        markdown(
            "# Title\n\n**bold** and [link](https://example.org) and https://example.org\n\n| a |\n|---|\n| b |"
        )
    )
    assert "<h3>Title</h3>" in html
    assert "<strong>bold</strong>" in html
    assert html.count('href="https://example.org"') == 2
    assert 'rel="noopener noreferrer nofollow"' in html
    assert "<td>b</td>" in html
    assert str(markdown(None)) == ""


def test_a_wide_table_does_not_grow_past_its_text() -> None:
    """Short rows are filled up to the width of the head, so a small text could be a page of megabytes."""
    wide = "|a" * 2000 + "\n" + "|-" * 2000 + "\n" + "|\n" * 500
    html = str(markdown(wide))
    assert "<table" not in html
    assert len(html) < 3 * len(wide)


def test_many_small_tables_are_bounded_together() -> None:
    one = "|a" * 300 + "\n" + "|-" * 300 + "\n" + "|\n" * 100 + "\n"
    assert len(str(markdown(one * 20))) < 3 * 20 * len(one)


def test_a_table_of_ordinary_size_stays_one() -> None:
    rows = "| a | b | c |\n|---|---|---|\n" + "| 1 | 2 | 3 |\n" * 1000
    assert str(markdown(rows)).count("<td>") == 3000
