"""Opens a file, an archive or a folder and hands out its documents one by one, within bounds.

Decides how far a compressed file may unfold (a bomb is a small file with a large content) and that one damaged member does not stop
the others. It refuses to know what a document says. Files are read once, never unpacked to disk, and links are not followed.
"""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

from comity.domain.errors import Problem
from comity.formats.fields import Fields
from comity.formats.rows import BadDocument, Item, Limits, Raw, Refused, Row
from comity.formats.strict_json import parse

_GZIP: Final = b"\x1f\x8b"
_XZ: Final = b"\xfd7zXZ\x00"
_ZIP: Final = b"PK\x03\x04"
BROKEN: Final = (
    EOFError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    NotImplementedError,
    OSError,
)
"""What the standard library raises for damaged archives and files."""


class Bounded:
    """Counts what comes out of a compressed stream and stops a bomb."""

    def __init__(self, stream: IO[bytes], packed: int, limits: Limits) -> None:
        self._stream = stream
        self._left = min(limits.total_bytes, max(limits.free_bytes, packed * limits.ratio))

    def readline(self, most: int) -> bytes:
        return self._counted(self._stream.readline(most))

    def read(self, most: int) -> bytes:
        return self._counted(self._stream.read(most))

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise BadDocument(
                "too-large", "The content is far larger than its file: it may be a decompression bomb."
            )
        return data


@contextmanager
def open_bounded(path: Path, limits: Limits) -> Iterator[Bounded]:
    """The bytes of a plain, gzip or xz file."""
    with path.open("rb") as head:
        magic = head.read(6)
    with ExitStack() as stack:
        stream: Any = stack.enter_context(path.open("rb"))
        if magic.startswith(_GZIP):
            stream = stack.enter_context(gzip.open(stream))
        elif magic.startswith(_XZ):
            stream = stack.enter_context(lzma.open(stream, format=lzma.FORMAT_XZ))
        yield Bounded(cast("IO[bytes]", stream), path.stat().st_size, limits)


def refused(position: int, where: str, error: BadDocument, foreign_id: str | None = None) -> Refused:
    """A row that was not taken."""
    return Refused(position, foreign_id, (error.problem,), where)


def damaged(position: int, where: str) -> Refused:
    """The row that stands for what could not be read any more."""
    problem = Problem(
        "", "damaged", "The file is damaged or ends too early. What stands before this place was read."
    )
    return Refused(position, None, (problem,), where)


def lines(path: Path, limits: Limits) -> Iterator[Raw | Refused]:
    """Each line that is not blank, as a document."""
    position = 0
    try:
        with open_bounded(path, limits) as stream:
            while line := stream.readline(limits.document_bytes + 1):
                whole = len(line) <= limits.document_bytes
                while not line.endswith(b"\n") and (rest := stream.readline(limits.document_bytes)):
                    line = rest  # the tail of a line that is too long
                if whole and not line.strip(b" \t\r\n\xef\xbb\xbf"):
                    continue
                position += 1
                if position > limits.documents:
                    yield refused(position, f"line {position}", _too_many(limits))
                    return
                if whole:
                    yield Raw(position, f"line {position}", line)
                else:
                    yield refused(position, f"line {position}", _too_large(limits))
    except BadDocument as error:
        yield refused(position + 1, f"after line {position}", error)
    except BROKEN:
        yield damaged(position + 1, f"after line {position}")


def _too_many(limits: Limits) -> BadDocument:
    return BadDocument("too-many", f"A file may hold up to {limits.documents} documents.")


def _too_large(limits: Limits) -> BadDocument:
    return BadDocument("too-large", f"A document may have up to {limits.document_bytes} bytes.")


def files(path: Path, limits: Limits) -> Iterator[Raw | Refused]:
    """A folder, a zip archive, or one file: each `.json` in it is a document."""
    if path.is_dir():
        yield from _folder(path, limits)
        return
    with path.open("rb") as head:
        is_zip = head.read(4) == _ZIP
    if is_zip:
        yield from _archive(path, limits)
    else:
        yield from _one(1, path.name, path, limits)


def _one(position: int, where: str, path: Path, limits: Limits) -> Iterator[Raw | Refused]:
    try:
        with open_bounded(path, limits) as stream:
            data = stream.read(limits.document_bytes + 1)
        if len(data) > limits.document_bytes:
            raise _too_large(limits)
        yield Raw(position, where, data)
    except BadDocument as error:
        yield refused(position, where, error)
    except BROKEN:
        yield damaged(position, where)


def _folder(path: Path, limits: Limits) -> Iterator[Raw | Refused]:
    found = sorted(one for one in path.rglob("*.json") if one.is_file() and not one.is_symlink())
    for position, one in enumerate(found[: limits.documents], start=1):
        yield from _one(position, one.relative_to(path).as_posix(), one, limits)


def _archive(path: Path, limits: Limits) -> Iterator[Raw | Refused]:
    left = min(limits.total_bytes, max(limits.free_bytes, path.stat().st_size * limits.ratio))
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                one for one in archive.infolist() if one.filename.endswith(".json") and not one.is_dir()
            ]
            for position, member in enumerate(members[: limits.documents], start=1):
                row = _member(archive, member, position, limits)
                left -= len(row.data) if isinstance(row, Raw) else 0
                if left < 0:
                    error = BadDocument(
                        "too-large", "The archive unfolds to far more than its size: it may be a bomb."
                    )
                    yield refused(position, member.filename[:200], error)
                    return
                yield row
    except BROKEN:
        yield damaged(1, path.name)


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, position: int, limits: Limits
) -> Raw | Refused:
    where = member.filename[:200]
    if member.flag_bits & 1:
        return refused(position, where, BadDocument("encrypted", "This member of the archive is encrypted."))
    if member.file_size > limits.document_bytes:
        return refused(position, where, _too_large(limits))
    try:
        with archive.open(member) as stream:
            data = stream.read(limits.document_bytes + 1)  # the size in the directory may be a lie
    except (*BROKEN, RuntimeError, ValueError):
        return damaged(position, where)
    return (
        Raw(position, where, data)
        if len(data) <= limits.document_bytes
        else refused(position, where, _too_large(limits))
    )


def each(raws: Iterator[Raw | Refused], limits: Limits, item: Callable[[int, Fields], Item]) -> Iterator[Row]:
    """Parse every document and make it an item; what cannot be read or meant becomes a refused row."""
    for raw in raws:
        if isinstance(raw, Refused):
            yield raw
            continue
        foreign_id: str | None = None
        try:
            data = parse(raw.data, depth=limits.depth)
            foreign_id = _id_of(data)
            yield item(raw.position, Fields(data))
        except BadDocument as error:
            yield refused(raw.position, raw.where, error, foreign_id)


def _id_of(data: dict[str, Any]) -> str | None:
    """What the publisher calls the document, for the report, before anything else is read."""
    document = data.get("document")
    tracking = document.get("tracking") if isinstance(document, dict) else None
    found = tracking.get("id") if isinstance(tracking, dict) else data.get("id")
    return found[:200] if isinstance(found, str) else None
