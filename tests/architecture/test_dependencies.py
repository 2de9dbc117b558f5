"""What the project asks for is what it uses and what ADR 5 gives a reason for."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement

from tests.architecture.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REASONS = (ROOT / "docs" / "adr" / "0005-what-each-dependency-earns.md").read_text(encoding="utf-8")
NEEDS_NO_REASON = {"setuptools", "types-PyYAML"}
SAID_SHORTER = {"pytest-randomly": "randomly", "pytest-socket": "socket", "pytest-xdist": "xdist"}


def test_every_dependency_has_a_reason() -> None:
    asked = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    names = {Requirement(line).name for line in asked} - NEEDS_NO_REASON
    unexplained = {
        name
        for name in names
        if not re.search(rf"(?<![\w-]){re.escape(SAID_SHORTER.get(name, name))}(?![\w-])", REASONS)
    }
    assert unexplained == set()


def test_every_exemption_of_a_checker_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    exemptions = re.search(r"^ignore = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert exemptions
    silent = [line for line in exemptions.group(1).splitlines() if "#" not in line]
    assert silent == []


def test_no_checker_is_silenced_without_its_name() -> None:
    bare = re.compile(r"#\s*(noqa(?!:)|type:\s*ignore(?!\[)|nosec(?!\s+B\d))")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("platform", "tests", "migrations", "bench", "scripts")
        for path in (ROOT / folder).rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line) and "re.compile" not in line
    ]
    assert found == []
