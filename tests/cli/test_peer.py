"""`comity peer`: what an operator may do about allied nodes at a terminal, and that council's decision is not among it."""

from __future__ import annotations

from typing import Any

import pytest

from comity.config import get_settings
from comity.services import look_at_node
from comity.services.runtime import Runtime
from tests import allies
from tests.cli.conftest import Run
from tests.services.test_admit_peer import found

ADD = (
    "peer", "add", "https://sudland.example", "--ends-on", "2035-12-31", "--why", "Its institutes work with ours.",
    "--kind", "advisory", "--highest", "AMBER", "--group", "fjord",
)  # fmt: skip


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(settings: Any, address: str, *, known: Any = (), now: Any) -> Any:
        assert address == "https://sudland.example"
        return found()

    monkeypatch.setattr(look_at_node, "look", look)


def test_a_node_is_proposed_and_shown_and_nothing_is_in_force(run: Run, network: None) -> None:
    told = run(*ADD)
    assert told.exit_code == 0, told.output
    assert "council decides" in told.output
    assert "sudland" in run("peer", "list").output
    shown = run("peer", "show", "sudland").output
    assert "advisory up to TLP:AMBER, until 2035-12-31, groups fjord" in shown
    assert "missing" in shown
    applied = run("peer", "apply", "sudland")
    assert applied.exit_code == 1
    assert "fingerprint" in applied.stderr
    again = run(*ADD)
    assert again.exit_code == 1
    assert "known already" in again.stderr
    wrong = run("peer", "confirm", "sudland", "--fingerprint", "ab12", "--how", "By telephone with them.")
    assert wrong.exit_code == 1
    assert "not the fingerprint" in wrong.stderr


def test_an_ally_is_paused_taken_up_and_ended(run: Run) -> None:
    runtime = Runtime(get_settings())
    with runtime.system_unit("test") as unit:
        allies.put(unit.db)
    runtime.close()
    assert run("peer", "pause", "sudland", "--reason", "They asked us to wait.").exit_code == 0
    assert "paused" in run("peer", "show", "sudland").output
    assert run("peer", "pause", "sudland", "--reason", "They asked us to wait.").exit_code == 1
    assert run("peer", "resume", "sudland", "--reason", "They asked us to go on.").exit_code == 0
    assert run("peer", "end", "sudland", "--reason", "They closed down.").exit_code == 1
    assert run("peer", "end", "sudland", "--reason", "They closed down.", "--yes").exit_code == 0
    assert "ended" in run("peer", "list").output
    assert run("peer", "show", "nowhere").exit_code == 1
