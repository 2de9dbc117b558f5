"""The macros of templates/components: escaping, TLP to the letter, the print frame, mail, and words that are never said."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import jinja2
import pytest

from comity.config import STATIC, TEMPLATES, get_settings
from comity.domain.tlp import TLP
from comity.web.rendering import environment
from tests.web.macros import HOSTILE, render, use

COMPONENTS = sorted(path.stem for path in TEMPLATES.glob("components/*.html"))


# ---------------------------------------------------------------- TLP


@pytest.mark.parametrize("tlp", list(TLP))
@pytest.mark.parametrize("spelled", ["enum", "bare", "whole"])
def test_a_badge_says_the_label_exactly(tlp: TLP, spelled: str) -> None:
    label = {"enum": tlp, "bare": tlp.value, "whole": tlp.label}[spelled]
    html = use("tlp", "tlp_badge(label)", label=label)
    assert re.sub(r"<[^>]+>", "", html) == tlp.label
    assert 'translate="no"' in html


@pytest.mark.parametrize("label", ["", "WHITE", "amber", "AMBER STRICT", "TLP:", HOSTILE])
def test_an_unknown_marking_is_shown_as_the_most_restrictive(label: str) -> None:
    html = use("tlp", "tlp_badge(label)", label=label)
    assert re.sub(r"<[^>]+>", "", html) == "TLP:RED"
    assert "tlp-red" in html


def test_badges_have_the_colours_of_the_standard_on_black() -> None:
    styles = (STATIC / "css" / "components.css").read_text(encoding="utf-8")
    colours = {
        "tlp-red": "#FF2B2B",
        "tlp-amber": "#FFC000",
        "tlp-amber-strict": "#FFC000",
        "tlp-green": "#33FF00",
        "tlp-clear": "#FFFFFF",
    }
    rules = re.findall(r"^([^{}/*]+)\{([^}]*)\}", styles, re.MULTILINE)
    for name, colour in colours.items():
        bodies = [body for names, body in rules if f".{name}" in [one.strip() for one in names.split(",")]]
        assert bodies == [f" color: {colour}; "], name
    black = next(body for names, body in rules if names.strip() == ".tlp")
    assert "background: #000000;" in black


@pytest.mark.parametrize("tlp", list(TLP))
def test_the_plain_meaning_is_the_one_of_the_domain(tlp: TLP) -> None:
    assert use("tlp", "marking_line(none, label)", label=tlp) == tlp.meaning


def test_the_print_frame_marks_head_and_foot() -> None:
    data = {"nonce": "N", "marking": {"tlp": TLP.AMBER_STRICT}}
    page = render('{% extends "base.html" %}', **data)
    head = page.split('class="sheet-head')[1].split("</div>")[0]
    foot = page.split('class="sheet-foot')[1].split("</div>")[0]
    assert "TLP:AMBER+STRICT" in head
    assert "TLP:AMBER+STRICT" in foot
    assert TLP.AMBER_STRICT.meaning in foot


# ---------------------------------------------------------------- escaping

HOSTILE_CALLS = [
    ("tlp", "marking_banner('RED', x, [{'code': x, 'text': x}], x)"),
    ("notice", "notice(x, x, x)"),
    ("status", "status(x, x)"),
    ("status", "status(x)"),
    ("icon", "icon('tick', x)"),
    ("crumbs", "crumbs([{'href': x, 'label': x}])"),
    ("empty", "empty(x, x, x, x)"),
    ("explain", "explain([x])"),
    ("stat", "stats([{'label': x, 'value': x, 'hint': x}])"),
    ("diff", "diff([{'label': x, 'parts': [('ins', x), ('del', x), ('equal', x)]}])"),
    ("timeline", "timeline([{'title': x, 'at': x, 'actor': x, 'text': x, 'href': x, 'tone': x}])"),
    (
        "facets",
        "facets([{'name': x, 'label': x, 'options': [dict(value=x, label=x, count=x, checked=true)]}])",
    ),
    ("facets", "chosen([{'label': x, 'remove_href': x}])"),
    ("table", "table(x, [{'key': 'k', 'label': x}], [{'k': x}, {'k': {'href': x, 'text': x}}], x)"),
    ("hx", "hx(x, get=x)"),
    ("pager", "pager({'first': 1, 'last': 2, 'total': 3, 'previous_href': x, 'next_href': x}, x)"),
    (
        "audience",
        "audience({'total': 1, 'groups': [dict(label=x, rows=[dict(label=x, count=1)])]}, [dict(label=x, count=2, detail=x)])",
    ),
    (
        "votes",
        (
            "votes({'met': false, 'approvals': 1, 'approvals_needed': 2, 'sectors': [{'label': x, 'state': x, 'text': x}],"
            " 'rules': [{'text': x, 'met': true}], 'missing': [x], 'not_counted': [{'who': x, 'why': x}], 'closes': x})"
        ),
    ),
    (
        "record_card",
        (
            "record_card({'tlp': x, 'kind': x, 'subtype': x, 'ref': x, 'title': x, 'href': x, 'title_parts': [(x, true)],"
            " 'snippet': [[(x, true), (x, false)]], 'sector': x, 'node': x, 'action': x, 'tags': [x], 'published': x})"
        ),
    ),
]


@pytest.mark.parametrize(("component", "call"), HOSTILE_CALLS)
def test_hostile_text_stays_text(component: str, call: str) -> None:
    html = use(component, call, x=HOSTILE)
    assert "<script" not in html
    assert "<b onclick" not in html
    assert "&lt;script&gt;" in html


def test_no_template_uses_a_way_around_escaping_or_the_policy_on_scripts() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
        for way in (
            r"\|\s*safe\b",
            r"autoescape",
            r"\bstyle\s*=",
            r"<style",
            r"\bon[a-z]+\s*=\s*[\"']",
            r"hx-on",
            r"javascript:",
        ):
            assert not re.search(way, text), (path.name, way)


def test_htmx_attributes_carry_the_nonce_and_refuse_script() -> None:
    html = use("hx", "hx('n0nce', get='/search', push_url='true', status__422='target:#e')")
    assert html == 'hx-nonce="n0nce" hx-get="/search" hx-push-url="true" hx-status:422="target:#e"'
    with pytest.raises(jinja2.TemplateRuntimeError):
        use("hx", "hx('n0nce', on__click='alert(1)')")


# ---------------------------------------------------------------- what a reader is told


def card(**more: Any) -> dict[str, Any]:
    return {"tlp": "GREEN", "kind": "Advisory", "title": "A title", "href": "/r/1"} | more


def test_a_tombstone_shows_neither_words_nor_action_of_what_was_withdrawn() -> None:
    shown = card(snippet=[[("secret words", False)]], action="secret step")
    assert "secret words" in use("record_card", "record_card(c)", c=shown)
    gone = use("record_card", "record_card(c)", c=shown | {"withdrawn": True})
    assert "secret" not in gone
    assert "Withdrawn" in gone


def test_highlights_are_marked_and_the_rest_is_not() -> None:
    html = use("record_card", "parts(p)", p=[("a ", False), ("b", True), (" c", False)])
    assert html == "a <mark>b</mark> c"


@pytest.mark.parametrize("added", ["ins", "insert"])
def test_a_difference_is_told_in_words_too(added: str) -> None:
    html = use("diff", "diff(s)", s=[{"label": "Summary", "parts": [("delete", "old"), (added, "new")]}])
    assert re.search(r"<ins>.*\[added\].*new.*</ins>", html)
    assert re.search(r"<del>.*\[removed\].*old.*</del>", html)


def test_dates_are_for_people_and_for_machines() -> None:
    at = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
    assert (
        use("date", "moment(d)", d=at)
        == '<time datetime="2026-03-02T09:05:00+00:00">2 March 2026, 09:05 UTC</time>'
    )
    assert (
        use("date", "day(d)", d=at.date()) == '<time datetime="2026-03-02" class="nowrap">2 March 2026</time>'
    )
    assert "in 5 days" in use("date", "until(d, t)", d=date(2026, 3, 7), t=date(2026, 3, 2))


@pytest.mark.parametrize("status", [401, 403, 404, 405, 409, 413, 422, 429, 500, 503, 599])
def test_an_error_page_needs_nothing_but_its_status_and_nonce(status: int) -> None:
    page = environment(get_settings()).get_template("errors/error.html").render(status=status, nonce="N")
    assert page.count("<h1>") == 1


def test_the_page_for_what_is_not_here_never_repeats_a_reason() -> None:
    template = environment(get_settings()).get_template("errors/error.html")
    plain = template.render(status=404, nonce="N")
    assert (
        template.render(
            status=404, nonce="N", sentence="You may not see RSI-FR-ADV-2026-0001", reference="r1"
        )
        == plain
    )


def test_the_style_guide_shows_every_component_and_never_says_the_forbidden_words() -> None:
    source = (TEMPLATES / "styleguide.html").read_text(encoding="utf-8")
    base = (TEMPLATES / "base.html").read_text(encoding="utf-8")
    for name in COMPONENTS:
        used_inside = any(
            f"components/{name}.html" in (TEMPLATES / "components" / f"{other}.html").read_text()
            for other in COMPONENTS
        )
        assert f"components/{name}.html" in source + base or used_inside, name
    page = environment(get_settings()).get_template("styleguide.html").render(nonce="N").lower()
    said = re.sub(r"<[^>]+>", " ", page)
    for word in (
        "approved",
        "cleared",
        "safe",
        "banned",
        "blacklist",
        "suspect",
        "adversary",
        "clearing house",
        "risk score",
        "enemy",
    ):
        assert not re.search(rf"\b{word}\b", said), word
    assert "classification" not in said


@pytest.mark.parametrize(
    ("marking", "quoted"),
    [
        ("CLEAR", True),
        ("GREEN", True),
        (None, True),
        ("AMBER", False),
        ("AMBER+STRICT", False),
        ("RED", False),
        ("odd", False),
    ],
)
def test_mail_quotes_nothing_above_green(marking: str | None, quoted: bool) -> None:
    source = '{% extends "email/base.txt" %}{% block body %}the quoted words{% endblock %}'
    mail = render(
        source,
        marking=marking,
        node={"name": "N"},
        recipient_name="Ada",
        reason="you asked.",
        settings_href="/account",
    )
    assert ("the quoted words" in mail) is quoted
    assert ("sign in to read it" in mail) is not quoted


def test_mail_without_a_marking_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render(
            '{% extends "email/base.txt" %}',
            node={"name": "N"},
            recipient_name="A",
            reason="r",
            settings_href="/",
        )
