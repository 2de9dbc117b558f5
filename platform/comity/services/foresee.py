"""Say before handing in what will follow: who must agree, which organizations are told, what still stands in the way (J-05.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from comity.domain import reply
from comity.domain.errors import NotFound
from comity.domain.quorum import QuorumRule
from comity.services.check import Checked, check_submission, exception_given
from comity.services.draft import full_content
from comity.services.reviewers import rule_of
from comity.services.submit import lowers, statements
from comity.services.unit import Unit
from comity.storage import records, revisions


@dataclass(frozen=True)
class Foreseen:
    """`told` are the organizations that get notice before publication; `excepted` says the personal-data block was lifted, `lowers`
    that the marking becomes less strict than that of the version in force.
    """

    checked: Checked
    rule: QuorumRule
    names_entity: bool
    told: Sequence[str]
    excepted: bool
    content_hash: str
    can_be_urgent: bool
    lowers: bool


def foresee(unit: Unit, *, ref: str, urgent: bool = False) -> Foreseen:
    """What submitting the working version of `ref` would mean. Only its author is told; `NotFound` for everybody else."""
    record = records.get(unit.db, unit.viewer, ref)
    revision = revisions.get(unit.db, unit.viewer, record.working_revision_id) if record else None
    if record is None or revision is None or record.author != unit.viewer.person:
        raise NotFound
    content = full_content(unit, revision)
    facts: Mapping[str, Any] = {**record.facts, **statements(content)}
    subtype = str(content.get("subtype") or "")
    advisory = record.kind == "advisory"
    ahead = replace(record, facts=facts, subtype=subtype, urgent=advisory and (urgent or subtype == "urgent"))
    names = bool(facts["names_entity"])
    told = reply.notice_required(revision.handling.tlp, names_entity_negatively=names)
    return Foreseen(
        checked=check_submission(
            unit, kind_name=record.kind, content=content, handling=revision.handling, record=record
        ),
        rule=rule_of(unit, ahead, tlp=revision.handling.tlp),
        names_entity=names,
        told=[str(one["name"]) for one in facts["subjects"]] if told else [],
        excepted=exception_given(unit, record.id, revision.id),
        content_hash=revision.content_hash,
        can_be_urgent=advisory,
        lowers=lowers(unit, record, revision.handling),
    )
