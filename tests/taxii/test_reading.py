"""Reading collections page by page, and the faults that other servers have with it (docs/peers.md, exchange)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.taxii.conftest import V1, V2, V3, Program, Server, an_object, stix_id

FIRST, LAST = "x-taxii-date-added-first", "x-taxii-date-added-last"


def walk(program: Program, path: str = "objects/", **params: Any) -> Iterator[list[Any]]:
    """Pages by `next`, everything else repeated."""
    cursor: dict[str, str] = {}
    for _ in range(50):
        answer = program.get(path, **params, **cursor)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        yield body.get("objects") or body.get("versions") or []
        if not body.get("more"):
            assert "next" not in body
            return
        cursor = {"next": body["next"]}
    raise AssertionError("it never ends")


def ids(objects: list[Any]) -> list[str]:
    return [one["id"] for one in objects]


@pytest.fixture
def program(server: Server) -> Program:
    """Its shelf holds 7 objects of one POST and 3 of another."""
    made = server.program("researcher")
    made.post(*(an_object(number) for number in range(7)))
    made.post(*(an_object(number) for number in range(7, 10)))
    return made


ALL = [stix_id(number) for number in range(10)]


@pytest.mark.parametrize("path", ["objects/", "manifest/"])
@pytest.mark.parametrize("limit", [1, 3, 7, 10, 100])
def test_every_object_stands_on_one_page(program: Program, path: str, limit: int) -> None:
    pages = list(walk(program, path, limit=limit))
    assert list(itertools.chain(*map(ids, pages))) == ALL
    assert len(pages) == -(-10 // limit)


@pytest.mark.parametrize("path", ["objects/", "manifest/"])
def test_paging_by_time_loses_nothing_of_one_post(program: Program, path: str) -> None:
    """Another server (medallion) gave all objects of one POST the same date and lost 5 of 11."""
    found, after = [], "2000-01-01T00:00:00Z"
    for _ in range(10):
        answer = program.get(path, limit=2, added_after=after)
        found += ids(answer.json().get("objects", []))
        after = answer.headers.get(LAST, after)
    assert found == ALL


def test_a_cursor_may_be_used_twice_and_by_another_worker(program: Program, server: Server) -> None:
    """Another server (medallion) used it up, and kept it in the memory of one process."""
    cursor = program.get(limit=3).json()["next"]
    pages = [program.objects(next=cursor, limit=3) for _ in range(2)]
    again = server.program("researcher")
    pages.append(again.objects(next=cursor, limit=3))
    assert [ids(page) for page in pages] == [ALL[3:6]] * 3


def test_a_cursor_needs_no_limit_and_no_time_beside_it(program: Program) -> None:
    """Another server raised KeyError without a limit; clients that send a moved-on time with it lost data (opencti#5681)."""
    first = program.get(limit=3)
    cursor = first.json()["next"]
    assert ids(program.objects(next=cursor)) == ALL[3:6]
    assert ids(program.objects(next=cursor, limit=5)) == ALL[3:8]
    for after in ("2000-01-01T00:00:00Z", first.headers[LAST], "2999-01-01T00:00:00Z"):
        assert ids(program.objects(next=cursor, limit=3, added_after=after)) == ALL[3:6]


def test_a_cursor_serves_nothing_that_was_deleted_after_its_page(program: Program) -> None:
    cursor = program.get(limit=3).json()["next"]
    assert program.delete(ALL[4]).status_code == 200
    assert ids(program.objects(next=cursor, limit=3)) == [ALL[3], ALL[5], ALL[6]]


def test_what_is_added_while_somebody_pages_shifts_no_page(program: Program) -> None:
    pages = walk(program, limit=4)
    found = [ids(next(pages))]
    program.post(an_object(50))
    found += [ids(page) for page in pages]
    assert found == [ALL[:4], ALL[4:8], [*ALL[8:], stix_id(50)]]


def test_a_page_may_end_between_two_versions_of_one_object(program: Program) -> None:
    """OpenTAXII's cursor had no version in it and dropped one."""
    program.post(an_object(3, V2), an_object(3, V3), an_object(4, V2))
    found = [
        (one["id"], one["modified"])
        for page in walk(program, limit=1, match_version="all", match_id=f"{ALL[3]},{ALL[4]}")
        for one in page
    ]
    assert found == [(ALL[3], V1), (ALL[4], V1), (ALL[3], V2), (ALL[3], V3), (ALL[4], V2)]
    listed = list(walk(program, f"objects/{ALL[3]}/versions/", limit=1))
    assert listed == [[V1], [V2], [V3]]
    assert ids(program.objects(f"objects/{ALL[3]}/")) == [ALL[3]]


def test_the_headers_are_the_first_and_last_time_of_the_page(program: Program) -> None:
    for params in ({"limit": 4}, {"match_id": ALL[5]}, {"match_id": f"{ALL[2]},{ALL[8]}"}):
        listed = program.get("manifest/", **params)
        dates = [one["date_added"] for one in listed.json()["objects"]]
        for answer in (listed, program.get(**params)):
            assert (answer.headers[FIRST], answer.headers[LAST]) == (dates[0], dates[-1])
    one = program.get(f"objects/{ALL[5]}/")
    assert one.headers[FIRST] == one.headers[LAST]


def test_added_after_is_exclusive(program: Program) -> None:
    date = program.get("manifest/", match_id=ALL[5]).json()["objects"][0]["date_added"]
    assert ids(program.objects(added_after=date)) == ALL[6:]
    assert ids(program.objects(added_after=date, limit=2)) == ALL[6:8]
    assert program.get(added_after="2999-01-01T00:00:00.000Z").json() == {}


def test_an_object_whose_filter_matches_no_version_is_there_and_an_unknown_one_is_not(
    program: Program,
) -> None:
    assert program.get(f"objects/{ALL[0]}/", match_version=V3).json() == {}
    for path in ("", "versions/"):
        assert program.get(f"objects/{stix_id(99)}/{path}").status_code == 404
        assert program.get(f"objects/what-is-this/{path}").status_code == 404


def test_a_cursor_of_another_question_is_refused(program: Program, server: Server) -> None:
    cursor = program.get(limit=3).json()["next"]
    for params in ({"match_type": "indicator"}, {"match_version": "all"}):
        assert program.get(next=cursor, **params).status_code == 400
    assert program.get("manifest/", next=cursor).status_code == 400
    assert server.program("reader").get(next=cursor).status_code == 400
    shelf = server.open_shelf("second", ("node:nordmark",))
    assert program.get(at=shelf, next=cursor).status_code == 400
    for bad in ("garbage!!", "x" * 5000, "é", "AAAA"):
        assert program.get(next=bad).status_code == 400


def test_what_is_served_is_what_was_posted(program: Program) -> None:
    odd = an_object(
        60,
        text='\u0000 \\ " </script> \U0001f600',
        least=-0.0,
        deep={"a": [{}]},
        exact=12345678901234567e-20,
    )
    program.post(odd)
    assert program.objects(f"objects/{odd['id']}/") == [odd]


def test_filters_and_versions(program: Program) -> None:
    program.post(an_object(70, type_="malware"), an_object(3, V2))
    assert ids(program.objects(match_type="malware")) == [stix_id(70, "malware")]
    assert ids(program.objects(match_type="malware,indicator", match_id=ALL[3])) == [ALL[3]]
    assert program.get(match_spec_version="2.0").json() == {}
    assert len(program.objects(match_spec_version="2.0,2.1")) == 11
    versions = [one["modified"] for one in program.objects(match_id=ALL[3], match_version=f"first,{V2}")]
    assert versions == [V1, V2]
    listed = program.get("manifest/", match_id=ALL[3]).json()["objects"]
    assert listed[0].keys() == {"id", "date_added", "version", "media_type"}
    assert listed[0]["version"] == V2
