"""The project's own CSV and JSON Lines."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.formats.registry import read
from comity.formats.rows import Item, Refused, Row
from tests.formats.documents_of_others import RECORD, changed, lines_file

SAMPLES = Path(__file__).parents[2] / "demo" / "samples"
HEADER = (
    "id,kind,tlp,title,pathways,cautions,recommended_actions.0.do,recommended_actions.0.small_institution,"
    "recommended_actions.1.do\n"
)


def written(tmp_path: Path, text: str | bytes) -> list[Row]:
    path = tmp_path / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read("csv", path))


def test_columns_are_the_fields_of_the_form(tmp_path: Path) -> None:
    (row,) = written(
        tmp_path, HEADER + 'A-1,advisory,GREEN,Title,"conference; joint-lab","one\ntwo",Look,yes,Ask\n'
    )
    assert isinstance(row, Item)
    assert row.content == {
        "title": "Title",
        "pathways": ["conference", "joint-lab"],
        "cautions": ["one", "two"],
        "recommended_actions": [{"do": "Look", "small_institution": True}, {"do": "Ask"}],
    }
    assert row.tlp is not None


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (row,) = written(tmp_path, b"\xef\xbb\xbf" + HEADER.encode() + b"A-1,advisory,CLEAR,T,,,,,\n")
    assert isinstance(row, Item)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"A-1,advisory,CLEAR,T\n", "csv"),
        (b'A-1,advisory,CLEAR,"T"x,,,,,\n', "csv"),
        (b"A-1,advisory,CLEAR,\xff\xfe,,,,,\n", "encoding"),
        (b"A-1,memo,CLEAR,T,,,,,\n", "choice"),
        (b",advisory,CLEAR,T,,,,,\n", "missing"),
        (b"A-1,advisory,MAUVE,T,,,,,\n", "marking"),
    ],
)
def test_a_bad_row_is_refused_and_the_rest_goes_on(tmp_path: Path, line: bytes, code: str) -> None:
    bad, good = written(tmp_path, HEADER.encode() + line + b"A-2,advisory,CLEAR,T,,,,,\n")
    assert isinstance(bad, Refused)
    assert bad.problems[0].code == code
    assert isinstance(good, Item)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("id,kind,nationality\n", "unknown-field"),
        ("id,kind,title,title\n", "header"),
        ("kind,title\n", "header"),
        ("", "header"),
    ],
)
def test_a_header_that_means_nothing_is_refused_at_once(tmp_path: Path, header: str, code: str) -> None:
    (row,) = written(tmp_path, header + "A-1,advisory,x,y\n")
    assert isinstance(row, Refused)
    assert row.problems[0].code == code


def test_a_field_of_another_kind_is_named(tmp_path: Path) -> None:
    (row,) = written(tmp_path, "id,kind,steps.0.do\nA-1,advisory,Look\n")
    assert isinstance(row, Refused)
    assert row.problems[0].field == "steps.0.do"


def test_unknown_keys_of_a_json_line_are_refused(tmp_path: Path) -> None:
    (row,) = read("jsonl", lines_file(tmp_path / "a.jsonl", [RECORD | {"nationality": "x"}]))
    assert isinstance(row, Refused)
    assert row.problems[0].code == "unknown-field"


def test_a_kind_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (row,) = read("jsonl", lines_file(tmp_path / "a.jsonl", [changed(RECORD, "kind", "person")]))
    assert isinstance(row, Refused)


@settings(deadline=None)  # a loaded machine is no defect
@given(st.lists(st.lists(st.text(max_size=8), min_size=9, max_size=9), max_size=4))
def test_any_table_is_read_row_by_row(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", newline="", encoding="utf-8", errors="surrogatepass") as stream:
        stream.write(HEADER)
        csv.writer(stream).writerows(table)
    for row in read("csv", path):
        assert isinstance(row, Item) or row.problems[0].message


@settings(deadline=None)  # a loaded machine is no defect
@given(st.binary(max_size=200))
def test_no_bytes_at_all_break_it(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(HEADER.encode() + data)
    for row in read("csv", path):
        assert isinstance(row, Item) or row.problems[0].message


@pytest.mark.parametrize(("name", "file"), [("jsonl", "advisories.jsonl"), ("csv", "advisories.csv")])
def test_the_samples_are_read_whole(name: str, file: str) -> None:
    rows = list(read(name, SAMPLES / file))
    assert rows
    assert all(isinstance(row, Item) for row in rows)
