"""The promises of `tests/conftest.py` themselves: what other tests rely on without saying so."""

from __future__ import annotations

import socket
import warnings
from collections import Counter
from collections.abc import Callable

import psycopg
import pytest
from pytest_socket import SocketConnectBlockedError

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
