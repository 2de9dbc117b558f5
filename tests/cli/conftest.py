"""The command line on a node of the test's own, as a person at a terminal has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from comity.cli.main import app
from comity.config import get_settings
from comity.services import migrate

Run = Callable[..., Result]


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """`run("user", "list")` in an environment whose database does not exist yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMITY_DATABASE_URL", f"sqlite:///{tmp_path / 'node.db'}")
    monkeypatch.setenv("COMITY_DATA_DIR", str(tmp_path))
    get_settings.cache_clear()

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    yield run
    get_settings.cache_clear()


@pytest.fixture
def run(empty: Run) -> Run:
    """The same with a node that was set up: Nordmark, with a founding university."""
    migrate.migrate(get_settings().database_url)
    made = empty(
        *"node set-up --node-id nordmark --name Nordmark --country NO --language en --trust-group fjord".split()
    )
    assert made.exit_code == 0, made.output
    founded = empty(
        "node", "found-member", "uni-north", "--name", "University of the North", "--sector", "academia"
    )
    assert founded.exit_code == 0, founded.output
    return empty
