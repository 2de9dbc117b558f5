"""A notice: what one node tells another about a record or about itself, beside the record's own versions.

Each goes to one node, so that no recipient learns of another. Decides what a notice is made of; refuses to know the wire and who
may be told. The bodies are listed in `BODIES` and closed: an unknown member is refused, since a notice asks for an act.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from comity.domain.tlp import TLP


class What(StrEnum):
    """What a notice is about."""

    RELEASE = "release"
    """One version of a restricted record, for named organizations at the addressed node (F-02)."""
    RECALL = "recall"
    """Stop using a version, and do what `action` says until `due_at` (4.10.4)."""
    DISPUTE = "dispute"
    """An appeal passed its first look, or was decided (G-36)."""
    REPLY = "reply"
    """A named organization's own words, to be shown unedited (G-33)."""
    KEYS = "keys"
    """The node's descriptor after a rotation or a revocation."""
    MEMBERSHIP = "membership"
    """The whole, new list of a trust group's members."""
    ANSWER = "answer"
    """What became of a record or of a notice at the node that answers."""
    PROPOSAL = "proposal"
    """A correction that the origin may take up (J-12)."""
    ONWARD = "onward"
    """May this go on to somebody else? (4.10.3)"""


class Body(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Uid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Version = Annotated[str, Field(pattern=r"^\d{1,6}\.\d{1,6}$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
Text = Annotated[str, Field(max_length=6000)]

Action = Literal["annotate", "restrict", "replace", "delete"]
Result = Literal[
    "applied", "refused", "done", "partly", "recalled", "accepted", "declined", "yes", "yes_with_changes", "tearline", "no",
]  # fmt: skip


class Release(Body):
    """`record` is the signed record object itself. Nobody outside `organizations` at the addressed node may learn of it."""

    uid: Uid
    version: Version
    organizations: tuple[str, ...] = Field(min_length=1)
    purpose: Code
    conditions: Text = ""
    record: dict[str, Any]


class Recall(Body):
    """`versions` empty means every version. `replaced_by` is the reference of what stands in its place."""

    uid: Uid
    versions: tuple[Version, ...] = ()
    reason_code: Literal["error", "harm", "legal", "source_at_risk", "consent_withdrawn", "audience_narrowed"]
    action: Action
    due_at: AwareDatetime
    text: Text = ""
    replaced_by: str = Field(default="", max_length=80)


class Dispute(Body):
    """`open` False ends it. `claim_ids` empty means the record as a whole."""

    uid: Uid
    open: bool
    claim_ids: tuple[str, ...] = ()
    outcome: str = Field(default="", max_length=40)


class Reply(Body):
    """`text` is shown as it is, marked as the organization's own words."""

    uid: Uid
    entity_id: str = Field(max_length=120)
    entity_name: str = Field(max_length=300)
    text: str = Field(max_length=20_000)
    received_at: AwareDatetime


class Keys(Body):
    """`descriptor` is the signed descriptor that is served at the well-known address from now on."""

    descriptor: dict[str, Any]


class Membership(Body):
    """`members` replaces the list as a whole; the addressed node finds itself in it, or is out."""

    group: str = Field(max_length=60)
    version: int = Field(ge=1)
    members: tuple[str, ...]


class Answered(Body):
    """What became of one object. `about` is its STIX id, `version` its `modified` where it is a record."""

    about: str = Field(max_length=120)
    version: str = Field(default="", max_length=40)
    result: Result
    reason: str = Field(default="", max_length=60)
    text: Text = ""


class Answer(Answered):
    """The answer about one object, and about others that came with it: a whole page is answered in one notice."""

    also: tuple[Answered, ...] = Field(default=(), max_length=10_000)

    @property
    def each(self) -> tuple[Answered, ...]:
        """All that are answered."""
        return (self, *self.also)


@dataclass(frozen=True)
class Outcome:
    """What became of an object or a notice here: what the `Answer` about it will say. `reason` is a code.

    `changed` is false for what was refused and for what was here already: delivered twice, or by another way.
    """

    result: Result
    reason: str = ""
    text: str = ""
    changed: bool = True

    @classmethod
    def refusal(cls, reason: str, text: str = "") -> Outcome:
        """It was not taken."""
        return cls("refused", reason, text, changed=False)

    @property
    def refused(self) -> bool:
        """Nothing was done."""
        return self.result == "refused"


class Proposal(Body):
    """A claim, with its sources, that disputes or adds to the origin's record."""

    uid: Uid
    version: Version
    text: Text
    sector: Code
    claim: dict[str, Any] = Field(default_factory=dict)


class Onward(Body):
    """`recipient` is a node, or an organization at the asking node; `passage` is what would be passed on (empty: the whole)."""

    uid: Uid
    version: Version
    recipient: str = Field(max_length=140)
    purpose: Code
    passage: Text = ""


BODIES: Final[dict[What, type[Body]]] = {
    What.RELEASE: Release,
    What.RECALL: Recall,
    What.DISPUTE: Dispute,
    What.REPLY: Reply,
    What.KEYS: Keys,
    What.MEMBERSHIP: Membership,
    What.ANSWER: Answer,
    What.PROPOSAL: Proposal,
    What.ONWARD: Onward,
}


class Notice(BaseModel):
    """`id` is the STIX id. `at` is when the origin made it. `tlp` is the strictest marking of what it speaks of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    what: What
    origin: str
    to: str
    tlp: TLP
    at: datetime
    body: Body
