"""After a key was revoked: sign anew what it signed and what is still served, so that allies may believe it again.

An errand of the worker that follows the outbox, batch by batch. Each object becomes a new version of itself, with the same readers,
and a leaf of the log; the versions under the revoked signature are sealed. Safe to repeat: what was done is not found again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from comity.domain.audience import Stage
from comity.domain.canonical import canonical_json
from comity.domain.feed import next_version
from comity.domain.signing import SIGNATURE, SigningKey, sign
from comity.domain.strict_json import parse
from comity.domain.viewer import Viewer
from comity.services.notarize import notarize
from comity.services.runtime import Runtime
from comity.services.sign import signing_key
from comity.services.unit import Unit
from comity.stix.vocabulary import moment, stamp
from comity.storage import audiences, node_keys, objects, outbox, records, signatures
from comity.storage.signatures import Served

FOLLOWER: Final = "sign anew"
LEASE: Final = timedelta(minutes=5)
BATCH: Final = 100


def sign_anew(runtime: Runtime, *, worker: str) -> int:
    """Deal with the revocations that were not dealt with yet. Returns how many objects were signed."""
    with runtime.system_unit(FOLLOWER) as unit:
        seen = outbox.claim(unit.db, FOLLOWER, worker=worker, now=unit.now, lease=LEASE)
        if seen is None:
            return 0
        events = outbox.after(unit.db, seen, limit=1000)
        if not any(event.what == "key.revoked" for event in events):
            if events:
                outbox.advance(unit.db, FOLLOWER, events[-1].seq)
            return 0
    signed, after = 0, ""
    while True:
        with runtime.system_unit(FOLLOWER) as unit:
            if outbox.claim(unit.db, FOLLOWER, worker=worker, now=unit.now, lease=LEASE) is None:
                return signed
            after, count = batch(unit, after=after)
            signed += count
            if not after:
                outbox.advance(unit.db, FOLLOWER, events[-1].seq)
                return signed


def batch(unit: Unit, *, after: str = "") -> tuple[str, int]:
    """Sign the next objects anew, and, first, every notice that waits to be sent.

    Returns the id of the last object that was looked at, empty when there is none left, and how many were signed.
    """
    key = signing_key(unit)
    kids = {one.kid for one in node_keys.history(unit.db) if one.state == node_keys.REVOKED}
    if key is None or not kids:
        return "", 0
    for number, body in signatures.waiting(unit.db, kids).items():
        waiting = parse(body.encode())
        if _rests_on(waiting, kids):
            at = next_version(unit.now, moment(str(waiting["modified"])))
            again = canonical_json(_signed(waiting, key, kids, at)).decode("utf-8")
            signatures.write_waiting(unit.db, number, again)
    ids = signatures.objects_naming(unit.db, kids, after=after, limit=BATCH)
    signed = sum(_again(unit, signatures.versions(unit.db, stix_id), key, kids) for stix_id in ids)
    return ids[-1] if ids else "", signed


def _again(unit: Unit, rows: Sequence[Served], key: SigningKey, kids: Collection[str]) -> int:
    """All versions of one object that are served, in their order: a tombstone for some stays before what others keep.

    Returns 1, or 0 where none of them rests on these keys.
    """
    if not any(_rests_on(parse(row.body.encode()), kids) for row in rows):
        return 0
    last = max(moment(str(parse(row.body.encode())["modified"])) for row in rows)
    for row in rows:
        last = next_version(unit.now, last)
        _put(unit, row, _signed(parse(row.body.encode()), key, kids, last))
    return 1


def _put(unit: Unit, row: Served, made: dict[str, Any]) -> None:
    text = canonical_json(made).decode("utf-8")
    sealed = audiences.ensure(unit.db, audiences.load(unit.db, row.audience_id).at(Stage.SEALED))
    put = objects.NewObject(
        stix_id=row.stix_id,
        version=made["modified"],
        type=row.type,
        body=text,
        audience_id=row.audience_id,
        record_id=row.record_id,
        revision_id=row.revision_id,
        origin_node=row.origin_node,
    )
    objects.put(unit.db, row.collection_id, [put], unit.now)
    objects.reaudience(unit.db, [row.seq], sealed)
    notarize(
        unit,
        "signed_anew",
        record_uid=_uid(unit, row.record_id),
        entry={
            "object": row.stix_id,
            "modified": made["modified"],
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
        },
        audience_id=row.audience_id,
    )


def _uid(unit: Unit, record_id: int | None) -> str:
    if record_id is None:
        return ""
    found = records.by_ids(unit.db, Viewer.system(unit.node.node_id, FOLLOWER), [record_id])
    return found[record_id].uid if record_id in found else ""


def _inner(obj: dict[str, Any]) -> dict[str, Any] | None:
    """The signed record inside a release."""
    body = obj.get("body")
    found = body.get("record") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else None


def _rests_on(obj: dict[str, Any], kids: Collection[str]) -> bool:
    """Was it, or the record inside it, signed by one of these keys?"""
    inner = _inner(obj)
    return _kid(obj) in kids or (inner is not None and _kid(inner) in kids)


def _signed(obj: dict[str, Any], key: SigningKey, kids: Collection[str], at: datetime) -> dict[str, Any]:
    """`obj` under the new key as a version made at `at`, and the record inside a release too, when a revoked key signed it."""
    inner = _inner(obj)
    if inner is not None and _kid(inner) in kids:
        obj = {**obj, "body": {**obj["body"], "record": _signed(inner, key, kids, at)}}
    extensions = {name: one for name, one in obj.get("extensions", {}).items() if name != SIGNATURE}
    bare = {name: one for name, one in obj.items() if name != "extensions"}
    bare |= {"modified": stamp(at), **({"extensions": extensions} if extensions else {})}
    return sign(bare, key)


def _kid(obj: dict[str, Any]) -> str:
    extensions = obj.get("extensions")
    held = extensions.get(SIGNATURE) if isinstance(extensions, dict) else None
    return str(held.get("kid")) if isinstance(held, dict) else ""
