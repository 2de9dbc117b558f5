"""A decision is short, and says which test keeps it."""

from __future__ import annotations

import re

from tests.architecture.sources import ROOT

LONGEST = 40


def test_every_decision_is_short_and_names_the_tests_that_keep_it() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert decisions
    for path in decisions:
        lines = path.read_text(encoding="utf-8").strip().splitlines()
        enforced = re.findall(r"`?(tests/[\w/.]+)`?", lines[-1])
        assert len(lines) <= LONGEST, path.name
        assert lines[-1].startswith("Enforced by:"), path.name
        assert enforced, path.name
        assert [name for name in enforced if not (ROOT / name).exists()] == [], path.name


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
