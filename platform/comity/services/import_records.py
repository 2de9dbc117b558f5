"""Import one file: read it as a stream, store it in batches, and say of every row what became of it.

Each batch is one transaction together with how far the file has come, so a crash at any moment loses nothing and doubles nothing:
the next run of the same file goes on behind the last batch that was stored. Rows that were refused before the crash are kept in a
journal beside the database, so that the report is whole. Refuses to know formats (it is handed rows) and screens (it is handed a
callback).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from comity.domain.errors import Problem
from comity.domain.source_admission import PublicSource
from comity.formats import registry
from comity.formats.rows import Item, Limits, Refused, Row
from comity.services import admit
from comity.services.import_drafts import import_drafts
from comity.services.read_ahead import read_ahead
from comity.services.take_over import Outcome, take_over
from comity.services.unit import Unit
from comity.storage import import_runs

BATCH: Final = 600
BREATH: Final = 0.11
"""Seconds between two batches. SQLite gives its write lock to nobody in particular, and a waiting writer looks every 0.1 s:
without a pause longer than that, people who sign in while a file is imported would wait until they are told “busy”.
"""

WORTH_A_PROCESS: Final = 400_000
"""Bytes of a file above which it is read ahead in a process of its own; below, starting one takes longer than reading."""

MAPPING: Final = 1
"""Raised when a reader starts to mean something else, so that a file that was finished is looked at again."""

OpenUnit = Callable[[bool], AbstractContextManager[Unit]]
"""Opens one transaction; the argument says whether it writes."""


@dataclass(frozen=True)
class Progress:
    """So far, counted over all runs of this file."""

    position: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True)
class ImportReport:
    """What became of the file. `resumed_at` is the position behind which this run began; rows before it count as unchanged."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: tuple[Refused, ...] = ()
    warnings: tuple[tuple[int, str], ...] = ()
    resumed_at: int = 0
    dry_run: bool = False

    @property
    def rows(self) -> int:
        """All documents of the file."""
        return self.added + self.updated + self.unchanged + len(self.refused)


@dataclass
class _State:
    run: import_runs.Run
    report: ImportReport
    seen: set[str] = field(default_factory=set)
    batch: list[Item] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    rows: int = 0


def import_file(
    open_unit: OpenUnit,
    *,
    path: Path,
    format_name: str,
    source: str | None = None,
    dry_run: bool = False,
    journals: Path | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    batch_size: int = BATCH,
    limits: Limits | None = None,
) -> ImportReport:
    """Import the file at `path`: as published records of an admitted `source`, or else as drafts of the unit's viewer.

    Raises `NotAllowed` for a source that council did not admit and `OSError` for a file that cannot be opened, never for a row.
    """
    admitted = admit.admitted_source(source) if source else None
    importing = _Import(open_unit, admitted, format_name, dry_run, journals, on_progress, batch_size)
    return importing.go(path, limits)


def _admitted(
    format_name: str, path: Path, limits: Limits | None, source: PublicSource, now: datetime
) -> Iterator[Row]:
    return admit.each(registry.read(format_name, path, limits), source, now)


@dataclass(frozen=True)
class _Import:
    open_unit: OpenUnit
    source: PublicSource | None
    format_name: str
    dry_run: bool
    journals: Path | None
    on_progress: Callable[[Progress], None]
    batch_size: int

    def go(self, path: Path, limits: Limits | None) -> ImportReport:
        state = self._begin(path)
        with closing(self._rows(path, limits, state.run.updated_at)) as rows:
            for row in rows:
                self._take(state, row)
                if state.rows >= self.batch_size:
                    self._flush(state, row.position, finished=False)
                    time.sleep(0.0 if self.dry_run else BREATH)
        self._flush(state, state.run.done if not state.rows else self._last(state), finished=True)
        return state.report

    def _rows(self, path: Path, limits: Limits | None, now: datetime) -> Generator[Row, None, None]:
        """What the file says, read ahead where there is enough of it to be worth a process."""
        reading = partial(registry.read, self.format_name, path, limits)
        if self.source is not None:
            reading = partial(_admitted, self.format_name, path, limits, self.source, now)
        large = path.is_file() and path.stat().st_size > WORTH_A_PROCESS
        yield from read_ahead(reading) if large else reading()

    @staticmethod
    def _last(state: _State) -> int:
        return max(
            [state.run.done, *(one.position for one in state.batch), *(one.position for one in state.refused)]
        )

    def _begin(self, path: Path) -> _State:
        with self.open_unit(not self.dry_run) as unit:
            owner = unit.viewer.organization or ""
            digest = _digest(path, self.format_name, self.source.id if self.source else "", owner)
            fresh = import_runs.Run(
                digest, self.format_name, path.name[:200], 0, 0, 0, False, unit.now, unit.now
            )
            found = import_runs.get(unit.db, digest)
            run = (
                fresh
                if found is None or found.finished or self.dry_run
                else replace(found, updated_at=unit.now)
            )
            if not self.dry_run:
                import_runs.save(unit.db, run)
        kept = self._journal_read(run)
        unchanged = max(0, run.done - len(kept)) if run.done else 0
        return _State(
            run,
            ImportReport(unchanged=unchanged, refused=tuple(kept), resumed_at=run.done, dry_run=self.dry_run),
        )

    def _take(self, state: _State, row: Row) -> None:
        """Put the row into the batch. What an earlier run dealt with is only remembered, to notice a second copy."""
        again = isinstance(row, Item) and row.foreign_id in state.seen
        if isinstance(row, Item):
            state.seen.add(row.foreign_id)
        if row.position <= state.run.done:
            return
        state.rows += 1
        if isinstance(row, Refused):
            state.refused.append(row)
        elif again:
            problem = Problem(
                "id",
                "duplicate",
                f"“{row.foreign_id[:80]}” appears twice in this file; the first one was taken.",
            )
            state.refused.append(Refused(row.position, row.foreign_id, (problem,)))
        else:
            state.batch.append(row)

    def _flush(self, state: _State, position: int, *, finished: bool) -> None:
        """Store the batch and how far it came, in one transaction; journal first, so that no refused row is ever lost."""
        with self.open_unit(not self.dry_run) as unit:
            outcome = self._store(unit, state.batch)
            refused = sorted([*state.refused, *outcome.refused], key=lambda one: one.position)
            self._journal_write(state.run, refused)
            state.run = replace(
                state.run,
                done=position,
                added=state.run.added + outcome.added,
                refused=state.run.refused + len(refused),
                finished=finished,
                updated_at=unit.now,
            )
            if not self.dry_run:
                import_runs.save(unit.db, state.run)
        if finished and (journal := self._journal(state.run)):
            journal.unlink(missing_ok=True)
        taken = {one.position for one in state.batch} - {one.position for one in refused}
        warned = tuple(
            (one.position, text) for one in state.batch if one.position in taken for text in one.warnings
        )
        report = state.report
        state.report = replace(
            report,
            added=report.added + outcome.added,
            updated=report.updated + outcome.updated,
            unchanged=report.unchanged + outcome.unchanged,
            refused=(*report.refused, *refused),
            warnings=(*report.warnings, *warned),
        )
        state.batch, state.refused, state.rows = [], [], 0
        counts = (
            report.added + outcome.added,
            report.updated + outcome.updated,
            report.unchanged + outcome.unchanged,
        )
        self.on_progress(Progress(position, *counts, len(state.report.refused)))

    def _store(self, unit: Unit, batch: list[Item]) -> Outcome:
        if not batch:
            return Outcome()
        if self.source is not None:
            admitted = [one for one in batch if isinstance(one, admit.Admitted)]
            return take_over(unit, self.source, admitted, dry_run=self.dry_run)
        return import_drafts(unit, batch, format_name=self.format_name, dry_run=self.dry_run)

    def _journal(self, run: import_runs.Run) -> Path | None:
        return None if self.journals is None or self.dry_run else self.journals / f"{run.digest}.jsonl"

    def _journal_read(self, run: import_runs.Run) -> list[Refused]:
        journal = self._journal(run)
        if journal is None or not journal.exists():
            return []
        if not run.done:
            journal.unlink()
            return []
        found = {
            one.position: one
            for line in journal.read_text(encoding="utf-8").splitlines()
            if (one := _refused(line))
        }
        return [found[position] for position in sorted(found) if position <= run.done]

    def _journal_write(self, run: import_runs.Run, refused: list[Refused]) -> None:
        journal = self._journal(run)
        if journal is None or not refused:
            return
        journal.parent.mkdir(parents=True, exist_ok=True)
        with journal.open("a", encoding="utf-8") as lines:
            lines.writelines(f"{json.dumps(asdict(one))}\n" for one in refused)


def _refused(line: str) -> Refused | None:
    """One line of a journal; None for the half line that a crash leaves."""
    try:
        data = json.loads(line)
        problems = tuple(Problem(**one) for one in data.pop("problems"))
        return Refused(problems=problems, **data)
    except (ValueError, TypeError, KeyError):
        return None


def _digest(path: Path, format_name: str, source: str, owner: str) -> str:
    """Names this import: the bytes, how they are read, and for whom."""
    whole = hashlib.sha256(f"{MAPPING}\n{format_name}\n{source}\n{owner}\n".encode())
    for one in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if one.is_file() and not one.is_symlink():
            whole.update(f"{one.relative_to(path).as_posix() if path.is_dir() else ''}\n".encode())
            with one.open("rb") as stream:
                whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()
