"""Holds: a pause with a reason and an end, which two sectors must agree to and which ends by itself.

Source: G-06, J-07. Government may ask like anyone else and can never pause a record alone: the count is the same as for a
publication (`quorum.tally`), one voice must be non-government, and asking is not agreeing, so the one who asks is not counted.
Refuses to know what state the record was in (`lifecycle` puts it back) and what the clock says.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from comity.domain.errors import Problem
from comity.domain.governance import QuorumPolicy, ReasonCodes
from comity.domain.quorum import QuorumRule, Tally, Vote, tally
from comity.domain.roles import Sector


class HoldState(StrEnum):
    """Where a request for a hold stands. `lapsed`: its end came before enough had agreed."""

    REQUESTED = "requested"
    IN_FORCE = "in_force"
    ENDED = "ended"
    LAPSED = "lapsed"
    LIFTED = "lifted"


@dataclass(frozen=True)
class Hold:
    """One request and what became of it. `ends_at` never moves except by council's one renewal."""

    state: HoldState
    reason_code: str
    requested_by: str
    requested_at: datetime
    ends_at: datetime
    renewals: int = 0


def request_problems(
    *,
    reason_code: str,
    text: str,
    ends_at: datetime,
    now: datetime,
    earlier_holds: int,
    policy: QuorumPolicy,
    reasons: ReasonCodes,
) -> list[Problem]:
    """What is wrong with a request; empty when it may be put to the vote.

    A further hold on a record that was held before would be a renewal by another name, so it is refused: council renews.
    """
    problems = []
    if reasons.find("hold", reason_code) is None:
        problems.append(Problem("reason_code", "unknown-reason", "Choose one of the reasons for a hold."))
    if not text.strip():
        problems.append(Problem("text", "missing", "Give a reason in words that the author can read."))
    longest = now + timedelta(days=policy.actions.hold.max_days)
    if not now < ends_at <= longest:
        problems.append(
            Problem(
                "ends_at",
                "too-long",
                f"A hold ends in the future and within {policy.actions.hold.max_days} days.",
            )
        )
    if earlier_holds:
        problems.append(
            Problem(
                "record", "held-before", "This record was held before. Only council can renew a hold, once."
            )
        )
    return problems


def hold_tally(
    votes: Sequence[Vote], hold: Hold, *, originator: str, authors: Collection[str], policy: QuorumPolicy
) -> Tally:
    """Has the hold been agreed? Votes carry revision 0: a hold is on the record, not on a version."""
    rule = QuorumRule("hold", policy.version, policy.actions.hold)
    return tally(votes, rule, originator=originator, revision=0, authors={*authors, hold.requested_by})


def advance(hold: Hold, *, agreed: bool, now: datetime) -> Hold:
    """The hold as it stands at `now`: it takes effect when agreed, and ends or lapses by itself at its end."""
    match hold.state:
        case HoldState.REQUESTED if now >= hold.ends_at:
            return replace(hold, state=HoldState.LAPSED)
        case HoldState.REQUESTED if agreed:
            return replace(hold, state=HoldState.IN_FORCE)
        case HoldState.IN_FORCE if now >= hold.ends_at:
            return replace(hold, state=HoldState.ENDED)
        case _:
            return hold


def renewal_problems(
    hold: Hold, *, new_end: datetime, council_sectors: Collection[Sector], now: datetime, policy: QuorumPolicy
) -> list[str]:
    """Why council cannot renew; empty when it can. `council_sectors` are those whose members agreed."""
    renew = policy.actions.hold.renew
    problems = []
    if hold.state is not HoldState.IN_FORCE or now >= hold.ends_at:
        problems.append("Only a hold in force can be renewed.")
    if hold.renewals >= renew.times:
        problems.append("This hold was renewed before. A second renewal is not possible.")
    if len(set(council_sectors) - {Sector.GOVERNMENT}) < renew.non_government_sectors:
        problems.append("Council renews a hold with at least two non-government sectors.")
    if not hold.ends_at < new_end <= hold.ends_at + timedelta(days=policy.actions.hold.max_days):
        problems.append(f"A renewal adds at most {policy.actions.hold.max_days} days.")
    return problems


def renewed(hold: Hold, new_end: datetime) -> Hold:
    """The hold after council's renewal; ask `renewal_problems` first."""
    return replace(hold, ends_at=new_end, renewals=hold.renewals + 1)
