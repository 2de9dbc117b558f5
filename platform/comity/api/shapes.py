"""What the API shows of a record, as explicit models: a field that is not here does not leave the node.

Decides the public names. It refuses to know who may read: it is handed what a service found readable. Accounts never appear, and
an organization only where the record is given under its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from comity.domain.handling import Handling
from comity.domain.node import Organization
from comity.domain.record import Record, Revision


class Shape(BaseModel):
    """A model that only ever leaves the node."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TextPart(TypedDict):
    """A piece of plain text, and whether the query hit it. Not HTML. A plain dict: an answer has hundreds of them."""

    text: str
    hit: bool


def text_parts(parts: Iterable[tuple[str, bool]]) -> list[TextPart]:
    """From the parts of a search answer."""
    return [{"text": text, "hit": hit} for text, hit in parts]


class OrganizationOut(Shape):
    """A verified organization. `sector` is null for the offices of the node."""

    id: str
    name: str
    kind: str
    sector: str | None
    country: str
    website: str
    ror: str
    other_names: list[str]

    @classmethod
    def of(cls, one: Organization) -> Self:
        """What anybody may know of a member."""
        return cls(
            id=one.id,
            name=one.name,
            kind=one.kind,
            sector=one.sector.value if one.sector else None,
            country=one.country,
            website=one.website,
            ror=one.ror,
            other_names=list(one.other_names),
        )


class RecordHead(Shape):
    """Where a record is in its life. Times are UTC."""

    ref: str
    uid: str
    kind: str
    subtype: str
    state: str
    origin_node: str
    sector: str
    under_dispute: bool
    urgent: bool
    published_at: datetime | None
    review_due: datetime | None
    expires_at: datetime | None
    updated_at: datetime
    tombstone: dict[str, Any] | None = Field(
        description="Title, reason and dates of what was taken down; its content is null."
    )

    @classmethod
    def of(cls, record: Record) -> Self:
        """The open part of the envelope."""
        return cls(**head(record))


def head(record: Record) -> dict[str, Any]:
    """The fields of `RecordHead`."""
    return {
        "ref": record.ref,
        "uid": record.uid,
        "kind": record.kind,
        "subtype": record.subtype,
        "state": record.state.value,
        "origin_node": record.origin_node,
        "sector": record.sector,
        "under_dispute": record.under_dispute,
        "urgent": record.urgent,
        "published_at": record.published_at,
        "review_due": record.review_due,
        "expires_at": record.expires_at,
        "updated_at": record.updated_at,
        "tombstone": _stone(record),
    }


def _stone(record: Record) -> dict[str, Any] | None:
    """Without what takes its place: only reading the record itself asks whether the caller may know of that."""
    stone = record.tombstone
    return None if stone is None else {name: stone[name] for name in stone if name != "replacement"}


class VersionOut(Shape):
    """One immutable version. `content_hash` is SHA-256 over the RFC 8785 form, in hexadecimal."""

    version: str
    title: str
    tlp: str
    note: str
    created_at: datetime
    published_at: datetime | None
    content_hash: str

    @classmethod
    def of(cls, one: Revision) -> Self:
        """Without its text and without who wrote it."""
        return cls(
            version=one.version,
            title=one.title,
            tlp=one.handling.tlp.value,
            note=one.note,
            created_at=one.created_at,
            published_at=one.published_at,
            content_hash=one.content_hash,
        )


def handling_shown(handling: Handling, *, to_author: bool) -> dict[str, Any]:
    """The handling block as a reader sees it: others than the author see how many persons are named, not who."""
    shown: dict[str, Any] = handling.model_dump(mode="json")
    if not to_author:
        named = shown["audience"].pop("persons")
        shown["audience"]["persons_named"] = len(named)
    return shown


def content_shown(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as a plain object; the claims in it were chosen under the reader's own rule."""
    return dict(content)
