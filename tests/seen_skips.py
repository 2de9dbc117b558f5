"""Says what a run did not test, in a box nobody can miss, and refuses in CI what nobody foresaw.

A skip is foreseen only when a tool is absent from the machine. A server that is present and does not start, a fixture
that gives up, a `skipif` that crept in: each fails a CI run on Debian, where `make test` installs what is missing.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

FORESEEN = ("PostgreSQL is missing", "Chromium is missing")
"""Beginnings of the reasons that may stand in CI: the machine has no such program and would not install it."""


def reasons(reporter: pytest.TerminalReporter) -> Counter[str]:
    """Each reason given in this run and how many tests it took away."""
    found: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", []):
        longrepr = report.longrepr
        text = str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
        found[text.removeprefix("Skipped: ")] += 1
    return found


def unforeseen(found: Counter[str]) -> list[str]:
    """The reasons that are not on the list."""
    return sorted(reason for reason in found if not reason.startswith(FORESEEN))


def write_box(reporter: pytest.TerminalReporter) -> None:
    """Write the box just above pytest's last line; nothing when nothing was skipped."""
    found = reasons(reporter)
    if not found:
        return
    lines = ["NOT TESTED ON THIS MACHINE", ""]
    lines += [f"{number:>5} skipped: {reason}" for reason, number in sorted(found.items())]
    refused = unforeseen(found) if strict() else []
    lines += [f"REFUSED in CI: {reason}" for reason in refused]
    wide = max(len(line) for line in lines)
    reporter.write_line("")
    reporter.write_line("#" * (wide + 6), bold=True, yellow=True)
    for line in lines:
        reporter.write_line(f"## {line:<{wide}} ##", bold=True, yellow=True)
    reporter.write_line("#" * (wide + 6), bold=True, yellow=True)


def strict() -> bool:
    """CI on a Debian family machine."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"} and Path("/etc/debian_version").exists()


def refuse_unseen_skips(session: pytest.Session) -> None:
    """Turn a green CI run red when it skipped something unforeseen."""
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput") or not strict():
        return
    if session.exitstatus == pytest.ExitCode.OK and unforeseen(reasons(reporter)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
