"""Which record names which: read off the version in force, and the tear-lines that an author made of a record.

A link is found from either side; whoever shows one reads both records under the viewer's own rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.records import RecordLinkRow

_link = table_of(RecordLinkRow)

TEAR_LINE: Final = "tear_line"
"""From a restricted record to the record that holds its tear-line. It is in no content, so nothing torn off points back."""


@dataclass(frozen=True)
class Link:
    """`key` is the reference or uid as it was written; there need not be such a record here."""

    record_id: int
    relation: str
    key: str


def put(db: Session, record_id: int, links: Iterable[tuple[str, str]]) -> None:
    """What the version in force names, as `(relation, key)`: replaces what was kept before. Tear-lines stay."""
    mine = (_link.c.record_id == record_id, _link.c.relation != TEAR_LINE)
    wanted = {(relation, key[:80]) for relation, key in links if relation != TEAR_LINE}
    kept = {(row.relation, row.key) for row in db.execute(sa.select(_link).where(*mine))}
    if kept == wanted:
        return
    db.execute(sa.delete(_link).where(*mine))
    rows = [{"record_id": record_id, "relation": relation, "key": key} for relation, key in sorted(wanted)]
    if rows:
        db.execute(sa.insert(_link), rows)


def add_tear_line(db: Session, record_id: int, uid: str) -> None:
    """`uid` is a tear-line of this record."""
    db.execute(sa.insert(_link).values(record_id=record_id, relation=TEAR_LINE, key=uid))


def of_record(db: Session, record_id: int, *relations: str) -> Sequence[Link]:
    """What a record points at."""
    chosen = sa.select(_link).where(_link.c.record_id == record_id, _link.c.relation.in_(relations))
    return [Link(row.record_id, row.relation, row.key) for row in db.execute(chosen.order_by(_link.c.key))]


def to_record(db: Session, keys: Collection[str], *relations: str) -> Sequence[Link]:
    """What points at a record that is known by `keys`: its reference and its uid."""
    chosen = sa.select(_link).where(_link.c.key.in_(sorted(keys)), _link.c.relation.in_(relations))
    return [
        Link(row.record_id, row.relation, row.key) for row in db.execute(chosen.order_by(_link.c.record_id))
    ]
