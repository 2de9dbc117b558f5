"""`comity demo` as a newcomer runs it: one process, an address, sign-ins that work, and an end that leaves nothing running."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from comity.config import ROOT

PATIENCE = 120


@contextmanager
def started(place: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The running demonstration and what it printed up to the line that ends its welcome."""
    words = [
        sys.executable,
        "-m",
        "comity.cli.main",
        "demo",
        "--place",
        str(place),
        "--port",
        "18400",
        "--no-public-data",
        "--alone",
    ]
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "platform"), "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process, _welcome(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _welcome(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    lines, late = [], time.monotonic() + PATIENCE
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            return lines
        assert time.monotonic() < late, lines
    raise AssertionError(f"it ended by itself: {lines}")


@pytest.mark.slow
def test_it_serves_ends_and_goes_on(tmp_path: Path) -> None:
    place = tmp_path / "demo"
    with started(place) as (process, lines):
        said = "".join(lines)
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        password = re.search(r"password (\S+-demo);", said)
        assert address
        assert password
        assert "liaison@gov-security-office.aurora.example" in said
        ready = answer(f"{address.group()}/readyz")
        assert ready == "ready"
        assert "Comity" in answer(address.group())
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    kept = place / "aurora" / "sign-ins.txt"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    engine = sa.create_engine(f"sqlite:///{place / 'aurora' / 'comity.db'}")
    with engine.connect() as db:
        stored = repr(db.execute(sa.text("SELECT * FROM account")).all())
        kinds = set(db.scalars(sa.text("SELECT DISTINCT kind FROM record")))
    engine.dispose()
    assert password.group(1) not in stored
    assert kinds == {"advisory", "best_practice", "due_diligence_note"}
    begun = time.monotonic()
    with started(place) as (process, lines):
        assert time.monotonic() - begun < 30  # it does not play the stories again
        assert password.group(1) in "".join(lines)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def answer(address: str) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=10) as response:
                return str(response.read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError(address)
