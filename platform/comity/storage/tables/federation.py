"""Allied nodes: keys, agreements, what is exchanged with each, and what each of them answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from comity.storage.tables.base import Row, UTCDateTime


class NodeKeyRow(Row, table=True):
    """A signing key of this node. `private_pem` is PKCS #8, encrypted where a passphrase is set; empty once it is destroyed."""

    __tablename__ = "node_key"

    kid: str = Field(primary_key=True, max_length=60)
    jwk: dict[str, Any] = Field(sa_type=sa.JSON)
    private_pem: str = ""
    state: str = Field(max_length=12)
    """active, retired or revoked; one is active."""
    created_at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reason: str = Field(default="", max_length=200)
    statement: str = ""
    """The signed statement of the key before it that names this one; empty for the first."""


class PeerRow(Row, table=True):
    """An allied node as this node knows it. `state`: proposed, admitted, paused or ended. `epoch` rises when its rights change;
    `weighed` is the epoch for which every record was weighed, and `weighing` the record up to which that has come.
    """

    __tablename__ = "peer"

    node_id: str = Field(primary_key=True, max_length=60)
    name: str = Field(max_length=200)
    country: str = Field(default="", max_length=2)
    base_url: str = Field(max_length=300)
    state: str = Field(max_length=12, index=True)
    descriptor: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    fingerprint: str = Field(default="", max_length=120)
    agreement: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    legal_profile: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    organizations: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)
    epoch: int = 0
    weighed: int = 0
    weighing: int = 0
    proposed_at: datetime = Field(sa_type=UTCDateTime)
    admitted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    state_reason: str = Field(default="", max_length=300)
    state_since: datetime = Field(sa_type=UTCDateTime)
    heard_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    let_in_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class PeerKeyRow(Row, table=True):
    """A key of an allied node, with the time in which its signatures count."""

    __tablename__ = "peer_key"

    node_id: str = Field(primary_key=True, max_length=60)
    kid: str = Field(primary_key=True, max_length=60)
    jwk: dict[str, Any] = Field(sa_type=sa.JSON)
    valid_from: datetime = Field(sa_type=UTCDateTime)
    valid_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class PeerStepRow(Row, table=True):
    """One step of a peer: proposed, confirmed, reviewed, acknowledged, voted, admitted, paused, resumed or ended. Append-only."""

    __tablename__ = "peer_step"

    id: int | None = Field(default=None, primary_key=True)
    node_id: str = Field(max_length=60, index=True)
    what: str = Field(max_length=24)
    by: str = Field(max_length=36)
    by_sector: str = Field(default="", max_length=20)
    text: str = ""
    details: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    at: datetime = Field(sa_type=UTCDateTime)


class TrustGroupRow(Row, table=True):
    """The newest signed list of a group's members: always the whole list. An empty list means nobody."""

    __tablename__ = "trust_group"

    id: str = Field(primary_key=True, max_length=60)
    owner: str = Field(max_length=60)
    version: int
    members: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    hidden: bool = False
    document: str
    at: datetime = Field(sa_type=UTCDateTime)


class PeerTokenRow(Row, table=True):
    """An access token of an allied node (OAuth 2 client credentials): hashed, gone within minutes, and void with its epoch."""

    __tablename__ = "peer_token"

    hash: str = Field(primary_key=True, max_length=64)
    node_id: str = Field(max_length=60, index=True)
    epoch: int
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)


class AssertionRow(Row, table=True):
    """A client assertion that was used: it works once (RFC 7523 §3)."""

    __tablename__ = "used_assertion"

    node_id: str = Field(primary_key=True, max_length=60)
    jti: str = Field(primary_key=True, max_length=120)
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)


class PullRow(Row, table=True):
    """How far this node has read an allied node's feed, and when it looks again.

    `cursor` is `next:` and the last page's next, or `after:` and a time; empty begins anew. `feed` is the address that was read and
    under which rights: with another one the reading begins anew. `poked_seq` is up to where in our feed the peer was poked. Counts
    are of all readings.
    """

    __tablename__ = "pull"

    node_id: str = Field(primary_key=True, max_length=60)
    cursor: str = Field(default="", max_length=400)
    feed: str = Field(default="", max_length=400)
    due_at: datetime = Field(sa_type=UTCDateTime)
    failures: int = 0
    error: str = Field(default="", max_length=60)
    lease_by: str = Field(default="", max_length=60)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    worked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    received: int = 0
    applied: int = 0
    unchanged: int = 0
    ignored: int = 0
    quarantined: int = 0
    poked_seq: int = Field(default=0, sa_type=sa.BigInteger)


class ForeignObjectRow(Row, table=True):
    """A signed object of an allied node as it came, so that a copy can be proved and passed back without loss.

    `body` is emptied when the record is taken down; `digest` (SHA-256 of it) stays. `record_id` is empty for a tombstone of a
    record that was never here.
    """

    __tablename__ = "foreign_object"

    stix_id: str = Field(primary_key=True, max_length=120)
    version: str = Field(primary_key=True, max_length=40)
    node_id: str = Field(max_length=60, index=True)
    uid: str = Field(max_length=36, index=True)
    record_id: int | None = Field(default=None, foreign_key="record.id", index=True)
    digest: str = Field(max_length=64)
    body: str
    received_at: datetime = Field(sa_type=UTCDateTime)


class QuarantineRow(Row, table=True):
    """An object of an allied node that was not taken, and why. Tried again with growing pauses; never dropped in silence."""

    __tablename__ = "quarantine"
    __table_args__ = (sa.UniqueConstraint("node_id", "stix_id", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    node_id: str = Field(max_length=60, index=True)
    stix_id: str = Field(max_length=120)
    version: str = Field(default="", max_length=40)
    reason: str = Field(max_length=60)
    detail: str = Field(default="", max_length=300)
    body: str
    tries: int = 1
    next_try: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    at: datetime = Field(sa_type=UTCDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class DeliveryRow(Row, table=True):
    """What became of one version of our object at one peer: offered, fetched, applied, refused, recalled, partly or done."""

    __tablename__ = "delivery"
    __table_args__ = (sa.UniqueConstraint("node_id", "stix_id", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    node_id: str = Field(max_length=60, index=True)
    stix_id: str = Field(max_length=120, index=True)
    version: str = Field(max_length=40)
    record_id: int | None = Field(default=None, foreign_key="record.id", index=True)
    state: str = Field(max_length=12)
    reason: str = Field(default="", max_length=60)
    detail: str = Field(default="", max_length=300)
    at: datetime = Field(sa_type=UTCDateTime)
    answer: str = ""


class OutgoingRow(Row, table=True):
    """A signed notice for the inbox of one peer: sent until it was taken, with growing pauses."""

    __tablename__ = "outgoing"

    id: int | None = Field(default=None, primary_key=True)
    node_id: str = Field(max_length=60, index=True)
    notice_id: str = Field(max_length=120)
    body: str
    tries: int = 0
    next_try: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    error: str = Field(default="", max_length=60)
    at: datetime = Field(sa_type=UTCDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class NoticeRow(Row, table=True):
    """A signed notice to or from allied nodes: release, recall, dispute, reply, keys, membership, a request or an answer."""

    __tablename__ = "notice"

    id: str = Field(primary_key=True, max_length=120)
    what: str = Field(max_length=24, index=True)
    origin: str = Field(max_length=60, index=True)
    to: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    record_uid: str = Field(default="", max_length=36, index=True)
    body: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    state: str = Field(default="open", max_length=12, index=True)
    answer: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    due_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    at: datetime = Field(sa_type=UTCDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ReleaseDecisionRow(Row, table=True):
    """The act of letting one version of a restricted record go to named organizations at one peer (F-02)."""

    __tablename__ = "release_decision"

    id: int | None = Field(default=None, primary_key=True)
    record_id: int = Field(foreign_key="record.id", index=True)
    revision_id: int
    node_id: str = Field(max_length=60)
    organizations: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    purpose: str = Field(default="", max_length=60)
    conditions: str = Field(default="", max_length=600)
    state: str = Field(max_length=12)
    """asked, agreed, executed or refused."""
    asked_by: str = Field(max_length=36)
    asked_at: datetime = Field(sa_type=UTCDateTime)
    agreed_by: str = Field(default="", max_length=36)
    agreed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    executed_by: str = Field(default="", max_length=36)
    executed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reasons: list[str] = Field(default_factory=list, sa_type=sa.JSON)


class OnwardRequestRow(Row, table=True):
    """Asking the originator whether a record, an extract or a summary may go on to somebody else. Silence is no."""

    __tablename__ = "onward_request"

    id: str = Field(primary_key=True, max_length=120)
    outward: bool
    record_uid: str = Field(max_length=36, index=True)
    version: str = Field(default="", max_length=20)
    node_id: str = Field(max_length=60)
    """The other side: the origin when we ask, the asking node when we are asked."""
    recipient: str = Field(max_length=140)
    purpose: str = Field(max_length=60)
    passage: str = ""
    state: str = Field(max_length=16)
    """open, yes, yes_with_changes, tearline, no or silent."""
    text: str = ""
    asked_by: str = Field(default="", max_length=36)
    asked_at: datetime = Field(sa_type=UTCDateTime)
    due_at: datetime = Field(sa_type=UTCDateTime)
    answered_by: str = Field(default="", max_length=36)
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ProposalRow(Row, table=True):
    """A correction that a node proposes to the origin of a record: a claim with its sources. The origin decides, both see it."""

    __tablename__ = "proposal"

    id: str = Field(primary_key=True, max_length=120)
    outward: bool
    record_uid: str = Field(max_length=36, index=True)
    version: str = Field(default="", max_length=20)
    node_id: str = Field(max_length=60)
    sector: str = Field(default="", max_length=20)
    text: str = ""
    claim: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    state: str = Field(max_length=12)
    """open, accepted or declined."""
    reason: str = ""
    made_by: str = Field(default="", max_length=36)
    made_at: datetime = Field(sa_type=UTCDateTime)
    decided_by: str = Field(default="", max_length=36)
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
