"""The right of reply: a slot beside every negative statement about a named organization, and when publication may go on.

Source: G-30 to G-34. Refuses to know how an invitation is sent and who may read the reply. An early reply does not shorten the ten
working days, because G-30 promises that the organization is told that long before publication; only a waiver does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from comity.domain.canonical import canonical_json
from comity.domain.errors import Conflict, Invalid, Problem
from comity.domain.governance import ReasonCodes
from comity.domain.tlp import TLP
from comity.domain.working_days import end_of_working_days

NOTICE_WORKING_DAYS: Final = 10
FOLLOW_UP_DAYS: Final = 30
MAX_WORDS: Final = 1000


class ReplyState(StrEnum):
    """Where the slot stands."""

    NOT_APPLICABLE = "not_applicable"
    INVITED = "invited"
    RECEIVED = "received"
    DECLINED = "declined"
    WAIVED = "waived"


@dataclass(frozen=True)
class ReplySlot:
    """One organization's slot on one record. Times are UTC; `due_at` is the instant at which the window closes.

    `follow_up_by`: after a waiver, notice must be given by then, or council waives again (G-32).
    """

    state: ReplyState = ReplyState.NOT_APPLICABLE
    invited_at: datetime | None = None
    due_at: datetime | None = None
    received_at: datetime | None = None
    waiver_reason: str = ""
    follow_up_by: datetime | None = None


def notice_required(tlp: TLP, *, names_entity_negatively: bool) -> bool:
    """Prior notice is given for CLEAR and GREEN; for AMBER and stricter it is not, and other duties stand in (G-31)."""
    return names_entity_negatively and tlp in (TLP.CLEAR, TLP.GREEN)


_SAYS: Final = ("text", "indicator", "unit_scope", "weight")
_OVER: Final = frozenset({"refuted", "expired"})


def told_by(claims: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """What a notice about these claims tells, one digest a statement. A claim that says something else is another statement.

    A claim with a marking of its own above GREEN is not told beforehand (G-31), and one that no longer counts states nothing.
    """
    stated = (one for one in claims if one.get("status") not in _OVER and _tellable(one.get("tlp")))
    return frozenset(
        hashlib.sha256(canonical_json({name: one.get(name) for name in _SAYS})).hexdigest() for one in stated
    )


def _tellable(mark: object) -> bool:
    return mark in (None, "", TLP.CLEAR.value, TLP.GREEN.value)


def invite(slot: ReplySlot, now: datetime, holidays: Container[date] = ()) -> ReplySlot:
    """Tell the organization: the window runs ten working days. Also follows up a waiver. Raises `Conflict` if already told."""
    if slot.state not in (ReplyState.NOT_APPLICABLE, ReplyState.WAIVED):
        raise Conflict("The organization has been told already.")
    due = end_of_working_days(now, NOTICE_WORKING_DAYS, holidays)
    return replace(slot, state=ReplyState.INVITED, invited_at=now, due_at=due, follow_up_by=None)


def receive(slot: ReplySlot, words: str, now: datetime) -> ReplySlot:
    """Take in a reply, also late and also after declining (G-34). Raises `Invalid` when empty or over 1,000 words."""
    if slot.state is ReplyState.NOT_APPLICABLE:
        raise Conflict("This record makes no statement about the organization that it could reply to.")
    count = len(words.split())
    if not count:
        raise Invalid([Problem("text", "missing", "Write your reply, or decline.")])
    if count > MAX_WORDS:
        raise Invalid(
            [Problem("text", "too-long", f"A reply has at most {MAX_WORDS} words; this one has {count}.")]
        )
    return replace(slot, state=ReplyState.RECEIVED, received_at=now, follow_up_by=None)


def decline(slot: ReplySlot) -> ReplySlot:
    """The organization says that it will not reply. The window still runs, and it may change its mind."""
    if slot.state is not ReplyState.INVITED:
        raise Conflict("Only an open invitation can be declined.")
    return replace(slot, state=ReplyState.DECLINED)


def waive(
    slot: ReplySlot, reason_code: str, now: datetime, reasons: ReasonCodes, *, by_council: bool = False
) -> ReplySlot:
    """Publish without prior notice, for a listed reason; notice follows within 30 days. Raises `Invalid` or `Conflict`.

    A slot that was waived before is waived again by council only (G-32).
    """
    if reasons.find("waiver", reason_code) is None:
        raise Invalid([Problem("reason_code", "unknown-reason", "Choose one of the reasons for a waiver.")])
    if slot.state in (ReplyState.RECEIVED, ReplyState.DECLINED):
        raise Conflict("The organization has answered; there is nothing to waive.")
    if slot.state is ReplyState.WAIVED and not by_council:
        raise Conflict("Only council can waive notice again.")
    follow_up = now + timedelta(days=FOLLOW_UP_DAYS)
    return replace(slot, state=ReplyState.WAIVED, waiver_reason=reason_code, follow_up_by=follow_up)


def reply_window_over(slot: ReplySlot, now: datetime) -> bool:
    """Has the organization had its ten working days? False while nobody has told it."""
    return slot.due_at is not None and now >= slot.due_at


def settled(slots: Collection[ReplySlot], now: datetime, *, required: bool) -> bool:
    """May publication go on, as far as replies go? With `required`, a record without any slot is not settled."""
    if not required:
        return True
    return bool(slots) and all(
        slot.state is ReplyState.WAIVED or reply_window_over(slot, now) for slot in slots
    )


def follow_up_overdue(slot: ReplySlot, now: datetime) -> bool:
    """A waiver was not followed by notice in time: the ombudsperson and the public count are told."""
    return slot.state is ReplyState.WAIVED and slot.follow_up_by is not None and now >= slot.follow_up_by
