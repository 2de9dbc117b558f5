"""Leaves: without gaps, in the transaction that did what they say, and closed to whoever has not the salt."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from comity.domain import ledger as tree
from comity.domain.commitment import commitment
from comity.services.notarize import notarize
from comity.storage import ledger
from tests.place import Place


def undone(place: Place) -> int:
    """The number of a leaf whose unit failed in the end."""
    with suppress(RuntimeError), place.unit("system") as unit:
        index = notarize(unit, "release", entry={"n": "undone"})
        raise RuntimeError
    return index


def test_leaves_are_numbered_from_nought_without_gaps_and_the_tree_grows_with_them(place: Place) -> None:
    with place.unit("system") as unit:
        assert [notarize(unit, "release", entry={"n": n}) for n in range(5)] == [0, 1, 2, 3, 4]
    assert undone(place) == 5
    with place.unit("system") as unit:
        assert notarize(unit, "recall", entry={"n": 6}) == 5
        written = list(ledger.walk(unit.db))
        assert [one.index for one in written] == list(range(6))
        assert ledger.size(unit.db) == 6
        stored = ledger.hashes(unit.db, tree.cover((0, 6)))
        leaves = [tree.leaf_hash(bytes.fromhex(one.commitment)) for one in written]
    two = [tree.node_hash(*leaves[at : at + 2]) for at in (0, 2, 4)]
    assert tree.hash_of((0, 6), stored) == tree.node_hash(tree.node_hash(*two[:2]), two[2])


def test_a_leaf_commits_to_its_entry_and_to_nothing_else(place: Place) -> None:
    with place.unit("system") as unit:
        notarize(unit, "release", record_uid="uid-1", entry={"object": "report--1", "version": "1.0"})
        (leaf,) = ledger.walk(unit.db)
    assert commitment(leaf.entry, bytes.fromhex(leaf.salt)).hex() == leaf.commitment
    other = {**leaf.entry, "record": "uid-2"}
    assert commitment(other, bytes.fromhex(leaf.salt)).hex() != leaf.commitment
    assert leaf.entry["entry"] == {"object": "report--1", "version": "1.0"}
    assert (leaf.entry["index"], leaf.entry["node"], leaf.entry["record"]) == (0, "nordmark", "uid-1")


def test_the_same_entry_twice_gives_two_leaves_that_nobody_can_tell_to_be_the_same(place: Place) -> None:
    with place.unit("system") as unit:
        for _ in range(2):
            notarize(unit, "release", entry={"sha256": "00" * 32})
        first, second = ledger.walk(unit.db)
    assert first.salt != second.salt
    assert len(bytes.fromhex(first.salt)) == 32
    assert first.commitment != second.commitment


def test_a_salt_of_another_length_is_no_salt() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commitment({"a": 1}, b"short")


def test_two_writers_at_once_share_one_log_and_neither_waits_for_the_other_for_ever(place: Place) -> None:
    """One writes to the audit chain before its leaf, the other after it: the order of their locks is the same."""
    both = threading.Barrier(2)
    failed: list[Exception] = []

    def write(*, audit_first: bool) -> None:
        try:
            for n in range(6):
                both.wait(timeout=30)
                with place.unit("system") as unit:
                    if audit_first:
                        unit.audit("test.act", f"n:{n}")
                    notarize(unit, "release", entry={"n": n})
                    if not audit_first:
                        unit.audit("test.act", f"n:{n}")
        except Exception as error:  # noqa: BLE001  whatever it was, the test tells it
            failed.append(error)
            both.abort()

    threads = [threading.Thread(target=write, kwargs={"audit_first": first}) for first in (True, False)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed
    with place.unit("system") as unit:
        assert [one.index for one in ledger.walk(unit.db)] == list(range(12))


def test_a_question_about_the_tree_looks_into_the_index_and_never_through_the_table(
    sqlite_place: Place,
) -> None:
    """A log has a million leaves one day; what an append reads must not grow with it."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        if "FROM ledger_node" in statement:
            asked.append((statement, values))

    with sqlite_place.unit("system") as unit:
        for n in range(12):
            notarize(unit, "release", entry={"n": n})
    sa.event.listen(sqlite_place.engine, "before_cursor_execute", note)
    with sqlite_place.unit("system") as unit:
        ledger.hashes(unit.db, tree.needed(tree.inclusion_ranges(5, 12)))
        ledger.index_of(unit.db, b"\0" * 32)
        sa.event.remove(sqlite_place.engine, "before_cursor_execute", note)
        assert len(asked) == 2
        for statement, values in asked:
            plan = unit.db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            told = " ".join(str(row[-1]) for row in plan)
            assert "SEARCH ledger_node" in told
            assert "SCAN" not in told
