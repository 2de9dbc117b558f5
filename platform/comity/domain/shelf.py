"""What may stand on a shelf: plain STIX 2.1 objects of members' machines, marked TLP:CLEAR or TLP:GREEN and nothing else.

Decides about one object at a time, so that a bad one is told and the others are taken. Whatever could be mistaken for something
exchanged between nodes is refused: here nothing was signed and nobody voted. Unknown markings mean the strictest (STIX 2.1 §1.4,
§3.6, §7.2; TAXII 2.1 §5.5).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from comity.domain.signing import SIGNATURE
from comity.domain.taxii import BadTime, version_of
from comity.domain.tlp import TLP, strictest

_ID: Final = re.compile(
    r"(?P<type>[a-z0-9](?:-?[a-z0-9])*)--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)
LONGEST_TYPE: Final = 60
MARKINGS: Final[Mapping[str, TLP]] = {one.stix_marking_id: one for one in TLP} | {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": TLP.CLEAR,  # TLP 1: WHITE (STIX 2.1 §7.2.1.4)
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": TLP.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": TLP.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": TLP.RED,
}
TAKEN: Final = (TLP.CLEAR, TLP.GREEN)


class NotForShelf(ValueError):
    """The object is not taken. `reason` is a code; the message is for the machine's owner."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True)
class Examined:
    """What is known of an object that may stand there. `version` is empty for one that has neither `modified` nor `created`."""

    stix_id: str
    type: str
    version: str
    tlp: TLP


def examine(obj: object, *, usual: TLP, exchanged: Collection[str]) -> Examined:
    """Read an object. `usual` is the marking of one without any, `exchanged` names what nodes send each other (types, extensions).

    Raises `NotForShelf`.
    """
    if not isinstance(obj, Mapping):
        raise NotForShelf("not-an-object", "An object is a JSON object.")
    stix_id, type_ = _identity(obj)
    _refuse_exchanged(obj, type_, exchanged)
    try:
        version = version_of(obj)
    except BadTime as bad:
        raise NotForShelf(
            "time", "created and modified are times as RFC 3339, no finer than a microsecond."
        ) from bad
    said = obj.get(
        "spec_version", "" if version else "2.1"
    )  # a cyber-observable may leave it out (STIX 2.1 §3.2)
    if said != "2.1":
        raise NotForShelf(
            "spec-version", "This collection takes STIX 2.1 alone: spec_version is missing or another."
        )
    return Examined(stix_id, type_, version, _marking(obj, usual))


def _identity(obj: Mapping[str, Any]) -> tuple[str, str]:
    stix_id, type_ = obj.get("id"), obj.get("type")
    if not isinstance(type_, str) or not 0 < len(type_) <= LONGEST_TYPE:
        raise NotForShelf("type", f"type is missing, or longer than {LONGEST_TYPE} characters.")
    found = _ID.fullmatch(stix_id) if isinstance(stix_id, str) else None
    if found is None or found["type"] != type_:
        raise NotForShelf("id", "id is missing, or not the type, two dashes and a UUID.")
    return str(stix_id), type_


def _refuse_exchanged(obj: Mapping[str, Any], type_: str, exchanged: Collection[str]) -> None:
    extensions = obj.get("extensions", {})
    names = set(extensions) if isinstance(extensions, Mapping) else set()
    if type_ in exchanged or not names.isdisjoint({SIGNATURE, *exchanged}):
        raise NotForShelf(
            "exchanged",
            "Records and notices of nodes are exchanged signed, between nodes. A shelf takes none.",
        )


def _marking(obj: Mapping[str, Any], usual: TLP) -> TLP:
    """The strictest of its markings, portions included."""
    found = [MARKINGS.get(ref, TLP.RED) for ref in _marking_refs(obj)]
    tlp = strictest(found) if found else usual
    if tlp not in TAKEN:
        raise NotForShelf(
            "marking",
            "A shelf takes TLP:CLEAR and TLP:GREEN. This is marked stricter, or in a way not known here.",
        )
    return tlp


def _marking_refs(obj: Mapping[str, Any]) -> Iterator[str]:
    """Whatever is not a list of texts where one belongs counts as a marking that nobody knows."""
    refs = obj.get("object_marking_refs", [])
    yield from map(str, refs) if isinstance(refs, list) else ["?"]
    portions = obj.get("granular_markings", [])
    for one in portions if isinstance(portions, list) else ["?"]:
        if not (isinstance(one, Mapping) and "lang" in one and "marking_ref" not in one):
            yield str(one.get("marking_ref", "?")) if isinstance(one, Mapping) else "?"
