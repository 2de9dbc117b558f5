"""`comity import`: bring a file in, with a progress bar, a dry run, and a report of every row that was refused and why.

A run that was cut short goes on where it stopped when the same command is given again. Ends with code 0 when every row was
taken or known, 2 when some were refused, 1 when nothing could begin.
"""

from __future__ import annotations

import csv
import gc
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from comity.cli.open_node import open_node, stop
from comity.config import get_settings
from comity.formats import registry
from comity.formats.rows import Refused
from comity.services import import_records
from comity.services.import_drafts import on_behalf_of
from comity.services.import_records import ImportReport, OpenUnit
from comity.services.runtime import Runtime
from comity.services.unit import Unit

_FORMATS: Final = "; ".join(f"{one.name} ({one.label})" for one in registry.FORMATS.values())


def import_command(
    path: Annotated[Path, typer.Argument(exists=True, readable=True, help="A file, an archive or a folder.")],
    format_name: Annotated[str, typer.Option("--format", help=f"One of: {_FORMATS}.")],
    source: Annotated[
        str,
        typer.Option(help="A public source that council admitted: its documents are published as they come."),
    ] = "",
    who: Annotated[
        str, typer.Option("--as", help="Account whose drafts the documents become, when no source is named.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="Write every refused row to this file: .csv, or JSON Lines for any other name."),
    ] = None,
) -> None:
    """Import public advisories or your own records. Nothing is published unless it comes from a source that council admitted."""
    if format_name not in registry.FORMATS:
        raise stop(f"There is no format {format_name}. Formats: {', '.join(registry.FORMATS)}.")
    if bool(source) == bool(who):
        raise stop(
            "Name either an admitted source (--source) or the account whose drafts these become (--as)."
        )
    gc.set_threshold(50_000, 20, 20)  # an import makes millions of short-lived objects and hardly a cycle
    with open_node() as runtime:
        found = _run(runtime, path, format_name, source, who, dry_run=dry_run)
    _summary(found)
    if report is not None:
        write_refused(report, found.refused)
        typer.echo(f"Refused rows: {report}")
    if found.refused:
        raise typer.Exit(2)


def _run(
    runtime: Runtime, path: Path, format_name: str, source: str, who: str, *, dry_run: bool
) -> ImportReport:
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} of {task.total} rows"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(
            f"{path.name}{' (dry run)' if dry_run else ''}", total=registry.count(format_name, path)
        )

        def show(progress: import_records.Progress) -> None:
            bar.update(task, completed=progress.position)

        return import_records.import_file(
            _opener(runtime, who),
            path=path,
            format_name=format_name,
            source=source or None,
            dry_run=dry_run,
            journals=get_settings().data_dir / "imports",
            on_progress=show,
        )


def _opener(runtime: Runtime, who: str) -> OpenUnit:
    @contextmanager
    def opened(writes: bool) -> Iterator[Unit]:
        with runtime.system_unit("import", writes=writes) as unit:
            yield on_behalf_of(unit, who, log=writes) if who else unit

    return opened


def _summary(report: ImportReport) -> None:
    verb = "would be " if report.dry_run else ""
    typer.echo(f"{report.rows} rows: {report.added} {verb}added, {report.updated} {verb}updated, "
               f"{report.unchanged} known and unchanged, {len(report.refused)} refused.")  # fmt: skip
    if report.resumed_at:
        typer.echo(f"Went on behind row {report.resumed_at}, where an earlier run had stopped.")
    for text, count in Counter(text for _, text in report.warnings).most_common():
        typer.echo(f"  {count} x {text}")
    if report.refused:
        Console().print(_by_reason(report))


def _by_reason(report: ImportReport) -> Table:
    table = Table("rows", "field", "why", "first ones", title="Refused")
    grouped: dict[tuple[str, str, str], list[Refused]] = {}
    for one in report.refused:
        for problem in one.problems[:1]:
            grouped.setdefault((problem.code, problem.field, problem.message), []).append(one)
    for (_, field, message), rows in sorted(grouped.items(), key=lambda pair: -len(pair[1])):
        first = ", ".join(_printable(row.foreign_id or row.where or str(row.position)) for row in rows[:3])
        table.add_row(str(len(rows)), _printable(field) or "-", _printable(message), first)
    return table


def _printable(text: str) -> str:
    """Foreign words on a terminal: no control characters, no markup."""
    return "".join(character for character in text if character.isprintable()).replace("[", "(")[:160]


def write_refused(path: Path, rows: tuple[Refused, ...]) -> None:
    """Every refused row with every reason: `.csv` opens in a spreadsheet, anything else is JSON Lines."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        if path.suffix == ".csv":
            table = csv.writer(stream)
            table.writerow(["row", "where", "id", "field", "code", "why"])
            table.writerows(
                [one.position, *map(_cell, (one.where, one.foreign_id or "", p.field, p.code, p.message))]
                for one in rows
                for p in one.problems
            )
            return
        for one in rows:
            problems = [{"field": p.field, "code": p.code, "why": p.message} for p in one.problems]
            line = {"row": one.position, "where": one.where, "id": one.foreign_id, "problems": problems}
            stream.write(f"{json.dumps(line)}\n")


def _cell(text: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
