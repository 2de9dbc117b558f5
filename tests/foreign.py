"""What an ally says, as tests make it up: records and tombstones of the node sudland, signed with its real key."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from comity.domain.canonical import canonical_json
from comity.domain.kinds.registry import kind
from comity.domain.signing import Object, SigningKey, Verified, sign, verify_object
from comity.domain.tlp import TLP
from comity.stix.facts import StixFacts
from comity.stix.record import to_stix
from comity.stix.tombstone import Stone, tombstone_to_stix
from tests import allies
from tests.story import NOW, example

SUDLAND: Final = allies.new_key("sudland")
REF: Final = "RSI-sudland-ADV-2026-000001"
"""The reference of `said()`."""


def uid(number: int) -> UUID:
    """The uid of record `number`."""
    return UUID(f"01934f3e-7c1a-7b3d-8f00-{number:012x}")


def facts(number: int = 1, **changes: Any) -> StixFacts:
    """A GREEN advisory of sudland, an hour old."""
    made = StixFacts(
        uid=uid(number),
        ref=f"RSI-sudland-ADV-2026-{number:06d}",
        version="1.0",
        node="sudland",
        node_name="Sudland Exchange",
        sector="academia",
        organization="Faraway University",
        tlp=TLP.GREEN,
        created=NOW - timedelta(days=1),
        modified=NOW - timedelta(hours=1),
        published=NOW - timedelta(hours=1),
    )
    return replace(made, **changes)


def said(number: int = 1, *, words: dict[str, Any] | None = None, **changes: Any) -> Object:
    """The object of a record, unsigned. `words` go into its content, `changes` into its facts."""
    content = kind("advisory").model_validate(example(now=NOW, **(words or {})))
    return to_stix(facts(number, **changes), content)[-1]


def fallen(
    number: int = 1, *, reason: str = "error", until: datetime | None = None, **changes: Any
) -> Object:
    """Its tombstone, unsigned."""
    told = facts(number, **{"modified": NOW, "revoked": True, **changes})
    return tombstone_to_stix(told, "advisory", Stone(reason, told.modified, until=until))


def verified(obj: Object, key: SigningKey = SUDLAND) -> Verified[Object]:
    """As it is after its signature was checked."""
    public = allies.public(key)
    return verify_object(sign(obj, key), lambda node, kid: public, now=NOW)


def text_of(signed: Object) -> str:
    """As it is served."""
    return canonical_json(signed).decode("utf-8")
