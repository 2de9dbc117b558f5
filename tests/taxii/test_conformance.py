"""The black-box conformance checker and the stock `taxii2-client` against a real server, in the shared checks where they are.

The checker speaks through `httpx`; the project has its maintained successor under another name, and hands it that.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from comity.config import ROOT
from tests.taxii.live_node import LiveNode, basic, live_node

CHECKS = Path(os.environ.get("COMITY_SHARED", ROOT.parent / "shared")) / "checks"
UNDER_THAT_NAME = "import sys, httpx2\nsys.modules['httpx'] = httpx2\n"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def node(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveNode]:
    url = ""
    if request.param == "postgres":
        create: Callable[[str], str] = request.getfixturevalue("postgres_database")
        url = create("taxii")
    with live_node(tmp_path_factory.mktemp("node"), url=url) as made:
        yield made


def run(name: str, folder: Path, *options: str) -> str:
    """The last line of a check, after its output where it failed."""
    if not CHECKS.is_dir():
        pytest.skip("The shared checks are missing: set COMITY_SHARED")
    (folder / "httpx.py").write_text(UNDER_THAT_NAME)
    found = subprocess.run(
        [sys.executable, CHECKS / name, *options],
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    last = found.stdout.strip().splitlines()[-1] if found.stdout.strip() else ""
    assert found.returncode == 0, f"{found.stdout[-4000:]}\n{found.stderr[-2000:]}"
    return last


def test_every_clause_of_the_standard_is_met(node: LiveNode, tmp_path: Path) -> None:
    last = run(
        "taxii_conformance.py", tmp_path, "--quiet", "--api-root", node.root, "--collection", node.shelves["both"],
        "--auth", f"Bearer {node.token}", "--read-only", node.shelves["read"], "--write-only", node.shelves["write"],
        "--other-auth", basic(node.stranger),
    )  # fmt: skip
    passed, failed = (int(word) for word in last.replace(",", "").split() if word.isdigit())
    assert failed == 0, last
    assert passed >= 125, "a clause was skipped"


def test_the_stock_client_reads_and_writes(node: LiveNode, tmp_path: Path) -> None:
    last = run(
        "compat_taxii2client.py", tmp_path, "--discovery", f"{node.url}/taxii2/", "--collection",
        node.shelves["both"], "--auth", basic(node.token), "--pull",
    )  # fmt: skip
    assert last == "14 passed, 0 failed"
