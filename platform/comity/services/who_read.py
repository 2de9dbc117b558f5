"""Who opened a record, as counts by organization, asked by the operator. Counts, no names; and the question itself is logged."""

from __future__ import annotations

from collections.abc import Mapping

from comity.services.read import find_record
from comity.services.unit import Unit
from comity.storage import openings


def who_read(unit: Unit, *, ref: str) -> Mapping[str, int]:
    """Openings by organization. The unit is one of the node; `NotFound` for an unknown reference."""
    record = find_record(unit, ref)
    unit.audit("audit.who_read", record.ref, audience_id=record.audience_id)
    return openings.by_organization(unit.db, record.id)
