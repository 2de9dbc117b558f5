"""Every test that a page of the documentation names as the keeper of a promise exists."""

from __future__ import annotations

import re

import pytest

from tests.architecture.sources import ROOT

NAMED = re.compile(r"`(tests/[\w/.]+)(?:::(\w+))?`")
PAGES = ("docs/peers.md", "docs/security-classes.md", "docs/threat-model.md")


@pytest.mark.parametrize("page", PAGES)
def test_named_tests_exist(page: str) -> None:
    named = NAMED.findall((ROOT / page).read_text(encoding="utf-8"))
    assert len(named) > 5
    missing = []
    for path, test in named:
        place = ROOT / path
        if not place.exists() or (test and f"def {test}(" not in place.read_text(encoding="utf-8")):
            missing.append(f"{path}::{test}")
    assert missing == []


def test_every_class_of_this_release_and_every_row_is_there() -> None:
    classes = (ROOT / "docs/security-classes.md").read_text(encoding="utf-8")
    rows = (ROOT / "docs/peers.md").read_text(encoding="utf-8")
    assert all(f"| S{n} |" in classes for n in range(1, 23))
    assert all(f"| {n} |" in rows for n in range(1, 30))
