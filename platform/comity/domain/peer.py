"""An allied node: as the policy sees it, and the agreement under which it was admitted (F-05).

Decides whether an agreement holds at a moment. Refuses to know keys, addresses and what was exchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from comity.domain.tlp import TLP


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


class Agreement(BaseModel):
    """What was agreed with one node: kinds, the highest marking, purposes and an end date. Nothing beyond it is exchanged."""

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
