"""The public data of the demonstration: what lies beside the source tree, or else the project's own samples."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

from comity.config import ROOT
from comity.services.import_records import Progress, import_file
from comity.services.runtime import Runtime

ADVISORIES: Final = ROOT.parent / "shared" / "data" / "advisories"
SAMPLES: Final = ROOT / "demo" / "samples"


@dataclass(frozen=True)
class File:
    """One file, its format and the admitted source it is from."""

    path: Path
    format_name: str
    source: str


_REAL: Final = (
    File(ADVISORIES / "cisa_csaf.jsonl.gz", "cisa-jsonl", "cisa-csaf"),
    File(ADVISORIES / "osv_go.jsonl.gz", "osv", "osv-go"),
    File(ADVISORIES / "osv_pypi.jsonl.gz", "osv", "osv-pypi"),
)
_FORMATS: Final = {".csv": "csv", ".jsonl": "jsonl"}


def files() -> Iterator[File]:
    """Real advisories where present, otherwise the samples."""
    real = [one for one in _REAL if one.path.is_file()]
    yield from real or (
        File(path, _FORMATS[path.suffix], "comity-samples")
        for path in sorted(SAMPLES.glob("*"))
        if path.suffix in _FORMATS
    )


class Ended(Exception):
    """The demonstration ends while something is being imported; what was stored so far stays, and the next start goes on."""


def load(
    runtime: Runtime, folder: Path, *, only_first: bool = False, ending: threading.Event | None = None
) -> None:
    """Import every file that was not imported before; one that was cut short goes on where it stopped.

    `only_first` is for what a visitor should find at once; `ending` stops between two batches.
    """
    for one in list(files())[: 1 if only_first else None]:
        done = folder / "imports" / f"{one.path.name}.{one.path.stat().st_size}.done"
        if done.exists():
            continue
        typer.echo(f"  {one.path.name} ...")
        try:
            typer.echo(f"  {one.path.name}: {_import(runtime, one, folder, ending)}")
        except Ended:
            return
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()


def _import(runtime: Runtime, one: File, folder: Path, ending: threading.Event | None) -> str:
    def told(_progress: Progress) -> None:
        if ending is not None and ending.is_set():
            raise Ended

    report = import_file(
        lambda writes: runtime.system_unit("import", writes=writes),
        path=one.path,
        format_name=one.format_name,
        source=one.source,
        journals=folder / "imports",
        on_progress=told,
    )
    return f"{report.added} added, {report.unchanged} known, {len(report.refused)} refused"


def start(runtime: Runtime, folder: Path, ending: threading.Event) -> threading.Thread:
    """Import the rest beside the running server, in a thread that ends soon after `ending` is set."""
    thread = threading.Thread(target=load, args=(runtime, folder), kwargs={"ending": ending}, name="import")
    thread.start()
    return thread
