"""Appeals against a record: their clock, who may decide them, and what a dispute does to claims meanwhile.

Source: G-35 to G-37, `quorum.yaml` (appeal_first, appeal_second). Refuses to know who may appeal (anyone named, any member, anyone
who believes they are identifiable) and how the record is marked (`lifecycle`: open_dispute, close_dispute).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from comity.domain.governance import QuorumPolicy
from comity.domain.roles import Sector
from comity.domain.working_days import end_of_working_days

ACKNOWLEDGE_WORKING_DAYS: Final = 3


class DisputeState(StrEnum):
    """Where an appeal stands. `refused_first_look` and `decided` are its ends unless council is asked."""

    RECEIVED = "received"
    REFUSED_AT_FIRST_LOOK = "refused_first_look"
    OPEN = "open"
    DECIDED = "decided"
    BEFORE_COUNCIL = "before_council"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How it may end (G-37); each with reasons, each counted."""

    UPHELD = "upheld"
    CORRECTED = "corrected"
    CLAIM_WITHDRAWN = "claim_withdrawn"
    RECORD_WITHDRAWN = "record_withdrawn"
    DISMISSED = "dismissed"


@dataclass(frozen=True)
class Clock:
    """Until when each step of an appeal is due (UTC)."""

    acknowledge_by: datetime
    first_decision_by: datetime


@dataclass(frozen=True)
class PanelMember:
    """Somebody asked to decide; `sector` is that of their organization."""

    person: str
    organization: str
    sector: Sector | None


def clock(received_at: datetime, policy: QuorumPolicy, holidays: Container[date] = ()) -> Clock:
    """The first two dates of an appeal."""
    return Clock(
        end_of_working_days(received_at, ACKNOWLEDGE_WORKING_DAYS, holidays),
        end_of_working_days(received_at, policy.actions.appeal_first.working_days, holidays),
    )


def second_decision_by(asked_at: datetime, policy: QuorumPolicy, holidays: Container[date] = ()) -> datetime:
    """Until when council decides, from the day it was asked."""
    return end_of_working_days(asked_at, policy.actions.appeal_second.working_days, holidays)


@dataclass(frozen=True)
class PanelVoice:
    """What one member of the panel decided; their last word."""

    person: str
    sector: Sector
    outcome: Outcome


def panel_problems(
    panel: Sequence[PanelMember],
    *,
    involved: Collection[str],
    conflicted: Collection[str],
    policy: QuorumPolicy,
) -> list[str]:
    """Why these people cannot decide; empty when they can.

    `involved` are the accounts that wrote, graded, reviewed or voted; `conflicted` are the organizations that made the record, are
    named in it, or stand too close to either (G-21).
    """
    rule = policy.actions.appeal_first
    fit = [m for m in panel if m.person not in involved and m.organization not in conflicted]
    problems = []
    if len(fit) < len(panel):
        problems.append(
            "Nobody decides who took part before, or whose organization made the record, is named in it or stands close to either."
        )
    if len({member.person for member in fit}) != rule.panel:
        problems.append(f"A panel has {rule.panel} people with an active account.")
    if len({member.sector for member in fit} - {None}) < rule.sectors or any(m.sector is None for m in fit):
        problems.append(f"A panel has people of {rule.sectors} sectors, and nobody without a sector.")
    return problems


def panel_outcome(voices: Sequence[PanelVoice], policy: QuorumPolicy) -> Outcome | None:
    """What the panel has decided: more than half of it for one outcome, after the sectors that the rule asks for have spoken."""
    rule = policy.actions.appeal_first
    if len({voice.sector for voice in voices}) < rule.sectors:
        return None
    chosen, agreeing = Counter(voice.outcome for voice in voices).most_common(1)[0]
    return chosen if 2 * agreeing > rule.panel else None


def may_drive_grade(*, disputed: bool, from_official_list: bool) -> bool:
    """May a claim count in an assessment while an appeal is open? Facts from official lists stay (G-36)."""
    return from_official_list or not disputed
