"""Templates are data in, escaped text out, under a Content-Security-Policy that has no hole to ask for."""

from __future__ import annotations

import re

import pytest

from tests.architecture.sources import modules, templates

FORBIDDEN = {
    "turns escaping off": re.compile(r"\|\s*safe\b|autoescape\s+false|\bMarkup\s*\(", re.IGNORECASE),
    "inline style": re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE),
    "inline handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "script in an htmx attribute": re.compile(
        r"\b(data-)?hx-on\b|\bhx-(vals|headers)\s*=\s*[\"']\s*(js|javascript):", re.IGNORECASE
    ),
    "script address": re.compile(r"javascript\s*:", re.IGNORECASE),
    "reaches for the database": re.compile(
        r"\b(db|session|connection)\s*\.\s*(exec|execute|scalar|scalars|query|get)\s*\("
    ),
}
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.IGNORECASE | re.DOTALL)
MAY_MARK_TEXT_AS_HTML = ("markup", "markdown")
"""The one module that may say that a string is HTML already: it has just cleaned it."""


def broken(source: str) -> list[str]:
    """The rules that a template breaks."""
    source = re.sub(r"{#.*?#}", "", source, flags=re.DOTALL)
    found = [rule for rule, pattern in FORBIDDEN.items() if pattern.search(source)]
    for attributes, body in SCRIPT.findall(source):
        if "nonce=" not in attributes or "src=" not in attributes or body.strip():
            found.append("inline script, or a script without nonce and src")
    return found


def test_no_template_asks_for_a_hole_in_the_policy() -> None:
    assert {
        name: rules
        for name, source in templates()
        if name.endswith((".html", ".xml")) and (rules := broken(source))
    } == {}


@pytest.mark.parametrize(
    "source",
    [
        "{{ body|safe }}",
        "{{ body | safe }}",
        "<p style='color:red'>",
        '<a onclick="x()">',
        '<div hx-on:click="x()">',
        "<div hx-vals='js:{a: 1}'>",
        "<script>alert(1)</script>",
        '<script src="/static/x.js"></script>',
        '<script nonce="{{ nonce }}">alert(1)</script>',
        '<a href="javascript:alert(1)">',
        "{{ db.exec(q) }}",
        "{% autoescape false %}",
    ],
)
def test_the_check_itself_sees_each_hole(source: str) -> None:
    assert broken(source)


def test_the_check_lets_a_clean_template_pass() -> None:
    assert (
        broken(
            '<script nonce="{{ nonce }}" src="/static/js/x.js" defer></script><p class="on">{{ one }} safe</p>'
        )
        == []
    )


def test_one_module_at_most_says_that_text_is_html() -> None:
    claims = [
        module.name
        for module in modules()
        if re.search(r"\bMarkup\s*\(|\.Markup\b|# nosec B704", module.text)
    ]
    assert len(claims) <= 1
    assert all(any(word in name for word in MAY_MARK_TEXT_AS_HTML) for name in claims)
