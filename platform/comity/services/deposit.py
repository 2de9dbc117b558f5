"""Take what machines post (TAXII 2.1 §5.5): an envelope of objects, each of which is answered by itself.

A bad object is a failure with a reason in the status and keeps no other from being taken. What may stand on a shelf is decided in
`services.shelve`, what the inbox takes in `services.receive`. The feed of records takes nothing.
"""

from __future__ import annotations

import json
import uuid
from typing import Any, Final

from comity.domain import strict_json
from comity.domain.collection import Kind
from comity.domain.errors import Invalid, NotAllowed, Problem
from comity.domain.taxii import micros
from comity.domain.taxii_status import Status
from comity.services import collect
from comity.services.receive import receive
from comity.services.shelve import shelve
from comity.services.unit import Unit
from comity.storage import statuses

MOST_OBJECTS: Final = 5_000


def deposit(unit: Unit, *, collection_id: str, raw: bytes) -> str:
    """Take an envelope. Returns the status as JSON, which is kept for a day. `Invalid` for what is no envelope."""
    opened = collect.open_collection(unit, collection_id)
    if not opened.can_write:
        raise NotAllowed("You may not write to this collection.")
    posted = _objects(raw)
    status = Status()
    if opened.collection.kind is Kind.INBOX:
        for obj in posted:
            receive(unit, obj, status)
    else:
        shelve(unit, opened.collection, posted, status)
    status_id = str(uuid.uuid4())
    resource = status.resource(status_id, micros(unit.now))
    body = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
    statuses.put(unit.db, status_id, owner=collect.caller(unit.viewer), body=body, at=unit.now)
    return body


def _objects(raw: bytes) -> list[Any]:
    try:
        posted = strict_json.parse(raw).get("objects")
    except strict_json.BadJson as bad:
        raise Invalid([Problem("body", bad.code, str(bad))], f"This is no envelope. {bad}") from bad
    if not isinstance(posted, list) or not posted or not all(isinstance(one, dict) for one in posted):
        said = "An envelope holds a list of objects that is not empty."
        raise Invalid([Problem("objects", "missing", said)], said)
    if len(posted) > MOST_OBJECTS:
        said = f"Post at most {MOST_OBJECTS} objects at once."
        raise Invalid([Problem("objects", "too_many", said)], said)
    return posted
