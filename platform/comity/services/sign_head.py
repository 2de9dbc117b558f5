"""Sign the head of the log when it has grown: from then on the node cannot take a leaf back without its witnesses noticing.

A job of the worker, every few seconds, and not part of what adds a leaf: a thousand releases at once need one head.
"""

from __future__ import annotations

from comity.domain import ledger as tree
from comity.domain.checkpoint import signed_head, with_lines
from comity.services.sign import signing_key
from comity.services.unit import Unit
from comity.storage import ledger
from comity.storage.ledger import Checkpoint


def sign_head(unit: Unit) -> Checkpoint | None:
    """The newest head, signed now if there are leaves it does not cover. None for an empty log, or without a key."""
    newest = ledger.newest_checkpoint(unit.db)
    size = ledger.size(unit.db)
    if newest is not None and newest.size >= size:
        return newest
    key = signing_key(unit)
    if key is None or size == 0:
        return newest
    root = tree.hash_of((0, size), ledger.hashes(unit.db, tree.cover((0, size))))
    head = Checkpoint(size, root.hex(), signed_head(key, size=size, root=root), unit.now)
    ledger.add_checkpoint(unit.db, head)
    return head


def served(unit: Unit, head: Checkpoint) -> str:
    """The note with the lines of all who cosigned it."""
    return with_lines(head.note, (one.line for one in ledger.cosignatures(unit.db, head.size)))
