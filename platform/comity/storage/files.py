"""The bytes of attachments, named by their SHA-256 under `data_dir/attachments`. Knows nothing of records or of who may read.

A file that is there already is written again all the same, so that neither answer nor time tells that somebody else has it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

_PIECE: Final = 1 << 20
_INCOMING: Final = ".incoming-"


class TooBig(Exception):
    """More bytes than the limit."""


@dataclass(frozen=True)
class Received:
    """A file that was taken in and is not kept yet."""

    path: Path
    sha256: str
    size: int


def folder(data_dir: Path) -> Path:
    """Where the bytes are; made with access for the service alone."""
    place = data_dir / "attachments"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def path_of(data_dir: Path, sha256: str) -> Path:
    """The file with these bytes, by the 64 hex digits that the database holds."""
    if len(sha256) != 64 or not all(char in "0123456789abcdef" for char in sha256):
        raise ValueError("not a SHA-256 in hexadecimal")
    return folder(data_dir) / sha256


@contextmanager
def received(data_dir: Path, stream: BinaryIO, *, limit: int) -> Iterator[Received]:
    """Read `stream` piece by piece into a temporary file beside the others. Raises `TooBig`. Whatever is not kept is deleted."""
    handle, name = tempfile.mkstemp(prefix=_INCOMING, dir=folder(data_dir))
    path = Path(name)
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as out:
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > limit:
                    raise TooBig
                digest.update(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        yield Received(path, digest.hexdigest(), size)
    finally:
        path.unlink(missing_ok=True)


def keep(data_dir: Path, file: Received) -> None:
    """Give the file its place for good."""
    file.path.replace(path_of(data_dir, file.sha256))


def older_than(data_dir: Path, moment: datetime) -> list[str]:
    """The SHA-256 of every file that was last written before `moment`, and no more of what a crash left half received."""
    found = []
    for path in folder(data_dir).iterdir():
        if path.stat().st_mtime < moment.timestamp():
            if path.name.startswith(_INCOMING):
                path.unlink(missing_ok=True)
            else:
                found.append(path.name)
    return sorted(found)


def forget(data_dir: Path, sha256: str) -> None:
    """Delete the bytes. The caller knows that no record has them any more."""
    path_of(data_dir, sha256).unlink(missing_ok=True)
