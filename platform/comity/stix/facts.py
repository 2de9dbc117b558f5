"""What an exchanged object says about its record besides the content: identity, version, origin, marking, times.

Minimised by construction (4.10.6): there is no place here for authors, votes, comments or readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from comity.domain.kinds.base import Kind
from comity.domain.tlp import TLP


@dataclass(frozen=True)
class StixFacts:
    """`uid` is the record's own, of any UUID version.

    `organization` is empty when the origin is given by sector only. Times are aware and are kept to the millisecond.

    `handling` is the record's handling as plain JSON; the marking in it is never read, `tlp` alone counts.
    `expires` is the end of use where it is set by other means than the content's own date, `replaced_by` the reference of the
    record that took its place.
    """

    uid: UUID
    ref: str
    version: str
    node: str
    node_name: str
    sector: str
    tlp: TLP
    created: datetime
    modified: datetime
    published: datetime
    organization: str = ""
    revoked: bool = False
    handling: Mapping[str, Any] = field(default_factory=dict)
    expires: datetime | None = None
    replaced_by: str = ""


@dataclass(frozen=True)
class Parsed:
    """A record as read from STIX. Nothing in it is trusted yet: the signature is checked on the bytes, elsewhere."""

    facts: StixFacts
    content: Kind


class StixRefused(ValueError):
    """The objects cannot be read as a record, or the record may not be written as objects. `reason` is a code."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}: {detail}")
