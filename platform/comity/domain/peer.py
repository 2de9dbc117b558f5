"""An allied node: as the policy sees it, and the agreement under which it was admitted (F-05).

Decides whether an agreement holds at a moment and what it lets a rule see. Refuses to know tables, votes and what was exchanged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from comity.domain.errors import Problem
from comity.domain.tlp import TLP
from comity.domain.tokens import BadToken, token


@dataclass(frozen=True)
class Peer:
    """An allied node as a rule sees it: its id, its trust groups and the highest marking agreed with it."""

    node: str
    groups: frozenset[str]
    highest: TLP
    organizations: frozenset[str] = frozenset()


class PeerState(StrEnum):
    """Where an allied node stands here. Only `ADMITTED` is served and read."""

    PROPOSED = "proposed"
    ADMITTED = "admitted"
    PAUSED = "paused"
    ENDED = "ended"


class Purpose(StrEnum):
    """For what a node may use what it receives. An agreement names at least one; nothing is released for another."""

    INFORM_COMMUNITY = "inform_community"
    PROTECT_ORGANIZATION = "protect_organization"
    ASSESS_PARTNERSHIP = "assess_partnership"
    ANSWER_REQUEST = "answer_request"

    @property
    def sentence(self) -> str:
        """As a page says it."""
        return _PURPOSES[self]


_PURPOSES: Final = {
    Purpose.INFORM_COMMUNITY: "Tell the members of the community what they need to know.",
    Purpose.PROTECT_ORGANIZATION: "Let a named organization protect itself.",
    Purpose.ASSESS_PARTNERSHIP: "Help an institution to assess a partnership of its own.",
    Purpose.ANSWER_REQUEST: "Answer a request for advice or information.",
}


class Agreement(BaseModel):
    """What was agreed with one node: kinds, the highest marking, purposes and an end date. Nothing beyond it is exchanged.

    `groups` are the trust groups that council is willing to share with this node; the owner's list says who is in one now.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: tuple[str, ...] = Field(min_length=1)
    highest_marking: TLP
    purposes: tuple[str, ...] = Field(min_length=1)
    ends_on: date
    groups: tuple[str, ...] = ()
    accepts_disputes: bool = True

    def holds(self, now: datetime) -> bool:
        """Has its last day not passed? The last day still counts (UTC)."""
        return now.date() <= self.ends_on

    def problems(self, kinds: Collection[str], now: datetime) -> Iterator[Problem]:
        """What council could not be asked to decide on. `kinds` are those that a node can exchange."""
        if unknown := sorted(set(self.kinds) - set(kinds)):
            yield Problem("kinds", "unknown", f"Choose from the kinds of record, not {unknown[0]}.")
        if self.highest_marking is TLP.RED:
            yield Problem("highest_marking", "red", "TLP:RED never travels to another node by the exchange.")
        if unknown := sorted(set(self.purposes) - {purpose.value for purpose in Purpose}):
            yield Problem("purposes", "unknown", f"Choose from the purposes, not {unknown[0]}.")
        if not self.holds(now):
            yield Problem("ends_on", "past", "The last day lies before today.")
        for group in self.groups:
            try:
                token(f"group:{group}")
            except BadToken:
                yield Problem(
                    "groups", "malformed", "A trust group is named by small letters, digits and dashes."
                )


@dataclass(frozen=True)
class KnownPeer:
    """What this node keeps of an allied node. `groups` are those in which both of us are now, and council agreed to.

    `epoch` rises whenever its rights change, and until every record was weighed for them (`weighed`) it waits. `heard_at` is when
    its machine last proved itself here, `let_in_at` when ours was last let in there: together they say which side is waiting.
    `organizations` are those it says it serves, with `id` and `name`.
    """

    node_id: str
    name: str
    base_url: str
    state: PeerState
    proposed_at: datetime
    state_since: datetime
    country: str = ""
    descriptor: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    agreement: Agreement | None = None
    legal_profile: Mapping[str, Any] = field(default_factory=dict)
    organizations: tuple[Mapping[str, Any], ...] = ()
    epoch: int = 0
    weighed: int = 0
    admitted_at: datetime | None = None
    state_reason: str = ""
    heard_at: datetime | None = None
    let_in_at: datetime | None = None
    groups: frozenset[str] = frozenset()

    def connected(self, now: datetime) -> bool:
        """Admitted under an agreement that holds: only then is it served and read. Whatever connects asks this."""
        return self.state is PeerState.ADMITTED and self.agreement is not None and self.agreement.holds(now)

    @property
    def ready(self) -> bool:
        """Was every record weighed for the rights it has now? Until then it is connected and waits."""
        return self.weighed == self.epoch

    def as_policy(self) -> Peer:
        """As a rule sees it. Whether it is connected is another question.

        An organization there is `<node>.<its id>`: whatever a node calls its members, none of them is ever a member of ours.
        """
        names = (f"{self.node_id}.{one['id']}" for one in self.organizations)
        return Peer(
            node=self.node_id,
            groups=self.groups,
            highest=self.agreement.highest_marking if self.agreement else TLP.CLEAR,
            organizations=frozenset(names),
        )
