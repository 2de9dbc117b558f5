"""Hash and check passwords with Argon2id: 64 MiB, three passes, four lanes (RFC 9106; about 0.2 s of one core).

Decides how much of that may go on at once, because sixteen threads would take a gigabyte. Refuses to know accounts.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from comity.domain.errors import Busy
from comity.domain.password_rules import LONGEST, normalized

_hasher = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=65536, parallelism=4),))
AT_ONCE: Final = 2
_places = threading.BoundedSemaphore(AT_ONCE)
_WAIT_SECONDS: Final = 8.0

NOBODYS: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$oylDExxVI+Fe8YTD5XMchQ$MeLwC6vOaAcpLRUzpeWSKu6xgr+c9xyhr5YkKcnw8gs"
)
"""The hash of a random text that was thrown away: what is checked when there is no account, so that it takes as long."""


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=_WAIT_SECONDS):
        raise Busy
    try:
        yield
    finally:
        _places.release()


def hashed(password: str) -> str:
    """The hash to keep. Raises `Busy` when too many are being made."""
    with _place():
        return _hasher.hash(normalized(password))


def matches(password: object, kept: str) -> bool:
    """Is this the password of the hash? The work is the same when there is no hash, or nothing that could be a password (S19)."""
    usable = isinstance(password, str) and 0 < len(password) <= LONGEST
    text = normalized(password) if isinstance(password, str) and usable else "-"
    with _place():
        same = _hasher.verify(text.encode("utf-8", "surrogatepass"), kept or NOBODYS)
    return same and usable and bool(kept)
