"""What is served over TAXII 2.1: collections, and a row for each version of an object, in the order of becoming visible."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from comity.storage.tables.base import ROW_NUMBER, Row, UTCDateTime


class CollectionRow(Row, table=True):
    """`kind` is records (signed, read only), inbox (allied nodes write, nobody reads) or shelf (members' machines share objects).

    `readers` and `writers` are access tokens such as `any`, `org:uni-north`, `sector:academia`, `node:kestria`; empty means nobody.
    """

    __tablename__ = "taxii_collection"

    id: str = Field(primary_key=True, max_length=36)
    alias: str = Field(unique=True, max_length=60)
    title: str = Field(max_length=200)
    description: str = Field(default="", max_length=600)
    kind: str = Field(max_length=10)
    tlp: str = Field(default="", max_length=12)
    readers: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    writers: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    created_at: datetime = Field(sa_type=UTCDateTime)


class ObjectRow(Row, table=True):
    """One version of one STIX object in one collection. `body` is the very text that is served; `audience_id` says to whom.

    `seq` is gap-free and `added_us` (microseconds since 1970) unique and strictly increasing, both given out under one lock in
    the transaction that makes the row visible. `version_us` is the object's `modified`, else `created`, else the time it was added.
    `latest` is true while no later version of this object stands in the collection, whoever may see it. `size` is the bytes of the
    body, so that a page knows how long it gets before it reads one.
    """

    __tablename__ = "taxii_object"
    __table_args__ = (
        sa.Index(
            "ix_taxii_object_page", "collection_id", "added_us", "latest", "audience_id", "type", "size"
        ),
        sa.Index("ix_taxii_object_versions", "collection_id", "stix_id", "version_us"),
        sa.Index("ix_taxii_object_record", "record_id"),
    )

    seq: int = Field(primary_key=True, sa_type=ROW_NUMBER, sa_column_kwargs={"autoincrement": False})
    added_us: int = Field(unique=True, sa_type=sa.BigInteger)
    collection_id: str = Field(foreign_key="taxii_collection.id", max_length=36)
    stix_id: str = Field(max_length=120)
    version: str = Field(max_length=40)
    version_us: int = Field(sa_type=sa.BigInteger)
    type: str = Field(max_length=60)
    spec_version: str = Field(default="2.1", max_length=8)
    latest: bool = True
    audience_id: int = Field(foreign_key="audience.id")
    record_id: int | None = Field(default=None, foreign_key="record.id")
    revision_id: int | None = None
    origin_node: str = Field(default="", max_length=80)
    posted_by: str = Field(default="", max_length=140)
    size: int
    body: str


class StatusRow(Row, table=True):
    """What became of one POST (TAXII 2.1 §4.3). Kept for a day; `owner` alone may ask."""

    __tablename__ = "taxii_status"

    id: str = Field(primary_key=True, max_length=36)
    owner: str = Field(max_length=140)
    body: str
    at: datetime = Field(sa_type=UTCDateTime, index=True)
