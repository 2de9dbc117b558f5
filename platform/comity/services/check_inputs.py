"""Before a record goes further: does it name something that is for fewer readers? Its originator is asked first (H-01, J-06.3).

Looks only at what the one who submits may read: a reference to anything else is as good as one to nothing (H-04).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from comity.domain.audience import Audience, Stage, audience_of
from comity.domain.errors import Problem
from comity.domain.handling import Handling
from comity.domain.inputs import RESTS_ON, Citation, beyond, citations, uncovered
from comity.domain.kinds.base import Kind
from comity.domain.record import Record
from comity.domain.viewer import Viewer
from comity.services.follow_inputs import agreed
from comity.services.unit import Unit
from comity.storage import audiences, records

ASK_ORIGINATOR: Final = "ask-originator:"
"""Begins the code of such a problem; the reference of the record to ask about follows."""
_GONE: Final = frozenset({Stage.TOMBSTONE, Stage.SEALED})


def input_problems(
    unit: Unit, model: type[Kind], content: Mapping[str, Any], handling: Handling, record: Record | None
) -> list[Problem]:
    """What stops the submission of a record that cites others. `record` is None for a text that is no record yet."""
    cited = citations(model, content)
    problems = [_names_parent(one) for one in cited if one.relation == "tearline_of"]
    derived = _as_published(unit, handling, record)
    told: set[str] = set()
    for one in cited:
        source = records.get(unit.db, unit.viewer, one.key)
        if source is None or (record is not None and source.id == record.id) or source.uid in told:
            continue
        told.add(source.uid)
        problems += _of_input(unit, one, source, derived)
    return problems


def _names_parent(one: Citation) -> Problem:
    """Whether there is such a parent or not: a tear-line gives no hint of it (J-06.2)."""
    return Problem(one.field, "names-parent", "A tear-line does not name the record it was torn from.")


def _as_published(unit: Unit, handling: Handling, record: Record | None) -> Audience:
    viewer = unit.viewer
    return audience_of(
        handling,
        stage=Stage.LIVE,
        node=unit.node.node_id,
        organization=record.organization if record else viewer.organization or "",
        author=record.author if record else viewer.person or "",
        assigned=frozenset(),
        trust_group=unit.node.trust_group,
    )


def _of_input(unit: Unit, one: Citation, source: Record, derived: Audience) -> list[Problem]:
    audience = audiences.load(unit.db, source.audience_id)
    if one.relation in RESTS_ON and audience.stage in _GONE:
        said = f"{source.ref} was taken down: this record cannot rest on it."
        return [Problem(one.field, "input-taken-down", said)]
    wider = beyond(audience, derived)
    if not wider:
        return []
    node = unit.acting_as(Viewer.system(unit.node.node_id, "look for an originator's yes"))
    organization = str(derived.owner).removeprefix("org:")
    if not uncovered(wider, agreed(node, source, organization)):
        return []
    said = (
        f"{source.ref} is marked {audience.tlp.label} and is for fewer readers than this record. "
        "Mark this record as strictly, take the reference out, or ask the originator first."
    )
    return [Problem(one.field, f"{ASK_ORIGINATOR}{source.ref}", said)]
