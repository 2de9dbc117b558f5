"""Walk the audit chain from its first entry and say whether it is whole, against the length and last hash kept beside it."""

from __future__ import annotations

from comity.domain.audit_chain import GENESIS, Broken, Intact, verify
from comity.services.unit import Unit
from comity.storage import audit


def verify_chain(unit: Unit, *, length: int | None = None, head: str | None = None) -> Intact | Broken:
    """The verdict. `length` and `head` are a checkpoint that was written down elsewhere; without them the node's own is used.

    The node's own notices entries that were altered or cut off, unless whoever did it altered the counter too: write
    checkpoints down where the operator of the database cannot reach them.
    """
    kept_length, kept_head = audit.head(unit.db)
    own = verify(audit.chain(unit.db), expected_length=kept_length, expected_head=(kept_head or GENESIS))
    if isinstance(own, Broken) or (length is None and head is None):
        return own
    return _against(unit, own, length, head)


def _against(unit: Unit, own: Intact, length: int | None, head: str | None) -> Intact | Broken:
    """The chain may have grown since a checkpoint: it must still hold the checkpoint's last hash at its place."""
    if length is not None and own.n < length:
        return Broken(own.n + 1, f"{length} entries were written down and {own.n} are there")
    if head is None or head == own.head or (length == 0 and head == GENESIS):
        return own
    if length is not None and audit.hash_at(unit.db, length) == head:
        return own
    return Broken(length or own.n, "the last hash is not the one that was written down")
