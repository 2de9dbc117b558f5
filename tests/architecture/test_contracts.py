"""The floors hold, and the contracts that say so would notice if they did not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import PLATFORM, ROOT

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

TRESPASSES = {
    "floors": ("storage/trespass.py", "import comity.services"),
    "pure-domain": ("domain/trespass.py", "import sqlalchemy"),
    "no-http-below-the-entrances": ("services/trespass.py", "from fastapi import Request"),
    "tables-behind-storage": ("services/trespass.py", "import comity.storage.tables"),
    "entrances-ask-services": ("web/trespass.py", "import comity.search"),
    "no-cycles": ("domain/trespass/__init__.py", "import comity.domain.trespasser"),
}


def check(source: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the contracts over the package below `source`."""
    return subprocess.run(
        [LINT_IMPORTS, "--no-logo", "--no-cache", "--config", ROOT / "pyproject.toml", *options],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_floors_hold() -> None:
    found = check(PLATFORM)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("contract", TRESPASSES)
def test_a_trespass_breaks_its_contract(contract: str, tmp_path: Path) -> None:
    shutil.copytree(PLATFORM / "comity", tmp_path / "comity", ignore=shutil.ignore_patterns("__pycache__"))
    name, line = TRESPASSES[contract]
    trespass = tmp_path / "comity" / name
    trespass.parent.mkdir(exist_ok=True)
    trespass.write_text(f"{line}\n")
    if contract == "no-cycles":
        trespass.parent.with_name("trespasser.py").write_text("import comity.domain.trespass\n")
    found = check(tmp_path, "--contract", contract)
    assert found.returncode == 1
    assert "trespass" in found.stdout
