"""Write a record out as the STIX object that leaves the node: what travels of its content, its handling and its envelope.

Claims that are marked more strictly than the record stay behind, names of readers and nodes do not travel, files are not sent.
Decides what is in the object; refuses to know to whom it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from comity.domain.audience import Stage
from comity.domain.feed import loses_somebody
from comity.domain.handling import Caveat, Handling
from comity.domain.kinds.registry import kind
from comity.domain.record import Record, Revision
from comity.domain.tlp import TLP
from comity.services.attribute import name_on_copies, originator
from comity.services.unit import Unit
from comity.stix.facts import StixFacts, StixRefused
from comity.stix.record import to_stix
from comity.stix.tombstone import Stone, tombstone_to_stix
from comity.stix.vocabulary import Object
from comity.storage import audiences, records

_OF_HANDLING: Final = (
    "orcon", "caveats", "permitted_actions", "attribution_mode", "attribution", "affected_party_notice",
    "embargo_until", "handling_ends",
)  # fmt: skip
_TEXT: Final = 80


def may_leave(revision: Revision) -> bool:
    """RED is for named readers here, and exceptional personal data never leaves (F-04, SG-02)."""
    return revision.handling.tlp is not TLP.RED and revision.content.get("personal_data") != "exceptional"


def version_object(
    system: Unit, record: Record, revision: Revision, content: Mapping[str, Any], tlp: TLP, modified: datetime
) -> Object | None:
    """One published version, unsigned; None for what may not leave. `content` is whole, with its claims; `tlp` is in force."""
    facts = _facts(system, record, revision, modified, tlp=tlp)

    def may_carry(portion: TLP) -> bool:
        return portion.restriction <= tlp.restriction

    whole = {**content, "related": _known_there(system, record, content.get("related") or ())}
    try:
        return to_stix(facts, kind(record.kind).model_validate(whole), may_carry)[-1]
    except StixRefused:
        return None


def _known_there(
    system: Unit, record: Record, related: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Links to what is known here and not open to every reader of this record stay behind (S36, and F-06 for copies)."""
    kept = []
    for one in related:
        found = records.get(system.db, system.viewer, str(one.get("ref", "")).strip())
        if found is None or _as_open(system, record, found):
            kept.append(one)
    return kept


def _as_open(system: Unit, record: Record, other: Record) -> bool:
    here, there = (audiences.load(system.db, one.audience_id) for one in (record, other))
    if other.is_copy(system.node.node_id) and there.tlp is TLP.CLEAR and there.stage is Stage.LIVE:
        return True  # its origin gave it to anyone, which a copy's own readers do not say
    return other.is_published and there.stage is not Stage.SEALED and not loses_somebody(here, there)


def stone_object(
    system: Unit, record: Record, revision: Revision, stone: Stone, tlp: TLP, modified: datetime
) -> Object:
    """What follows a version that was taken down, unsigned. `revision` is the one that stood there last."""
    facts = _facts(system, record, revision, modified, tlp=tlp, revoked=True)
    return tombstone_to_stix(facts, record.kind, stone)


def replacement(system: Unit, record: Record, ref: str) -> str:
    """The reference of what takes the record's place, when whoever reads the one may know of the other; empty otherwise (S36)."""
    found = records.get(system.db, system.viewer, ref) if ref else None
    if found is None or found.tombstone is not None or not _as_open(system, record, found):
        return ""
    return found.ref[:_TEXT]


def replaced_by(system: Unit, record: Record) -> str:
    """As `replacement`, for a record that gave way to a newer one and stays readable."""
    return replacement(system, record, record.superseded_by or "")


def ends_early(record: Record) -> datetime | None:
    """The end of an urgent notice, which is not the date that its content gives (G-04)."""
    return record.expires_at if record.urgent else None


def _facts(
    system: Unit,
    record: Record,
    revision: Revision,
    modified: datetime,
    *,
    tlp: TLP,
    revoked: bool = False,
) -> StixFacts:
    node = system.node
    return StixFacts(
        uid=UUID(record.uid),
        ref=record.ref,
        version=revision.version,
        node=node.node_id,
        node_name=node.name,
        sector=record.sector,
        organization=_organization(system, record, revision.handling),
        tlp=tlp,
        created=min(record.created_at, modified),
        modified=modified,
        published=record.published_at or modified,
        revoked=revoked,
        handling={} if revoked else _handling(revision.handling),
        expires=None if revoked else ends_early(record),
        replaced_by="" if revoked else replaced_by(system, record),
    )


def _organization(system: Unit, record: Record, handling: Handling) -> str:
    """The name of the originator, where the record is given under it and copies may say so."""
    return name_on_copies(originator(system, record), handling)


def _handling(handling: Handling) -> dict[str, Any]:
    """What another node must keep to. Sectors and roles narrow there as here; no name of an organization, person or node.

    What is released by name says so by REL alone: whoever is served it is among those named, and learns of no other.
    """
    whole = handling.model_dump(mode="json")
    said = {name: whole[name] for name in _OF_HANDLING}
    said |= {"permitted_actions": handling.permitted, "attribution": handling.attribution_in_force}
    if handling.releasable_to and handling.tlp is not TLP.CLEAR:
        said["caveats"] = list(dict.fromkeys([*said["caveats"], Caveat.REL.value]))
    narrowed = {name: whole["audience"][name] for name in ("sectors", "roles") if whole["audience"][name]}
    return said | ({"audience": narrowed} if narrowed else {})
