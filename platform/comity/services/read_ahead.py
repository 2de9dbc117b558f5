"""Read a file in a process of its own while the rows read before are stored: parsing and checking need a core, and so does storing.

Decides nothing about the rows: they come in the order and with the errors of the same reading done here. The reader's process also
keeps a hostile file away from the database: it holds no connection, and it ends with this one, however this one ends.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import Connection
from typing import Final

from comity.formats.rows import Row

CHUNK: Final = 300
"""Rows handed over at once. The pipe takes the next chunk only when this process wants it, so that memory stays small."""

Reading = Callable[[], Iterator[Row]]
"""Starts the reading; it must be picklable (a `functools.partial` of a function of a module)."""


def read_ahead(reading: Reading) -> Iterator[Row]:
    """The rows of `reading`, made in another process. Raises what the reading raises, and `OSError` if its process dies."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(reading, sender), daemon=True)
    process.start()
    sender.close()
    try:
        yield from _received(receiver)
    finally:
        receiver.close()
        process.terminate()
        process.join()


def _received(receiver: Connection) -> Iterator[Row]:
    while True:
        try:
            got: list[Row] | Exception = receiver.recv()
        except EOFError:
            raise OSError("The process that reads the file ended before the file did.") from None
        if isinstance(got, Exception):
            raise got
        if not got:
            return
        yield from got


def _send(reading: Reading, sender: Connection) -> None:
    """The other process: chunks of rows, then an empty one; or the error that ended the reading."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells both; this side ends with the pipe
    with suppress(BrokenPipeError):
        try:
            rows = reading()
            while chunk := list(islice(rows, CHUNK)):
                sender.send(chunk)
            sender.send([])
        except (OSError, ValueError, KeyError) as error:
            sender.send(error)
