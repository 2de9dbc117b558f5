"""Alerts: which events people hear of, in what words, and when a mail about them is due.

Decides words that hold no content: a title is added by whoever shows the alert, under the rule of that moment. Refuses to know who
follows what. Source: product 4.5.2, J-01.6, J-05.5; H-03 (a RED record is never summarised in an alert).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final

from comity.domain.tlp import TLP


class Period(StrEnum):
    """How soon somebody wants to hear. Digests leave at six in the morning (UTC), weekly ones on Mondays."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"

    @property
    def label(self) -> str:
        """As a form says it."""
        return {"at_once": "At once", "daily": "Once a day", "weekly": "Once a week"}[self.value]


class Why(StrEnum):
    """What makes somebody hear of an event, in the order of preference when there are several reasons."""

    WORK = "work"
    AUTHOR = "author"
    NAMED = "named"
    FOLLOWED = "followed"
    OPENED = "opened"
    SAVED_SEARCH = "saved_search"

    @property
    def says(self) -> str:
        """“You are told because …”."""
        return {
            "work": "it waits for you or for your role",
            "author": "you wrote it",
            "named": "you are one of its named readers",
            "followed": "you follow it",
            "opened": "you opened it or took a copy of it before",
            "saved_search": "it matches what you saved",
        }[self.value]


NEWS: Final[Mapping[str, str]] = {
    "record.publish": "published",
    "record.correct": "corrected",
    "record.withdraw": "withdrawn",
    "record.restrict": "withdrawn",
    "record.open_dispute": "disputed",
    "record.close_dispute": "dispute_decided",
    "record.expire": "expired",
    "record.supersede": "superseded",
    "reply.received": "replied",
}
"""Events that readers hear of. `record.correct` is a publication of a version after the first."""

WORK: Final[Mapping[str, str]] = {
    "record.begin_triage": "to_triage",
    "review.assigned": "to_review",
    "record.return": "returned",
    "record.request_changes": "returned",
    "record.refuse": "refused",
    "record.reject": "refused",
    "record.time_out": "timed_out",
    "record.correct_minor": "mended",
    "record.mark_review_due": "review_due",
    "hold.asked": "hold_asked",
    "record.hold": "held",
    "withdraw.asked": "withdrawal_asked",
    "restrict.provisional": "order_to_confirm",
    "personal_data.asked": "exception_asked",
    "dispute.raised": "appeal_raised",
    "dispute.decided": "appeal_decided",
    "panel.named": "to_decide",
    "conflict.entered": "conflict_entered",
    "conflict.settled": "conflict_settled",
    "reply.invited": "to_tell",
    "access.asked": "access_asked",
    "inputs.flagged": "input_changed",
    "onward.asked": "onward_asked",
    "onward.answered": "onward_answered",
    "proposal.made": "proposal_made",
    "proposal.decided": "proposal_decided",
    "release.asked": "release_asked",
    "release.agreed": "release_agreed",
    "release.ended": "release_ended",
    "handling.over": "handling_over",
    "outside.received": "outside",
    "dispute.council_asked": "council_asked",
    "dispute.correction_due": "correction_due",
}
"""Events that those at work on a record hear of."""

SENTENCES: Final[Mapping[str, str]] = {
    "published": "A record was published.",
    "corrected": "A record was corrected: a new version is in force.",
    "withdrawn": "A record was withdrawn.",
    "disputed": "A record is under dispute.",
    "dispute_decided": "A dispute about a record was decided.",
    "expired": "A record has expired and is no longer in use.",
    "superseded": "A record was replaced by a newer one.",
    "replied": "An organization named in a record has replied.",
    "to_triage": "A submission waits for an editor.",
    "to_review": "You are asked to review a submission.",
    "returned": "A submission came back to its author with reasons.",
    "refused": "A submission was not taken up; the reasons are with it.",
    "timed_out": "The time for review ended without a quorum.",
    "review_due": "The review date of your record has come: say whether it still stands, or correct it.",
    "mended": "A record that you reviewed was mended without a vote: look whether it still says what you agreed to.",
    "hold_asked": "Somebody asks to pause a record.",
    "held": "A record is paused.",
    "withdrawal_asked": "The originator asks to withdraw a record.",
    "order_to_confirm": "A legal order was carried out and waits for a second person to confirm it.",
    "exception_asked": "An exception for personal data is asked for.",
    "appeal_raised": "An appeal against a record has come in.",
    "appeal_decided": "A panel has decided an appeal: tell whoever raised it.",
    "conflict_entered": "Somebody entered a conflict of interest against your vote. Council or the auditor decides on it.",
    "conflict_settled": "It was decided whether a conflict of interest stands against your vote.",
    "to_decide": "You are named to decide an appeal against a record.",
    "to_tell": "An organization that a record names is to be told, and may reply.",
    "council_asked": "A decision on an appeal was taken to council.",
    "correction_due": "An appeal decided that a record is corrected: its author makes a new version.",
    "outside": "An appeal or a reply came in from somebody without an account.",
    "handling_over": "The time set for the conditions of a record is over: look at its marking again.",
    "access_asked": "Somebody asks for access to a record.",
    "input_changed": "Something that a record of yours rests on has changed.",
    "onward_asked": "Somebody asks whether a record may go on to others.",
    "onward_answered": "What you asked about passing a record on has been answered.",
    "proposal_made": "Somebody proposes a correction of a record.",
    "proposal_decided": "A correction that you proposed has been decided on.",
    "release_asked": "Somebody asks to release a record to an allied node.",
    "release_agreed": "A release to an allied node waits for the federation officer.",
    "release_ended": "A release to an allied node was carried out or refused.",
}

TITLE_FREE: Final = "A record that you may read has changed."
"""All that is said of a record above TLP:GREEN (J-01.6)."""

_HOUR: Final = time(6)


def may_show_title(tlp: str) -> bool:
    """Titles go into alerts and mails up to TLP:GREEN."""
    return tlp.upper() in (TLP.CLEAR.value, TLP.GREEN.value)


def mail_due(period: str, *, made: datetime, now: datetime) -> bool:
    """Has the time come at which an alert made at `made` is sent? Both are aware UTC."""
    match Period(period):
        case Period.AT_ONCE:
            return True
        case Period.DAILY:
            return now >= _next_morning(made)
        case Period.WEEKLY:
            first = _next_morning(made)
            return now >= first + timedelta(days=-first.weekday() % 7)


def _next_morning(after: datetime) -> datetime:
    today = datetime.combine(after.date(), _HOUR, after.tzinfo)
    return today if today > after else today + timedelta(days=1)


def retry_after(tries: int) -> timedelta:
    """How long to wait after the `tries`-th failure: 1, 2, 4 minutes and so on, at most six hours."""
    return min(timedelta(minutes=2 ** min(tries, 12)), timedelta(hours=6))
