"""Reading ahead in another process: the same rows in the same order, the same errors, and no process left behind."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from comity.formats import registry
from comity.formats.rows import Refused, Row
from comity.services.read_ahead import CHUNK, read_ahead


def rows(count: int) -> Iterator[Row]:
    for position in range(1, count + 1):
        yield Refused(position, f"row-{position}", ())


def dies_after(count: int) -> Iterator[Row]:
    yield from rows(count)
    os._exit(9)


def breaks_after(count: int) -> Iterator[Row]:
    yield from rows(count)
    raise OSError("the disk went away")


@pytest.mark.parametrize("count", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_the_rows_are_those_of_reading_here(count: int) -> None:
    assert list(read_ahead(partial(rows, count))) == list(rows(count))


def test_an_error_of_the_reading_is_raised_here_behind_the_rows_that_came_before() -> None:
    got: list[Row] = []
    with pytest.raises(OSError, match="the disk went away"):
        got.extend(read_ahead(partial(breaks_after, 2 * CHUNK)))
    with pytest.raises(registry.UnknownFormat):
        list(read_ahead(partial(registry.read, "papyrus", Path("anything"))))


def test_a_reader_that_dies_is_named_and_never_taken_for_the_end_of_the_file() -> None:
    got: list[Row] = []
    with pytest.raises(OSError, match="ended before the file did"):
        got.extend(read_ahead(partial(dies_after, CHUNK + 5)))
    assert got == list(rows(CHUNK))


def test_who_stops_early_leaves_no_process_behind() -> None:
    ahead = read_ahead(partial(rows, 100 * CHUNK))
    assert next(ahead) == Refused(1, "row-1", ())
    assert multiprocessing.active_children()
    ahead.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    assert not multiprocessing.active_children()
