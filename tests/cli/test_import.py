"""`comity import` as an operator meets it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from comity.cli import import_
from comity.cli.open_node import Commands
from comity.config import Settings
from comity.domain.errors import Problem
from comity.formats.rows import Refused
from comity.services.runtime import Runtime
from tests.factories import make_world
from tests.formats.documents_of_others import RECORD, changed, lines_file

app = typer.Typer(cls=Commands)
app.command("import")(import_.import_command)
app.command("other")(lambda: None)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    engine, _ = make_world(tmp_path / "node.db")
    runtime = Runtime(Settings(data_dir=tmp_path), engine=engine)

    @contextmanager
    def opened() -> Iterator[Runtime]:
        yield runtime

    monkeypatch.setattr(import_, "open_node", opened)
    monkeypatch.setattr(import_, "get_settings", lambda: runtime.settings)
    yield tmp_path
    engine.dispose()


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["import", *map(str, arguments)])
    return result.exit_code, result.output


def records_file(folder: Path) -> Path:
    documents = [changed(RECORD, "id", f"SAMPLE-2026-{n}") for n in range(3)]
    return lines_file(folder / "a.jsonl", [*documents, "{", changed(RECORD, "tlp", "=MAUVE()")])


def test_a_run_says_what_was_added_and_groups_what_was_refused(node: Path) -> None:
    code, said = run(records_file(node), "--format", "jsonl", "--source", "comity-samples")
    assert code == 2
    assert "3 added" in said
    assert "2 refused" in said
    assert "not JSON" in said


def test_a_dry_run_changes_nothing(node: Path) -> None:
    path = records_file(node)
    assert "3 would be added" in run(path, "--format", "jsonl", "--source", "comity-samples", "--dry-run")[1]
    assert "3 added" in run(path, "--format", "jsonl", "--source", "comity-samples")[1]
    assert "3 known and unchanged" in run(path, "--format", "jsonl", "--source", "comity-samples")[1]


@pytest.mark.parametrize("name", ["refused.csv", "refused.jsonl"])
def test_the_report_has_every_refused_row(node: Path, name: str) -> None:
    run(records_file(node), "--format", "jsonl", "--source", "comity-samples", "--report", node / name)
    text = (node / name).read_text(encoding="utf-8")
    rows = (
        list(csv.DictReader(text.splitlines()))
        if name.endswith("csv")
        else [json.loads(line) for line in text.splitlines()]
    )
    assert [int(row["row"]) for row in rows] == [4, 5]


def test_a_cell_is_never_a_formula(tmp_path: Path) -> None:
    bad = Refused(1, "=cmd()", (Problem("+x", "code", "@why"),), "-where")
    import_.write_refused(tmp_path / "r.csv", (bad,))
    (_, row) = csv.reader((tmp_path / "r.csv").read_text(encoding="utf-8").splitlines())
    assert row == ["1", "'-where", "'=cmd()", "'+x", "code", "'@why"]


def test_drafts_for_an_account(node: Path) -> None:
    code, said = run(records_file(node), "--format", "jsonl", "--as", "contributor@firm-optics.example.org")
    assert code == 2
    assert "3 added" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--format", "xml", "--source", "comity-samples"), "There is no format"),
        (("--format", "jsonl"), "Name either"),
        (("--format", "jsonl", "--source", "comity-samples", "--as", "x"), "Name either"),
        (("--format", "jsonl", "--source", "nobody"), "no public source"),
        (("--format", "jsonl", "--as", "nobody@example.org"), "no active account"),
    ],
)
def test_what_cannot_begin_is_said_in_a_sentence(node: Path, arguments: tuple[str, ...], words: str) -> None:
    code, said = run(records_file(node), *arguments)
    assert code == 1
    assert words in said
    assert "Traceback" not in said
