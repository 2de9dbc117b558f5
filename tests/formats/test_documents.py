"""Files, archives and folders: bounded, and one damaged member does not stop the others."""

from __future__ import annotations

import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.formats.registry import UnknownFormat, count, read
from comity.formats.rows import Item, Limits, Refused, Row
from tests.formats.documents_of_others import CSAF, RECORD, changed, lines_file, zip_file

TIGHT = Limits(document_bytes=20_000, free_bytes=200_000, ratio=10)


def codes(rows: list[Row]) -> list[str]:
    return ["ok" if isinstance(row, Item) else row.problems[0].code for row in rows]


def test_a_bad_line_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = lines_file(
        tmp_path / "a.jsonl", [RECORD, "{", "", '{"a": 1, "a": 1}', changed(RECORD, "id", "SAMPLE-2026-8")]
    )
    rows = list(read("jsonl", path))
    assert codes(rows) == ["ok", "json", "duplicate-key", "ok"]
    assert [row.position for row in rows] == [1, 2, 3, 4]


@pytest.mark.parametrize("packed", ["plain", "gzip", "xz"])
def test_plain_and_packed_files_read_alike(tmp_path: Path, packed: str) -> None:
    plain = lines_file(tmp_path / "a.jsonl", [RECORD, RECORD]).read_bytes()
    packers: dict[str, Callable[[bytes], bytes]] = {
        "plain": bytes,
        "gzip": gzip.compress,
        "xz": lzma.compress,
    }
    path = tmp_path / "b.jsonl"
    path.write_bytes(packers[packed](plain))
    assert codes(list(read("jsonl", path))) == ["ok", "ok"]
    assert count("jsonl", path) == 2


def test_a_truncated_file_gives_what_came_before_and_says_so(tmp_path: Path) -> None:
    many = [changed(RECORD, "id", f"SAMPLE-2026-{n}") for n in range(3000)]
    whole = lines_file(tmp_path / "a.jsonl.gz", many, packed=True).read_bytes()
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    found = codes(list(read("jsonl", path)))
    assert found[-1] == "damaged"
    assert found.count("ok") > 100


def test_a_gzip_bomb_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join([b" " * 10_000] * 500)))
    assert path.stat().st_size < 20_000
    assert codes(list(read("jsonl", path, TIGHT))) == ["too-large"]


def test_a_line_that_is_too_long_is_refused_alone(tmp_path: Path) -> None:
    path = lines_file(tmp_path / "a.jsonl", ['{"x": "' + "y" * 50_000 + '"}', RECORD])
    assert codes(list(read("jsonl", path, TIGHT))) == ["too-large", "ok"]


def test_a_zip_bomb_is_stopped_member_by_member_and_as_a_whole(tmp_path: Path) -> None:
    path = zip_file(tmp_path / "bomb.zip", {"a.json": b" " * 90_000, "b.json": CSAF})
    assert codes(list(read("csaf", path, TIGHT))) == ["too-large", "ok"]
    many = zip_file(tmp_path / "many.zip", {f"{n}.json": b" " * 19_000 for n in range(100)})
    found = codes(list(read("csaf", many, TIGHT)))
    assert found[-1] == "too-large"
    assert len(found) < 20


def test_a_size_that_lies_in_the_directory_of_a_zip_does_not_help(tmp_path: Path) -> None:
    path = zip_file(tmp_path / "lie.zip", {"a.json": b" " * 90_000})
    data = path.read_bytes()
    path.write_bytes(data.replace((90_000).to_bytes(4, "little"), (900).to_bytes(4, "little")))
    assert codes(list(read("csaf", path, TIGHT)))[0] in ("damaged", "too-large", "json")


def test_a_damaged_member_does_not_stop_the_archive(tmp_path: Path) -> None:
    path = zip_file(
        tmp_path / "a.zip",
        {"a.json": CSAF, "b.json": changed(CSAF, "document.tracking.id", "ICSA-26-002-01")},
    )
    data = bytearray(path.read_bytes())
    data[60:90] = b"\0" * 30
    path.write_bytes(bytes(data))
    assert sorted(codes(list(read("csaf", path)))) == ["damaged", "ok"]


def test_what_is_no_zip_inside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.zip"
    path.write_bytes(b"PK\x03\x04 this is not an archive")
    assert codes(list(read("csaf", path))) == ["damaged"]


def test_names_in_an_archive_never_become_places_on_disk(tmp_path: Path) -> None:
    zip_file(tmp_path / "slip.zip", {"../../evil.json": CSAF})
    rows = list(read("csaf", tmp_path / "slip.zip"))
    assert codes(rows) == ["ok"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["slip.zip"]


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    lines_file(secret, [CSAF])
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link.json").symlink_to(secret)
    lines_file(folder / "a.json", [CSAF])
    assert len(list(read("csaf", folder))) == 1


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = zip_file(tmp_path / "a.zip", {"a.json": CSAF})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.start_dir
    data[6] |= 1
    data[start + 8] |= 1
    path.write_bytes(bytes(data))
    assert codes(list(read("csaf", path))) == ["encrypted"]


def test_too_many_documents_are_refused(tmp_path: Path) -> None:
    path = lines_file(tmp_path / "a.jsonl", [RECORD] * 5)
    rows = list(read("jsonl", path, Limits(documents=3)))
    assert codes(rows) == ["ok", "ok", "ok", "too-many"]


def test_an_unknown_format_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat):
        read("xml", tmp_path)


def test_a_refused_row_keeps_the_publishers_id_for_the_report(tmp_path: Path) -> None:
    path = lines_file(tmp_path / "a.json", [changed(CSAF, "document.title", 7)])
    row = next(iter(read("csaf", path)))
    assert isinstance(row, Refused)
    assert row.foreign_id == "ICSA-26-001-01"
    assert row.problems[0].field == "document.title"
