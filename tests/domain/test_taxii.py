"""Times, filters, limits and cursors of TAXII 2.1, and the faults of other servers with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.taxii import (
    FROM_THE_START,
    LAST,
    MOST_AT_ONCE,
    BadQuery,
    BadTime,
    Match,
    Query,
    Versions,
    envelope,
    micros,
    read_query,
    read_time,
    stamp,
    version_of,
)
from comity.domain.taxii_cursor import Place, seal, unseal

SECRET = b"s" * 32
MATCH = Match(ids=("a", "b"), versions=Versions(exact=(5,)))


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)).map(lambda one: one.replace(tzinfo=UTC)))  # noqa: DTZ001
def test_a_moment_keeps_every_microsecond(moment: datetime) -> None:
    text = stamp(micros(moment))
    assert read_time(text) == micros(moment)
    assert text == moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06}Z"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-25T03:30:00Z", "2026-11-25T03:30:00.000000Z"),  # connectors PR#3036: no fraction is fine
        ("2026-11-25T03:30:00.5Z", "2026-11-25T03:30:00.500000Z"),
        ("2026-11-25T03:30:00.123Z", "2026-11-25T03:30:00.123000Z"),
        ("2026-11-25T04:30:00+01:00", "2026-11-25T03:30:00.000000Z"),
        ("2026-11-25T03:30:00.123456000Z", "2026-11-25T03:30:00.123456Z"),
    ],
)
def test_times_are_read_however_exactly_they_are_written(text: str, same: str) -> None:
    assert stamp(read_time(text)) == same


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-11-25", "2026-11-25T03:30:00", "2026-13-25T03:30:00Z", "2026-11-25T03:30:00.1234567Z",
     "2026-11-25 03:30:00Z", "٢٠٢٦-11-25T03:30:00Z", "2026-11-25T03:30:00ZZ"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadTime):
        read_time(text)


def test_a_version_is_modified_or_created_or_nothing() -> None:
    assert version_of({"created": "2026-01-01T00:00:00Z", "modified": "2026-01-02T00:00:00Z"})[9] == "2"
    assert version_of({"created": "2026-01-01T00:00:00Z"}) == "2026-01-01T00:00:00Z"
    assert version_of({"type": "ipv4-addr"}) == ""
    for bad in (5, "today", None):
        with pytest.raises(BadTime):
            version_of({"modified": bad})


def test_a_request_without_parameters_asks_for_the_last_versions_from_the_start() -> None:
    assert read_query([]) == Query(Match(versions=LAST), FROM_THE_START, None, "")


def test_filters_are_read_and_unknown_names_are_passed_over() -> None:
    query = read_query(
        [
            ("match[id]", "b,a"), ("match[type]", "report"), ("match[spec_version]", "2.1"), ("match[nonsense]", "1"), ("x", ""),
            ("match[version]", "first,2026-01-01T00:00:00Z,last"), ("limit", "7"), ("added_after", "2026-01-01T00:00:00Z"),
            ("next", "abc"),
        ]
    )  # fmt: skip
    day = micros(datetime(2026, 1, 1, tzinfo=UTC))
    versions = Versions(first=True, last=True, exact=(day,))
    assert query == Query(Match(("a", "b"), ("report",), ("2.1",), versions), day, 7, "abc")
    assert read_query([("match[id]", "a"), ("match[id]", "b")]).match.ids == ("a", "b")
    assert read_query([("match[version]", "all")]).match.versions == Versions(every=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"), ("limit", "-1"), ("limit", "abc"), ("limit", ""), ("limit", "1.5"), ("limit", "٣"), ("limit", "000"),
        ("added_after", "yesterday"), ("added_after", ""), ("match[version]", "newest"), ("match[version]", ""),
        ("match[id]", ""), ("match[id]", "a,"), ("match[type]", "x" * 251), ("match[id]", ",".join(map(str, range(501)))),
        ("next", ""), ("match[id]", "a\0"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_read_is_named(name: str, value: str) -> None:
    with pytest.raises(BadQuery) as refused:
        read_query([(name, value)])
    assert refused.value.parameter == name


@pytest.mark.parametrize("name", ["limit", "added_after", "next"])
def test_a_parameter_that_is_given_twice_is_refused(name: str) -> None:
    with pytest.raises(BadQuery, match="more than once"):
        read_query([(name, "1"), (name, "1")])


@pytest.mark.parametrize("text", ["1001", "1000000", "9" * 5000])
def test_a_limit_above_ours_is_served_with_ours(text: str) -> None:
    assert read_query([("limit", text)]).limit == MOST_AT_ONCE


@given(st.integers(-1, 2**60), st.integers(1, MOST_AT_ONCE))
def test_a_cursor_gives_back_its_place(after: int, limit: int) -> None:
    cursor = seal(Place(after, limit), MATCH, about="x", secret=SECRET)
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert unseal(cursor, MATCH, about="x", secret=SECRET) == Place(after, limit)


def test_a_cursor_goes_with_its_question_its_caller_and_its_node_alone() -> None:
    cursor = seal(Place(5, 100), MATCH, about="objects person:a", secret=SECRET)
    for match, about, secret in (
        (Match(ids=("a",)), "objects person:a", SECRET),
        (MATCH, "objects person:b", SECRET),
        (MATCH, "manifest person:a", SECRET),
        (MATCH, "objects person:a", b"t" * 32),
    ):
        with pytest.raises(BadQuery):
            unseal(cursor, match, about=about, secret=secret)


@given(st.text(max_size=60))
def test_no_text_that_this_node_did_not_make_is_a_cursor(text: str) -> None:
    with pytest.raises(BadQuery):
        unseal(text, MATCH, about="x", secret=SECRET)


def test_a_cursor_with_one_letter_changed_is_refused() -> None:
    cursor = seal(Place(5, 100), MATCH, about="x", secret=SECRET)
    for place in range(len(cursor) - 1):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(BadQuery):
            unseal(changed, MATCH, about="x", secret=SECRET)


def test_an_envelope_has_no_empty_list_and_next_only_where_there_is_more() -> None:
    assert envelope(b"", more=False, cursor="") == b"{}"
    assert envelope(b'{"a":1}', more=False, cursor="") == b'{"more":false,"objects":[{"a":1}]}'
    assert envelope(b"1,2", more=True, cursor="abc") == b'{"more":true,"next":"abc","objects":[1,2]}'


def test_a_microsecond_is_the_least_step() -> None:
    moment = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)
    assert micros(moment + timedelta(microseconds=1)) == micros(moment) + 1
