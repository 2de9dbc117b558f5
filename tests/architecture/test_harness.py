"""The promises of `tests/conftest.py` themselves: what other tests rely on without saying so."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from pytest_socket import SocketConnectBlockedError

from tests import throwaway_postgres
from tests.architecture.sources import PLATFORM, ROOT
from tests.seen_skips import unforeseen


def test_nothing_leaves_the_machine() -> None:
    with (
        socket.socket() as outward,
        pytest.warns(UserWarning, match="192.0.2.1"),
        pytest.raises(SocketConnectBlockedError),
    ):
        outward.connect(("192.0.2.1", 80))


def test_a_warning_is_a_failure() -> None:
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)


def test_a_skip_is_foreseen_only_when_a_program_is_absent() -> None:
    found = Counter({"PostgreSQL is missing": 3, "PostgreSQL did not start: no space": 2, "flaky": 1})
    assert unforeseen(found) == ["PostgreSQL did not start: no space", "flaky"]


def test_each_caller_gets_an_empty_postgres_database_of_its_own(
    postgres_database: Callable[[str], str],
) -> None:
    def plain(url: str) -> str:
        return url.replace("+psycopg", "")

    first, second = postgres_database("harness"), postgres_database("harness")
    with psycopg.connect(plain(first)) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        version, encoding = connection.info.server_version, connection.info.encoding
    with psycopg.connect(plain(second)) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert first != second
    assert tables == (0,)
    assert version >= 150000
    assert encoding == "utf-8"


def run_pytest(
    source: str, folder: Path, *options: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run one file of tests with this project's hooks, in a process of its own."""
    (folder / "test_sample.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.conftest",
            *options,
            "test_sample.py",
        ],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{PLATFORM}",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("ci", "reason", "ends"), [("", "flaky", 0), ("true", "flaky", 1), ("true", "Chromium is missing", 0)]
)
def test_a_skip_is_shown_always_and_refused_in_ci_when_unforeseen(
    ci: str, reason: str, ends: int, tmp_path: Path
) -> None:
    source = f"import pytest\ndef test_one():\n    pytest.skip({reason!r})\ndef test_two():\n    pass\n"
    found = run_pytest(source, tmp_path, CI=ci)
    debian = Path("/etc/debian_version").exists()
    assert f"1 skipped: {reason}" in found.stdout
    assert found.returncode == (ends if debian else 0), found.stdout
    assert "1 passed, 1 skipped" in found.stdout.strip().splitlines()[-1]


def test_all_workers_share_one_cluster_and_it_ends_with_the_run(tmp_path: Path) -> None:
    source = (
        "import pathlib, psycopg, pytest\n"
        "@pytest.mark.parametrize('number', range(4))\n"
        "def test_one(number, postgres_url, postgres_database):\n"
        "    with psycopg.connect(postgres_database('x').replace('+psycopg', '')) as connection:\n"
        "        where = connection.execute('SHOW data_directory').fetchone()[0]\n"
        f"    pathlib.Path({str(tmp_path)!r}, f'seen{{number}}').write_text(where)\n"
    )
    found = run_pytest(source, tmp_path, "-p", "xdist.plugin", "-n", "2")
    if "PostgreSQL is missing" in found.stdout:
        pytest.skip("PostgreSQL is missing")
    assert found.returncode == 0, found.stdout
    seen = {path.read_text() for path in tmp_path.glob("seen*")}
    assert len(seen) == 1
    assert not Path(seen.pop()).exists()


def test_without_postgres_the_reason_is_the_one_ci_foresees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    monkeypatch.setattr(throwaway_postgres, "DEBIAN", Path("/nowhere"))
    with pytest.raises(throwaway_postgres.NoPostgres) as missing:
        throwaway_postgres.binaries()
    assert unforeseen(Counter({str(missing.value): 1})) == []
