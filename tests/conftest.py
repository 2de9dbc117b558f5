"""What every test may ask for: a throwaway PostgreSQL, a Chromium, and a report that hides no skipped test.

Loopback only, warnings as errors and random order are set in `pyproject.toml`. How the cluster is started is in
`tests/throwaway_postgres.py`, what is said about skips in `tests/seen_skips.py`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.seen_skips import refuse_unseen_skips, write_box
from tests.throwaway_postgres import Cluster, NoPostgres

CLUSTER = pytest.StashKey[Cluster]()
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the cluster's place in the controlling process; workers receive it, so all share one cluster."""
    place = getattr(config, "workerinput", {}).get("comity_cluster")
    config.stash[CLUSTER] = Cluster(Path(place)) if place else Cluster.somewhere()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """pytest-xdist: hand the place to one worker."""
    worker = node
    worker.workerinput["comity_cluster"] = str(worker.config.stash[CLUSTER].place)  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controlling process ends what any worker began."""
    if not hasattr(config, "workerinput") and CLUSTER in config.stash:
        config.stash[CLUSTER].destroy()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by fixture, so that `-m 'not postgres'` and `-m browser` can be trusted."""
    for item in items:
        names = getattr(item, "fixturenames", [])
        if "postgres_url" in names:
            item.add_marker(pytest.mark.postgres)
        if "chromium_path" in names:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """URL of the maintenance database of a cluster that lives as long as this run.

    Started by whichever worker asks first. Skips, with the reason, where PostgreSQL is missing.
    """
    try:
        return request.config.stash[CLUSTER].start()
    except NoPostgres as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgres_database(postgres_url: str) -> Callable[[str], str]:
    """`postgres_database("storage")` creates an empty database and gives its URL (`postgresql+psycopg://...`)."""
    import psycopg

    numbers = count(1)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    plain = postgres_url.replace("postgresql+psycopg://", "postgresql://")

    def create(name: str) -> str:
        database = f"{name}_{worker}_{next(numbers)}"
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(
                psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(
                    psycopg.sql.Identifier(database)
                )
            )
        return postgres_url.rsplit("/", 1)[0] + f"/{database}"

    return create


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of a Chromium to drive. `COMITY_TEST_CHROMIUM` overrides. Skips, with the reason, where there is none."""
    chosen = os.environ.get("COMITY_TEST_CHROMIUM")
    found = chosen or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if not found:
        pytest.skip("Chromium is missing")
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Nothing is skipped in silence."""
    write_box(terminalreporter)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skip that nobody foresaw is a failure."""
    refuse_unseen_skips(session)
