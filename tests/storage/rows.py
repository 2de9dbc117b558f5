"""Rows for tests of storage: the least that the database takes."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from comity.domain.audience import Audience, Stage, audience_of
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record, Revision
from comity.domain.tlp import TLP
from comity.storage import audiences, records, revisions
from tests.factories import NODE, NOW, World, person_id

WORLD = World()
SYSTEM = WORLD.viewer("system")


def audience(tlp: TLP = TLP.GREEN, stage: Stage = Stage.LIVE, **choice: tuple[str, ...]) -> Audience:
    return audience_of(
        Handling(tlp=tlp, audience=AudienceChoice.model_validate(choice)),
        stage=stage,
        node=NODE.node_id,
        organization="uni-north",
        author=person_id("contributor"),
        assigned=frozenset(),
        trust_group=NODE.trust_group,
    )


def record(db: Session, given: Audience | None = None, **more: Any) -> Record:
    uid = str(uuid4())
    values: dict[str, Any] = {
        "id": 0, "uid": uid, "ref": f"RSI-nordmark-ADV-2026-{uid[:8]}", "kind": "advisory", "subtype": "general",
        "state": State.PUBLISHED, "audience_id": audiences.ensure(db, given or audience()), "origin_node": NODE.node_id,
        "organization": "uni-north", "sector": "academia", "author": person_id("contributor"),
        "created_at": NOW, "updated_at": NOW, "state_since": NOW, "published_at": NOW,
    }  # fmt: skip
    return records.add(db, Record(**{**values, **more}))


def revision(db: Session, of: Record, **more: Any) -> Revision:
    values: dict[str, Any] = {
        "id": 0, "record_id": of.id, "major": 0, "minor": 1, "frozen": False, "audience_id": of.audience_id,
        "title": "A lantern", "summary": "In the harbour.", "content": {"body": "Text"}, "handling": Handling(tlp=TLP.GREEN),
        "created_by": of.author, "created_at": NOW,
    }  # fmt: skip
    return revisions.add(db, Revision(**{**values, **more}))
