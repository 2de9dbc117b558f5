"""The macros of templates/components/form.html: nothing typed is lost, every error is linked, hostile input stays text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from comity.domain.kinds.form import form_for, items_of
from comity.domain.kinds.registry import KINDS
from tests.web.macros import HOSTILE, render, use


@dataclass
class Field:
    """The attributes that form.html names, as the forms of a kind have them."""

    name: str
    widget: str
    label: str = "A label"
    hint: str = ""
    required: bool = False
    value: Any = ""
    options: Any = ()
    errors: list[str] = field(default_factory=list)
    max_length: int | None = None
    children: Any = ()


WIDGETS = [
    "line",
    "prose",
    "choice",
    "choices",
    "date",
    "datetime",
    "number",
    "lines",
    "check",
    "hidden",
    "email",
]


@pytest.mark.parametrize("widget", WIDGETS)
def test_hostile_input_in_a_form_stays_text(widget: str) -> None:
    drawn = Field(
        "a.0.b", widget, HOSTILE, HOSTILE, value=HOSTILE, options=[(HOSTILE, HOSTILE)], errors=[HOSTILE]
    )
    html = use("form", "field(f)", f=drawn)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_summary_links_to_every_field_with_an_error_also_inside_rows() -> None:
    inner = Field("claims.0.sources", "groups", errors=["Name the source"])
    fields = [
        Field("title", "line", errors=["Write a title"]),
        Field("pathways", "choices", options=[("p1", "One")], errors=["Choose a pathway"]),
        Field(
            "tlp", "choice", required=True, options=[("", "Choose"), ("a", "A")], errors=["Choose a marking"]
        ),
        Field("claims", "groups", children=[[Field("claims.0.text", "line"), inner]]),
    ]
    summary = use("form", "error_summary(f)", f=fields)
    drawn = use("form", "fields(f)", f=fields)
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert targets == ["f-title", "f-pathways-0", "f-tlp-0", "f-claims-0-sources"]
    for target in targets:
        assert drawn.count(f'id="{target}"') == 1, target


def test_without_errors_there_is_no_summary() -> None:
    assert use("form", "error_summary(f)", f=[Field("title", "line", value="x")]).strip() == ""


def test_hint_error_and_counter_describe_their_field() -> None:
    html = use("form", "field(f)", f=Field("a.b", "prose", hint="How", errors=["Wrong"], max_length=600))
    described = re.search(r'<textarea[^>]*aria-describedby="([^"]+)"', html)
    assert described
    assert described[1].split() == ["f-a-b-hint", "f-a-b-error", "f-a-b-count"]
    for one in described[1].split():
        assert f'id="{one}"' in html
    assert "maxlength" not in html


@pytest.mark.parametrize(
    ("widget", "value", "kind"),
    [
        ("date", "2026-03-01", "date"),
        ("date", "next spring", "text"),
        ("datetime", "2026-03-01T10:00", "datetime-local"),
        ("datetime", "2026-03-01T10:00:00+00:00", "text"),
        ("number", "1.5", "number"),
        ("number", "a dozen", "text"),
        ("number", "", "number"),
    ],
)
def test_a_box_that_would_drop_what_was_typed_becomes_a_plain_one(widget: str, value: str, kind: str) -> None:
    html = use("form", "field(f)", f=Field("a", widget, value=value))
    assert f'type="{kind}" value="{value}"' in html


def test_values_that_are_no_longer_offered_are_kept() -> None:
    one = use("form", "field(f)", f=Field("a", "choice", value="gone", options=[("x", "X")]))
    many = use("form", "field(f)", f=Field("a", "choices", value=["gone", "x"], options=[("x", "X")]))
    assert '<option value="gone" selected>' in one
    assert re.search(r'value="gone" checked', many)
    assert re.search(r'value="x" checked', many)


def test_leading_line_ends_survive_a_text_area() -> None:
    html = use("form", "field(f)", f=Field("a", "prose", value="\nsecond line"))
    assert ">\n\nsecond line</textarea>" in html  # a browser drops the first line end after the tag


def test_rows_can_be_added_and_removed_without_script() -> None:
    rows = [[Field("claims.0.text", "line")], [Field("claims.1.text", "line")]]
    html = use("form", "field(f)", f=Field("claims", "groups", children=rows))
    assert 'name="claims.0._remove"' in html
    assert 'name="claims.1._remove"' in html
    assert re.search(r'<button[^>]*name="_add" value="claims"', html)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_form_of_every_kind_draws_every_field_once(kind: str) -> None:
    sections = form_for(KINDS[kind], KINDS[kind].example)
    source = '{% from "components/form.html" import section %}{% for s in s %}{{ section(s.title, s.fields) }}{% endfor %}'
    html = render(source, s=sections)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert sorted(set(ids)) == sorted(ids)
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', html))
    assert labelled <= set(ids)
    names = set(re.findall(r'\bname="([^"]+)"', html))
    assert {name for name, _ in items_of(sections)} <= names
