"""Who a record is said to be from: its organization, its sector alone, or nobody, through the secretariat (4.4.1).

The originator chooses with the handling block, version by version. What the choice hides is taken out of the envelope where readers
look; the secretariat, and the originator's own people, still know whose it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from comity.domain.handling import Handling
from comity.domain.node import Organization
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.viewer import Viewer
from comity.services.unit import Unit
from comity.storage import organizations

SECRETARIAT: Final = frozenset(
    {Role.EDITOR, Role.INTAKE_OFFICER, Role.DATA_PROTECTION_OFFICER, Role.FEDERATION_OFFICER}
)


def attributed(unit: Unit, record: Record, handling: Handling) -> Record:
    """The envelope as `handling` gives its origin. A record of another node or of a public source keeps what it came with."""
    if record.origin_node != unit.node.node_id or record.attribution_mode == "public_source":
        return record
    return replace(record, attribution_mode=handling.attribution_mode, sector=_sector(unit, record, handling))


def _sector(unit: Unit, record: Record, handling: Handling) -> str:
    if handling.attribution_mode == "anonymous_via_secretariat":
        return ""
    if record.sector or record.attribution_mode != "anonymous_via_secretariat":
        return record.sector
    home = organizations.get(unit.db, record.organization)
    return home.sector.value if home and home.sector else ""


def originator(unit: Unit, record: Record) -> Organization | None:
    """The organization under whose name readers see the record; None where it is not given."""
    if record.attribution_mode != "organization":
        return None
    return organizations.get(unit.db, record.organization)


def known_originator(unit: Unit, record: Record) -> Organization | None:
    """Whose record it is, for those who may know although readers are not told; None for everybody else."""
    if record.attribution_mode in ("organization", "public_source") or not may_know(unit.viewer, record):
        return None
    return organizations.get(unit.db, record.organization)


def may_know(viewer: Viewer, record: Record) -> bool:
    """Does this viewer know whose record it is, whatever its readers are told?"""
    return (
        viewer.is_system or bool(viewer.roles & SECRETARIAT) or (viewer.organization == record.organization)
    )


def name_on_copies(organization: Organization | None, handling: Handling) -> str:
    """What a copy that leaves the portal says: no name where the originator must not be named onward (4.3)."""
    return organization.name if organization is not None and handling.attribution != "must_not" else ""
