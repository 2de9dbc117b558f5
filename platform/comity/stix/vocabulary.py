"""The fixed objects every bundle leans on: our extension-definition, its author, and the five TLP 2.0 markings.

Their ids and times never change: the same id must always stand for the same object (STIX 2.1 §3.6).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from comity.domain.tlp import TLP

NAMESPACE: Final = UUID("6f2bb5f4-5e2c-5c1b-9d5e-0c6d2b7f7a10")
EXTENSION_ID: Final = "extension-definition--0b7a3f7e-2a39-4d0c-8a3d-5b1f6f3f5a21"
_TLP_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_FIXED_TIME: Final = "2026-01-01T00:00:00.000Z"

Object = dict[str, Any]


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with three digits of a second (STIX 2.1 §2.16)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The inverse of `stamp`. Raises `ValueError`, also for a time without a zone."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError("a time without a zone")
    return read.astimezone(UTC)


def object_id(stix_type: str, uid: UUID) -> str:
    """The STIX id of a record: derived, because STIX validators accept RFC 4122 versions only and records have UUIDv7."""
    return f"{stix_type}--{uuid5(NAMESPACE, str(uid))}"


def identity(name: str, identity_class: str, *about: str, markings: Iterable[str] = ()) -> Object:
    """An organization, a node or a programme; never a person. The id follows from everything in the object."""
    refs = list(markings)
    made: Object = {
        "type": "identity",
        "spec_version": "2.1",
        "id": f"identity--{uuid5(NAMESPACE, '|'.join((identity_class, name, *about, *refs)))}",
        "created": _FIXED_TIME,
        "modified": _FIXED_TIME,
        "name": name,
        "identity_class": identity_class,
    }
    return {**made, "object_marking_refs": refs} if refs else made


AUTHOR: Final = identity("Comity", "organization", "extension author")


def extension_definition() -> Object:
    """Where content, handling and origin travel: everything of a record that STIX has no property for."""
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": EXTENSION_ID,
        "created_by_ref": AUTHOR["id"],
        "created": _FIXED_TIME,
        "modified": _FIXED_TIME,
        "name": "Comity record",
        "description": "Content, handling and origin of a research-security record: claims with graded sources and expiry, "
        "judgements, actions, and the conditions of onward use.",
        "schema": "urn:comity:stix:record:1",
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }


def marking_definition(tlp: TLP) -> Object:
    """The TLP 2.0 marking as OASIS publishes it."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": tlp.stix_marking_id,
        "created": "2022-10-01T00:00:00.000Z",
        "name": tlp.label,
        "extensions": {_TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp.token}},
    }


def marking_of(refs: Iterable[str]) -> TLP:
    """The marking that the refs give. None, or more than one, is an unknown marking and means most restrictive."""
    found = {tlp for tlp in TLP for ref in refs if tlp.stix_marking_id == ref}
    return found.pop() if len(found) == 1 else TLP.RED
