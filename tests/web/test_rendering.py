"""One file gives the page and, for htmx, a block of it; filters say the same on every page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import jinja2
import pytest
from jinja2 import DictLoader, Environment, StrictUndefined

from comity.config import Settings
from comity.web.rendering import block_html, day, environment, iso, plural, when

FILES = {
    "base.html": "{% set shared = 'S' %}<html>{% block head %}base head{% endblock %}{% block main %}{% endblock %}</html>",
    "parts.html": "{% macro bold(x) %}<b>{{ x }}</b>{% endmacro %}",
    "page.html": (
        "{% extends 'base.html' %}{% from 'parts.html' import bold %}{% set own = 'O' %}"
        "{% block head %}{{ super() }} more{% endblock %}"
        "{% block main %}before {% block rows %}{{ bold(word) }}{{ own }}{{ shared }}{% endblock %}{% endblock %}"
    ),
}


@pytest.fixture
def files() -> Environment:
    return Environment(loader=DictLoader(FILES), autoescape=True, undefined=StrictUndefined)


def test_a_block_is_rendered_alone_with_the_imports_of_its_file(files: Environment) -> None:
    page = files.get_template("page.html")
    assert block_html(page, "rows", {"word": "<i>"}) == "<b>&lt;i&gt;</b>OS"
    assert block_html(page, "rows", {"word": "<i>"}) in page.render(word="<i>")
    assert block_html(page, "head", {"word": ""}) == "base head more"


def test_an_unknown_block_or_name_is_an_error(files: Environment) -> None:
    page = files.get_template("page.html")
    with pytest.raises(KeyError):
        block_html(page, "nothing", {"word": ""})
    with pytest.raises(jinja2.UndefinedError):
        block_html(page, "rows", {})


def test_moments_are_told_in_utc() -> None:
    late = datetime(2026, 3, 14, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    assert when(late) == "15 March 2026, 01:30 UTC"
    assert day(late) == "15 March 2026"
    assert iso(late) == "2026-03-15T01:30:00+00:00"
    assert day(date(2026, 1, 2)) == "2 January 2026"
    assert (when(None), iso(None)) == ("–", "")
    assert iso(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00+00:00"
    assert (plural(1, "reader", "readers"), plural(1200, "reader", "readers")) == (
        "1 reader",
        "1,200 readers",
    )


def test_every_template_compiles_and_nothing_is_marked_safe() -> None:
    env = environment(Settings())
    names = env.list_templates(extensions=["html"])
    assert len(names) > 10
    for name in names:
        env.get_template(name)
    assert env.autoescape is True
