"""The list of formats: a name, what it is, and its reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from comity.formats import cisa_jsonl, csaf, csv_file, json_lines, osv, stix_report
from comity.formats.documents import files, lines
from comity.formats.rows import Limits, Reader, Row


@dataclass(frozen=True)
class Format:
    """A format as a person chooses it."""

    name: str
    label: str
    read: Reader


FORMATS: Final[Mapping[str, Format]] = {
    one.name: one
    for one in (
        Format("csaf", "CSAF 2.0: a JSON file, or a folder or zip of them", csaf.read),
        Format("cisa-jsonl", "Condensed CSAF, one advisory a line", cisa_jsonl.read),
        Format("osv", "OSV: a JSON file, a folder or zip, or one document a line", osv.read),
        Format("stix", "STIX 2.1 bundle with reports", stix_report.read),
        Format("csv", "CSV with the form's field names as columns", csv_file.read),
        Format("jsonl", "JSON Lines with the fields of the kind", json_lines.read),
    )
}


class UnknownFormat(KeyError):
    """No format of that name."""


def read(name: str, path: Path, limits: Limits | None = None) -> Iterator[Row]:
    """Every row of the file, as a stream. Raises `UnknownFormat`; a file that cannot be opened raises `OSError`."""
    if name not in FORMATS:
        raise UnknownFormat(name)
    return FORMATS[name].read(path, limits or Limits())


def count(name: str, path: Path, limits: Limits | None = None) -> int | None:
    """How many documents there are, for a progress bar; None where only reading tells."""
    limits = limits or Limits()
    if name in ("stix", "csv"):
        return None
    is_lines = name in ("cisa-jsonl", "jsonl") or (path.is_file() and path.name.endswith(osv.LINES))
    return sum(1 for _ in (lines(path, limits) if is_lines else files(path, limits)))
