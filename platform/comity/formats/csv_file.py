"""CSV (RFC 4180) of the project's own: UTF-8, a header line, and the names of the form's fields as columns.

Columns: `id`, `kind`, `tlp`, `published`, and dotted paths such as `title` or `recommended_actions.0.do`. A field of several values
holds one a line (several codes may also be parted by semicolons). Empty cells are left out.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from comity.domain.fields.shape import shape_at
from comity.domain.kinds.base import Kind
from comity.domain.kinds.form import parse_form
from comity.domain.kinds.registry import KINDS, kind
from comity.formats.documents import BROKEN, Bounded, damaged, open_bounded, refused
from comity.formats.fields import Fields
from comity.formats.json_lines import known_kind
from comity.formats.marking import read_marking
from comity.formats.rows import BadDocument, Item, Limits, Row

OWN: Final = ("id", "kind", "tlp", "published", "publisher")
"""Columns that are not fields of a kind."""


def read(path: Path, limits: Limits) -> Iterator[Row]:
    """Every row under the header line."""
    try:
        with open_bounded(path, limits) as stream:
            yield from _rows(csv.reader(_lines(stream, limits), strict=True), limits)
    except BadDocument as error:
        yield refused(1, "header", error)


def _lines(stream: Bounded, limits: Limits) -> Iterator[str]:
    """Text lines. A byte that is not UTF-8 becomes half a surrogate, so that only its own row is refused for it."""
    first = True
    while line := stream.readline(limits.document_bytes + 1):
        if len(line) > limits.document_bytes:
            raise BadDocument("too-large", f"A line may have up to {limits.document_bytes} bytes.")
        yield line.decode("utf-8-sig" if first else "utf-8", "surrogateescape")
        first = False


def _rows(table: Iterator[list[str]], limits: Limits) -> Iterator[Row]:
    try:
        header = next(table, [])
    except csv.Error as error:
        raise BadDocument("csv", f"The header line is not CSV: {error}.") from error
    except BROKEN:
        raise BadDocument("damaged", "The file is damaged.") from None
    columns = _columns(header)
    for position in range(1, limits.documents + 1):
        try:
            cells = next(table, None)
            if cells is None:
                return
            if cells:
                yield item(position, columns, cells)
        except csv.Error as error:
            yield refused(position, f"row {position}", BadDocument("csv", f"This row is not CSV: {error}."))
        except BadDocument as error:
            yield refused(position, f"row {position}", error)
            if error.problem.code == "too-large":
                return
        except BROKEN:
            yield damaged(position, f"row {position}")
            return


def _columns(header: list[str]) -> list[str]:
    columns = [name.strip() for name in header]
    if "kind" not in columns or "id" not in columns:
        raise BadDocument("header", "The first line must name the columns, among them “id” and “kind”.")
    for name in columns:
        if columns.count(name) > 1:
            raise BadDocument("header", f"The column “{name[:60]}” appears twice.", name[:60])
        if name not in OWN and not any(shape_at(one, name) for one in KINDS.values()):
            raise BadDocument("unknown-field", f"“{name[:60]}” is not a field of any kind.", name[:60])
    return columns


def item(position: int, columns: list[str], cells: list[str]) -> Item:
    """One row as an item. Raises `BadDocument`."""
    if len(cells) != len(columns):
        raise BadDocument("csv", f"This row has {len(cells)} cells; the header has {len(columns)}.")
    given = {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    for name, cell in given.items():
        if any("\ud800" <= character <= "\udfff" for character in cell):
            raise BadDocument("encoding", "This cell is not UTF-8.", name)
    own = Fields({name: given[name] for name in OWN if name in given})
    model = kind(known_kind(own.needed("kind")))
    for name in given:
        if name not in OWN and shape_at(model, name) is None:
            raise BadDocument("unknown-field", f"A record of this kind has no field “{name[:60]}”.", name)
    return Item(
        position=position,
        foreign_id=own.identifier("id"),
        kind=model.name,
        content=parse_form(model, _form(model, given)),
        publisher=own.text("publisher"),
        tlp=read_marking(own.text("tlp")),
        source_date=own.time("published"),
    )


def _form(model: type[Kind], given: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, cell in given.items():
        shape = None if name in OWN else shape_at(model, name)
        if shape is None:
            continue
        if shape.widget == "choices":
            yield from ((name, code) for code in cell.replace(";", "\n").split("\n"))
        else:
            yield name, cell
