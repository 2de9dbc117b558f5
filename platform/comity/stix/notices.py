"""A notice as a STIX 2.1 object of our own type, defined by an extension (STIX 2.1 §7.3, `new-sdo`), and back.

Stock clients list it like any other object; only nodes act on it, and only on one whose signature was verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from comity.domain.notice import BODIES, Notice, What
from comity.domain.signing import SIGNATURE
from comity.stix.facts import StixRefused
from comity.stix.vocabulary import AUTHOR, Object, marking_of, moment, stamp

TYPE: Final = "comity-notice"
NOTICE_EXTENSION: Final = "extension-definition--7d0a4f6e-53a1-4e11-9a0c-3a2f1c8e5b42"
_KNOWN: Final = frozenset(
    {
        "type", "spec_version", "id", "created_by_ref", "created", "modified", "object_marking_refs", "extensions",
        "what", "origin_node", "addressed_to", "body",
    }
)  # fmt: skip


def notice_id(uid: UUID) -> str:
    """A version 4 UUID makes it; it is random, so that it tells nothing."""
    return f"{TYPE}--{uid}"


def notice_to_stix(notice: Notice) -> Object:
    """The object, unsigned."""
    return {
        "type": TYPE,
        "spec_version": "2.1",
        "id": notice.id,
        "created_by_ref": AUTHOR["id"],
        "created": stamp(notice.at),
        "modified": stamp(notice.at),
        "object_marking_refs": [notice.tlp.stix_marking_id],
        "what": notice.what.value,
        "origin_node": notice.origin,
        "addressed_to": [notice.to],
        "body": notice.body.model_dump(mode="json"),
        "extensions": {NOTICE_EXTENSION: {"extension_type": "new-sdo"}},
    }


def is_notice(obj: Mapping[str, Any]) -> bool:
    """Does the object claim to be one?"""
    return obj.get("type") == TYPE


def notice_from_stix(obj: Mapping[str, Any]) -> Notice:
    """The notice in a verified object. Raises `StixRefused`: unknown members too, for a notice asks that something be done."""
    if unknown := obj.keys() - _KNOWN:
        raise StixRefused("malformed", f"unknown {min(unknown)}"[:80])
    try:
        what = What(obj["what"])
        (to,) = obj["addressed_to"]
        return Notice(
            id=obj["id"],
            what=what,
            origin=obj["origin_node"],
            to=to,
            tlp=marking_of(obj.get("object_marking_refs", [])),
            at=moment(obj["created"]),
            body=BODIES[what].model_validate(obj["body"]),
        )
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise StixRefused("invalid-content", where) from error
    except (KeyError, TypeError, ValueError) as error:
        raise StixRefused("malformed", type(error).__name__) from error


def notice_extension_definition() -> Object:
    """What the type means, for those who meet it in the feed."""
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": NOTICE_EXTENSION,
        "created_by_ref": AUTHOR["id"],
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "name": "Comity notice",
        "description": "What one node tells another: release, recall, dispute, reply, keys, membership, requests, answers.",
        "schema": "urn:comity:stix:notice:1",
        "version": "1.0.0",
        "extension_types": ["new-sdo"],
    }


def signature_extension_definition() -> Object:
    """Where the origin's signature stands (`comity.domain.signing`)."""
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": SIGNATURE,
        "created_by_ref": AUTHOR["id"],
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "name": "Comity signature",
        "description": "Detached JWS (Ed25519) of the origin node over the RFC 8785 bytes of the object without this extension.",
        "schema": "urn:comity:stix:signature:1",
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }
