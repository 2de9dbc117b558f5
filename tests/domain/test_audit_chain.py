"""The audit chain against committed vectors, and against every way of tampering with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from comity.domain.audit_chain import (
    CONTENT_WORDS,
    GENESIS,
    Broken,
    Entry,
    Intact,
    Link,
    canonical,
    entry_hash,
    extend,
    read_link,
    stamp,
    verify,
)

VECTORS = json.loads((Path(__file__).parent / "audit_chain_vectors.json").read_text(encoding="utf-8"))


def entry(seq: int, **fields: Any) -> Entry:
    given_fields = {
        "at": "2026-11-22T09:00:00.000000Z",
        "actor": "account-1",
        "action": "record.read",
        "details": {"n": seq},
    }
    return Entry(seq=seq, **(given_fields | fields))


def chain(length: int) -> list[Link]:
    links: list[Link] = []
    for seq in range(1, length + 1):
        links.append(extend(links[-1] if links else None, entry(seq)))
    return links


def test_the_committed_vectors() -> None:
    previous: Link | None = None
    assert VECTORS["genesis"] == GENESIS
    for vector in VECTORS["links"]:
        previous = extend(previous, Entry(**vector["entry"]))
        assert canonical(previous.entry).decode() == vector["canonical"]
        assert (previous.previous, previous.hash) == (vector["previous"], vector["hash"])


def test_the_vectors_can_be_checked_with_nothing_but_sha256() -> None:
    head = hashlib.sha256(b"comity audit chain v1").hexdigest()
    for vector in VECTORS["links"]:
        head = hashlib.sha256(bytes.fromhex(head) + vector["canonical"].encode()).hexdigest()
        assert head == vector["hash"]


def test_an_empty_and_a_whole_chain_are_intact() -> None:
    assert verify([]) == Intact(0, GENESIS)
    links = chain(4)
    assert verify(links) == Intact(4, links[-1].hash)


@given(st.integers(1, 8), st.data())
def test_any_changed_entry_is_found_where_it_is(length: int, data: st.DataObject) -> None:
    links = chain(length)
    at = data.draw(st.integers(1, length))
    field, value = data.draw(
        st.sampled_from(
            [
                ("actor", "account-2"),
                ("action", "record.withdrawn"),
                ("object", "other"),
                ("purpose", "x"),
                ("audience_id", 9),
            ]
        )
    )
    altered = links[at - 1].entry.model_copy(update={field: value})
    links[at - 1] = replace(links[at - 1], entry=altered)
    assert verify(links) == Broken(at, "its content is not what was hashed")


@given(st.integers(2, 8), st.data())
def test_a_changed_entry_with_a_new_hash_breaks_at_the_next(length: int, data: st.DataObject) -> None:
    links = chain(length)
    at = data.draw(st.integers(1, length - 1))
    altered = links[at - 1].entry.model_copy(update={"actor": "account-2"})
    links[at - 1] = Link(altered, links[at - 1].previous, entry_hash(links[at - 1].previous, altered))
    assert verify(links) == Broken(at + 1, "it does not follow the entry before it")


@given(st.integers(2, 8), st.data())
def test_a_removed_or_swapped_entry_is_found(length: int, data: st.DataObject) -> None:
    links = chain(length)
    at = data.draw(st.integers(1, length - 1))
    assert isinstance(verify(links[: at - 1] + links[at:]), Broken)
    links[at - 1], links[at] = links[at], links[at - 1]
    found = verify(links)
    assert isinstance(found, Broken)
    assert found.at == at


def test_a_cut_tail_is_found_with_a_checkpoint_and_only_with_it() -> None:
    links = chain(5)
    assert isinstance(verify(links[:3]), Intact)
    assert verify(links[:3], expected_length=5) == Broken(4, "5 entries were expected and 3 are there")
    assert isinstance(verify(links[:3], expected_head=links[-1].hash), Broken)
    assert isinstance(verify(links, expected_head=links[-1].hash, expected_length=5), Intact)


def test_a_rewritten_chain_does_not_match_the_head_written_down() -> None:
    honest, forged = chain(3), [extend(None, entry(1, actor="account-2"))]
    for seq in (2, 3):
        forged.append(extend(forged[-1], entry(seq)))
    assert isinstance(verify(forged), Intact)
    assert verify(forged, expected_head=honest[-1].hash) == Broken(
        3, "the last hash is not the one that was written down"
    )


def test_numbers_have_no_gap() -> None:
    with pytest.raises(ValueError, match="1 is next"):
        extend(None, entry(2))
    with pytest.raises(ValueError, match="2 is next"):
        extend(chain(1)[0], entry(1))


def test_a_row_that_is_no_entry_breaks_the_chain_instead_of_raising() -> None:
    links: list[Any] = list(chain(2))
    fields = links[1].entry.model_dump() | {"at": "yesterday"}
    links[1] = read_link(fields, previous=links[1].previous, own_hash=links[1].hash)
    assert verify(links) == Broken(2, "it is no readable entry: at")
    whole = chain(2)
    again = [read_link(link.entry.model_dump(), previous=link.previous, own_hash=link.hash) for link in whole]
    assert verify(again) == Intact(2, whole[-1].hash)


@pytest.mark.parametrize("name", sorted(CONTENT_WORDS))
def test_content_never_enters_the_log(name: str) -> None:
    with pytest.raises(ValidationError, match="content"):
        entry(1, details={name: "The laboratory at Example University was offered money"})


@pytest.mark.parametrize(
    "fields",
    [
        {"details": {"note": "x" * 201}},
        {"details": {"notes": ["ok", "x" * 201]}},
        {"details": {"big": 2**60}},
        {"details": {"share": 0.5}},
        {"details": {"nested": {"a": 1}}},
        {"at": "2026-11-22T09:00:00Z"},
        {"at": "2026-11-22T09:00:00.000000+01:00"},
        {"actor": ""},
        {"actor": "Somebody"},
        {"action": "Record Read"},
        {"audience_id": "3"},
        {"secret": "x"},
    ],
)
def test_an_entry_that_could_not_be_hashed_or_compared_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        entry(1, **fields)


def test_times_are_stamped_in_utc_with_microseconds() -> None:
    assert (
        stamp(datetime(2026, 11, 22, 10, 0, tzinfo=timezone(timedelta(hours=1))))
        == "2026-11-22T09:00:00.000000Z"
    )
    assert stamp(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)) == "2026-01-02T03:04:05.000006Z"
    with pytest.raises(ValueError, match="zone"):
        stamp(datetime(2026, 1, 1))  # noqa: DTZ001
