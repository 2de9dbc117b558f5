"""Take a record out of the portal with its marking on it: as plain JSON, or as STIX 2.1 (H-07).

Refuses what the originator has not said yes to (ORCON) and what is for named recipients alone (RED). Who exported is remembered, so
that a later correction reaches them (4.5.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from comity.domain.errors import Conflict, NotAllowed, NotFound
from comity.domain.handling import Handling
from comity.domain.kinds.registry import kind
from comity.domain.record import Revision
from comity.domain.strict_json import parse
from comity.domain.tlp import TLP, parse_tlp, strictest
from comity.services import onward
from comity.services.attribute import name_on_copies
from comity.services.read import Reading
from comity.services.spell_out import spell_out
from comity.services.unit import Unit
from comity.stix.facts import StixFacts, StixRefused
from comity.stix.record import bundle, to_stix
from comity.storage import copies, openings

ADVICE: Final = "This is advice, never clearance: the decision stays with the reader and their organization."
_SHOWN_OF_HANDLING: Final = (
    "orcon", "caveats", "permitted_actions", "attribution_mode", "attribution", "affected_party_notice",
    "embargo_until", "handling_ends",
)  # fmt: skip
"""Never the audience: the names of other readers do not travel with a copy."""


def as_json(unit: Unit, reading: Reading) -> dict[str, Any]:
    """The record as its page shows it, its marking first and last. Raises `NotAllowed` with the reason where it may not leave."""
    revision = _exportable(unit, reading)
    labels = [revision.handling.tlp]
    labels += [parse_tlp(str(one["tlp"])) for one in reading.content.get("claims", ()) if one.get("tlp")]
    marking = _marking(revision.handling, strictest(labels), unit.now)
    record = reading.record
    return {
        "marking": marking,
        "ref": record.ref,
        "uid": record.uid,
        "version": revision.version,
        "kind": record.kind,
        "state": record.state.value,
        "under_dispute": record.under_dispute,
        "published": _when(revision.published_at),
        "review_due": _when(record.review_due),
        "expires": _when(record.expires_at),
        "replaced_by": reading.replaced_by.ref if reading.replaced_by else None,
        "origin": {
            "node": record.origin_node,
            "sector": record.sector,
            "organization": _organization(reading, revision.handling) or None,
        },
        "content": dict(reading.content),
        "replies": [
            {"organization": one.entity_name, "received": _when(one.received_at), "text": one.text}
            for one in reading.replies
            if one.text
        ],
        "exported_at": _when(unit.now),
        "notice": ADVICE,
        "marking_repeated": marking,
    }


def as_stix(unit: Unit, reading: Reading) -> dict[str, Any]:
    """A STIX 2.1 bundle. Claims marked more strictly than the record stay behind."""
    revision = _exportable(unit, reading)
    record, node = reading.record, unit.node
    facts = StixFacts(
        uid=UUID(record.uid),
        ref=record.ref,
        version=revision.version,
        node=record.origin_node,
        node_name=record.origin_says("node_name") if record.is_copy(node.node_id) else node.name,
        sector=record.sector,
        tlp=revision.handling.tlp,
        created=record.created_at,
        modified=revision.published_at or revision.created_at,
        published=record.published_at or revision.created_at,
        organization=_organization(reading, revision.handling),
        handling=_handling(revision.handling),
    )
    try:
        made = to_stix(facts, kind(record.kind).model_validate(dict(reading.content)))
        return bundle([*made[:-1], _as_it_came(unit, reading) or made[-1]])
    except StixRefused as refused:
        raise NotAllowed("It holds personal data by exception, which does not leave this node.") from refused


def remember(unit: Unit, *, reading: Reading, form: str) -> None:
    """Write down that the viewer took a copy. AMBER and stricter were logged, with the purpose, when they were opened."""
    record, person = reading.record, unit.viewer.person
    unit.audit("record.export", record.ref, audience_id=record.audience_id, form=form)
    if person is None or reading.audience.tlp.restriction >= TLP.AMBER.restriction:
        return
    openings.add(
        unit.db,
        openings.Opening(
            record_id=record.id,
            revision_id=reading.revision.id if reading.revision else 0,
            account_id=person,
            organization=unit.viewer.organization or "",
            sector=unit.viewer.sector.value if unit.viewer.sector else "",
            purpose="",
            at=unit.now,
        ),
    )


def refusal(unit: Unit, reading: Reading) -> str:
    """Why this record may not be exported, in one sentence; empty when it may."""
    revision = reading.revision
    if revision is None or not reading.record.is_published or revision.published_at is None:
        return "Only published versions are exported."
    if reading.record.tombstone is not None:
        return "A withdrawn record is not exported."
    if revision.handling.tlp is TLP.RED:
        return "TLP:RED is for its named recipients: it is read here and not exported."
    if revision.handling.orcon and not onward.copy_agreed(unit, reading.record):
        return (
            "Its originator keeps control (ORCON): ask the originator before you take a copy or an extract."
        )
    return ""


def _exportable(unit: Unit, reading: Reading) -> Revision:
    reason = refusal(unit, reading)
    if reading.needs_purpose or reading.revision is None:
        raise NotFound
    if not reading.record.is_published:
        raise Conflict(reason)
    if reason:
        raise NotAllowed(reason)
    return reading.revision


def _marking(handling: Handling, tlp: TLP, now: datetime) -> Mapping[str, Any]:
    said = [tlp.meaning, *spell_out(handling, now)[1:]]
    return {"tlp": tlp.label, "meaning": tlp.meaning, "handling": _handling(handling), "says": said}


def _handling(handling: Handling) -> dict[str, Any]:
    whole = handling.model_dump(mode="json")
    shown = {name: whole[name] for name in _SHOWN_OF_HANDLING}
    return shown | {"permitted": handling.permitted, "attribution": handling.attribution_in_force}


def _when(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None


def _organization(reading: Reading, handling: Handling) -> str:
    """Who it is from, where copies may say so: a member here, or whom the origin of a copy names."""
    return name_on_copies(reading.originator, handling) or reading.record.origin_says("organization")


def _as_it_came(unit: Unit, reading: Reading) -> dict[str, Any] | None:
    """The very object that the origin signed, for a copy at the version in force: nothing of it is lost on the way through here.

    Above GREEN a copy may hold portions that this reader may not see, so what is written is what they were shown.
    """
    record, revision = reading.record, reading.revision
    if (
        not record.is_copy(unit.node.node_id)
        or revision is None
        or revision.id != record.published_revision_id
    ):
        return None
    if revision.handling.tlp.restriction > TLP.GREEN.restriction:
        return None
    text = copies.body(unit.db, unit.viewer, record.id)
    return parse(text.encode("utf-8")) if text else None
