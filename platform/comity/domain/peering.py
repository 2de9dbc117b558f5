"""How a node becomes an ally: the steps, and what is still missing before council's decision takes effect (`admit_peer_node`).

Decides from the steps alone. What counts is what was done since the last offer: an agreement that is changed is decided anew, and
a legal profile that changed is read anew. Refuses to know tables, pages and the network. Source: product 4.2.5, F-05, J-09.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from comity.domain.canonical import canonical_json
from comity.domain.council import CouncilDecision, CouncilVote, decide
from comity.domain.governance import PeerAdmission
from comity.domain.legal_profile import LegalProfile, readable
from comity.domain.peer import Agreement
from comity.domain.roles import Sector


class What(StrEnum):
    """The steps."""

    PROPOSED = "proposed"
    """Its address was entered and its descriptor read, with the agreement that is offered."""
    OFFERED = "offered"
    """Another agreement is put to council."""
    CONFIRMED = "confirmed"
    """Somebody compared the fingerprint with what the other side said by another way."""
    REFRESHED = "refreshed"
    """Its descriptor was read again."""
    REVIEWED = "reviewed"
    """Both legal profiles were read side by side."""
    ACKNOWLEDGED = "acknowledged"
    """The data protection officer knows of it."""
    VOTED = "voted"
    ADMITTED = "admitted"
    CHANGED = "changed"
    """The agreement that was offered is in force."""
    PAUSED = "paused"
    RESUMED = "resumed"
    ENDED = "ended"


OFFERS: Final = (What.PROPOSED, What.OFFERED)
APPLIED: Final = (What.ADMITTED, What.CHANGED, What.ENDED)
"""After one of these nothing is before council until the next offer."""


@dataclass(frozen=True)
class PeerStep:
    """One step. `by` is an account or `system`; nothing is ever changed in one."""

    what: str
    by: str
    at: datetime
    by_sector: str = ""
    text: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0


@dataclass(frozen=True)
class Council:
    """The seats: who holds one now, and how many there are. Every sector has as many as the best filled one (G-40)."""

    members: Mapping[str, Sector]

    @property
    def seats(self) -> int:
        """Empty seats count, so a sector that sends nobody does not make a decision easier."""
        held = list(self.members.values())
        return len(Sector) * max((held.count(sector) for sector in Sector), default=0)


@dataclass(frozen=True)
class Profiles:
    """Both legal profiles as they are kept now."""

    own: Mapping[str, Any]
    theirs: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of both: a review speaks of these very words."""
        both = canonical_json({"own": dict(self.own), "theirs": dict(self.theirs)})
        return hashlib.sha256(both).hexdigest()

    @property
    def read(self) -> tuple[LegalProfile | None, LegalProfile | None]:
        """Each as a model, None for one that cannot be read."""
        return readable(self.own), readable(self.theirs)


@dataclass(frozen=True)
class Standing:
    """What is before council. `offer` is None when nothing is. `missing` are plain sentences; empty means it may take effect."""

    offer: Agreement | None
    offered_by: str
    confirmed_by: str
    reviewed_by: str
    acknowledged_by: str
    votes: tuple[CouncilVote, ...]
    decision: CouncilDecision | None
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Nothing is missing."""
        return self.offer is not None and not self.missing


NOTHING: Final = Standing(None, "", "", "", "", (), None, ("Nothing is before council.",))


def standing(
    steps: Sequence[PeerStep],
    *,
    fingerprint: str,
    profiles: Profiles,
    council: Council,
    rule: PeerAdmission,
    now: datetime,
) -> Standing:
    """Where the newest offer stands at `now`, from all steps in order."""
    since = _since_offer(steps)
    if not since:
        return NOTHING
    agreement = Agreement.model_validate(since[0].details["agreement"])
    confirmed = _confirmation(steps, fingerprint)
    reviewed = _last(since, What.REVIEWED, profiles=profiles.digest)
    acknowledged = _last(since, What.ACKNOWLEDGED)
    votes = council_votes(since, council)
    decision = decide(votes, seats=council.seats, sectors=rule.sectors)
    own, theirs = profiles.read
    missing = (
        *_if(confirmed, "Nobody has yet confirmed the fingerprint of its key with the other side."),
        *_if(own, "This node has no legal profile. The operator enters it."),
        *_if(theirs, "The other node shows no legal profile that can be read here."),
        *_if(reviewed, "Nobody has yet read the two legal profiles as they are now."),
        *_if(acknowledged, "The data protection officer has not yet acknowledged it."),
        *_if(agreement.holds(now), "The end date of the agreement that is offered has passed."),
        *decision.missing,
    )
    return Standing(
        offer=agreement,
        offered_by=since[0].by,
        confirmed_by=confirmed.by if confirmed else "",
        reviewed_by=reviewed.by if reviewed else "",
        acknowledged_by=acknowledged.by if acknowledged else "",
        votes=tuple(votes),
        decision=decision,
        missing=missing,
    )


def council_votes(since: Sequence[PeerStep], council: Council) -> list[CouncilVote]:
    """The last word of each member who holds a seat now, under the sector that the seat has."""
    last = {step.by: bool(step.details.get("agrees")) for step in since if step.what == What.VOTED}
    return [
        CouncilVote(member, council.members[member], agrees)
        for member, agrees in last.items()
        if member in council.members
    ]


def may_confirm(steps: Sequence[PeerStep], person: str, others: Collection[str]) -> bool:
    """Whoever typed the address confirms its fingerprint only where nobody else could: `others` are those who may confirm."""
    typed = next((step.by for step in reversed(steps) if step.what == What.PROPOSED), "")
    return person != typed or not set(others) - {typed}


def in_groups(fingerprint: str, size: int = 4) -> str:
    """As people read it to each other: `ab12 cd34 …`."""
    return " ".join(fingerprint[at : at + size] for at in range(0, len(fingerprint), size))


def same_fingerprint(typed: str, known: str) -> bool:
    """Is it what was read out, whatever the spaces, dashes and colons?"""
    plain = "".join(one for one in typed if one not in " \t\r\n:")
    return bool(known) and plain == "".join(known.split())


def _since_offer(steps: Sequence[PeerStep]) -> Sequence[PeerStep]:
    last = max((at for at, step in enumerate(steps) if step.what in OFFERS), default=-1)
    done = max((at for at, step in enumerate(steps) if step.what in APPLIED), default=-1)
    return steps[last:] if last > done else ()


def _confirmation(steps: Sequence[PeerStep], fingerprint: str) -> PeerStep | None:
    """Who confirmed this key, or one from which it follows by signed succession, since the node was last proposed."""
    proposed = max((at for at, step in enumerate(steps) if step.what == What.PROPOSED), default=0)
    for step in reversed(steps[proposed:]):
        if step.what == What.CONFIRMED and step.details.get("fingerprint") == fingerprint:
            return step
        if step.what == What.REFRESHED and step.details.get("fingerprint") == fingerprint:
            fingerprint = step.details.get("follows", fingerprint)
    return None


def _last(steps: Sequence[PeerStep], what: What, **details: str) -> PeerStep | None:
    fitting = (
        step
        for step in reversed(steps)
        if step.what == what and all(step.details.get(name) == value for name, value in details.items())
    )
    return next(fitting, None)


def _if(there: object, sentence: str) -> tuple[str, ...]:
    return () if there else (sentence,)
