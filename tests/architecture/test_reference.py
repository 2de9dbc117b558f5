"""Every setting, every command and every route stands in a page that people read, word for word."""

from __future__ import annotations

import pytest

from comity.config import Settings
from scripts.write_reference import PAGES, UNDECLARED, routes_page
from tests.architecture.sources import ROOT


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_what_the_code_does(name: str) -> None:
    path = ROOT / name
    assert path.exists(), "run: make reference"
    assert path.read_text(encoding="utf-8") == PAGES[name](), "run: make reference, and read the difference"


def test_every_route_declares_a_capability() -> None:
    page = routes_page().splitlines()
    assert page
    assert [line for line in page if line.endswith(UNDECLARED)] == []
