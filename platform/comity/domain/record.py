"""A record's envelope and one revision of its content, as the services pass them around (product 4.4.1).

The envelope says where the record is in its life and who may know of it; a revision says what it says. Neither knows the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from comity.domain.handling import Handling
from comity.domain.lifecycle_facts import State


@dataclass(frozen=True)
class Revision:
    """One version. `content` is the kind's fields without `claims`, which are read under the viewer's own rule."""

    id: int
    record_id: int
    major: int
    minor: int
    frozen: bool
    audience_id: int
    title: str
    summary: str
    content: Mapping[str, Any]
    handling: Handling
    created_by: str
    created_at: datetime
    content_hash: str = ""
    note: str = ""
    published_at: datetime | None = None

    @property
    def version(self) -> str:
        """`1.0`, `1.1`, `2.0`: major for substance, minor for form (4.5.1)."""
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True)
class Record:
    """The envelope. `assigned` are `person:` and `role:` tokens beside the author."""

    id: int
    uid: str
    ref: str
    kind: str
    subtype: str
    state: State
    audience_id: int
    origin_node: str
    organization: str
    sector: str
    author: str
    created_at: datetime
    updated_at: datetime
    state_since: datetime
    attribution_mode: str = "organization"
    assigned: tuple[str, ...] = ()
    urgent: bool = False
    under_dispute: bool = False
    held_from: str = ""
    working_revision_id: int | None = None
    published_revision_id: int | None = None
    submitted_at: datetime | None = None
    published_at: datetime | None = None
    review_due: datetime | None = None
    expires_at: datetime | None = None
    supersedes: str | None = None
    superseded_by: str | None = None
    foreign_id: str | None = None
    tombstone: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_published(self) -> bool:
        """Some version of it has readers, whatever is being worked on."""
        return self.published_revision_id is not None

    def is_copy(self, here: str) -> bool:
        """Does it come from another node than `here`? Then only its origin changes what it says."""
        return self.origin_node != here

    def origin_says(self, name: str) -> str:
        """What a copy's origin says of itself: `node_name`, or the `organization` it is attributed to. Empty for our own."""
        said = self.facts.get("origin")
        return str(said.get(name) or "") if isinstance(said, Mapping) else ""

    def overdue(self, now: datetime) -> bool:
        """Past its review date: an overlay, not a state."""
        return self.review_due is not None and self.review_due <= now
