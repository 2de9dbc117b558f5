"""Write down what was done as a leaf of the transparency log, in the transaction that did it.

Every release, recall, change of a key and change of membership is one. The leaf commits to the entry with a salt, so that the tree,
which is public, tells nothing of it. Refuses to know who may later read it: that is the audience's question.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from comity.domain.audit_chain import stamp
from comity.domain.commitment import SALT, commitment
from comity.services.unit import Unit
from comity.storage import ledger


def notarize(
    unit: Unit,
    what: str,
    *,
    record_uid: str = "",
    entry: Mapping[str, Any],
    audience_id: int | None = None,
) -> int:
    """Add a leaf and return its number. `entry` holds ids, codes and hashes of signed texts, never a title or a text.

    Without an audience only those who audit learn what the leaf says (a key's leaf: anyone).
    Raises `ValueError` for an entry that has no canonical form.
    """
    index = ledger.next_index(unit.db)
    written = {
        "v": 1,
        "index": index,
        "node": unit.node.node_id,
        "what": what,
        "record": record_uid,
        "at": stamp(unit.now),
        "entry": dict(entry),
    }
    salt = secrets.token_bytes(SALT)
    ledger.append(
        unit.db,
        ledger.Leaf(
            index=index,
            what=what,
            record_uid=record_uid,
            entry=written,
            salt=salt.hex(),
            commitment=commitment(written, salt).hex(),
            audience_id=audience_id,
            at=unit.now,
        ),
    )
    return index
