"""The last version of a record that was taken down, as STIX 2.1: `revoked`, with its place and the reason, and without its content.

It has the id of the record's object and a later `modified`, so that any STIX reader stops using what went before. Decides what
stays when the content goes: uid, reference, version, kind, origin, dates, reason code and what to use instead. No title, no words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from comity.domain.kinds.registry import KINDS
from comity.stix.facts import StixFacts, StixRefused
from comity.stix.record import extension_of, facts_of, origin_of
from comity.stix.vocabulary import EXTENSION_ID, Object, moment, object_id, stamp

_LONGEST_CODE: Final = 60


@dataclass(frozen=True)
class Stone:
    """`until` is there when it comes back by itself, such as after a hold. `replaced_by` is a reference."""

    reason_code: str
    taken_down: datetime
    replaced_by: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class ParsedStone:
    """A tombstone as read from STIX; nothing in it is trusted yet. `facts.revoked` is true."""

    facts: StixFacts
    kind: str
    stone: Stone


def tombstone_to_stix(facts: StixFacts, kind: str, stone: Stone) -> Object:
    """The object, unsigned. `facts.modified` is later than that of every version before."""
    stix_type = KINDS[kind].stix_type
    origin = origin_of(facts)["id"]
    extra = extension_of(facts, kind)
    extra["tombstone"] = {"reason_code": stone.reason_code, "taken_down": stamp(stone.taken_down)}
    if stone.replaced_by:
        extra["tombstone"]["replaced_by"] = stone.replaced_by
    if stone.until is not None:
        extra["tombstone"]["until"] = stamp(stone.until)
    return {
        "type": stix_type,
        "spec_version": "2.1",
        "id": object_id(stix_type, facts.uid),
        "created_by_ref": origin,
        "created": stamp(facts.created),
        "modified": stamp(facts.modified),
        "revoked": True,
        "object_marking_refs": [facts.tlp.stix_marking_id],
        "external_references": [{"source_name": "comity", "external_id": facts.ref}],
        **_required(stix_type, facts, origin),
        "extensions": {EXTENSION_ID: extra},
    }


def is_tombstone(obj: Mapping[str, Any]) -> bool:
    """Does the object say of a record that it was taken down?"""
    extra = _extra(obj)
    return isinstance(extra, Mapping) and "tombstone" in extra


def tombstone_from_stix(obj: Mapping[str, Any]) -> ParsedStone:
    """The inverse of `tombstone_to_stix`. Raises `StixRefused`, also for one that brings content along."""
    extra = _extra(obj)
    if not isinstance(extra, Mapping) or "content" in extra or obj.get("revoked") is not True:
        raise StixRefused("malformed", "not a tombstone")
    kind = KINDS.get(str(extra.get("kind")))
    if kind is None or kind.stix_type != obj.get("type"):
        raise StixRefused("unknown-kind", f"{extra.get('kind')} as {obj.get('type')}")
    try:
        said = extra["tombstone"]
        stone = Stone(
            reason_code=str(said["reason_code"])[:_LONGEST_CODE],
            taken_down=moment(said["taken_down"]),
            replaced_by=str(said.get("replaced_by", ""))[:80],
            until=moment(said["until"]) if "until" in said else None,
        )
        facts = replace(facts_of(obj, extra), replaced_by=stone.replaced_by)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StixRefused("malformed", type(error).__name__) from error
    return ParsedStone(facts, kind.name, stone)


def _extra(obj: Mapping[str, Any]) -> Any:
    extensions = obj.get("extensions")
    return extensions.get(EXTENSION_ID) if isinstance(extensions, Mapping) else None


def _required(stix_type: str, facts: StixFacts, origin: str) -> Object:
    """What STIX asks of each type, said without a word of the content."""
    match stix_type:
        case "report":
            return {"name": facts.ref, "published": stamp(facts.published), "object_refs": [origin]}
        case "note":
            return {"content": facts.ref, "object_refs": [origin]}
        case _:
            return {"name": facts.ref}
