"""The third-party rule (4.10.3): whoever holds a record and wants to pass it on asks its originator. Silence is no.

Decides who may be asked for, when the time is over and which answers there are. Refuses to know who asks and where requests are
kept. A request names one recipient, so that a yes is for that one.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from comity.domain.errors import Problem
from comity.domain.tokens import ANY, AccessToken, BadToken, token
from comity.domain.working_days import end_of_working_days

WORKING_DAYS: Final = 10
PASSAGE_CHARACTERS: Final = 6000
PURPOSES: Final = {
    "cite": "Cite it, or build on it, in a record of our own",
    "protect_recipient": "The recipient has to protect itself",
    "answer_a_request": "Answer a request for advice or information",
    "share_with_ally": "Share it with an allied node",
    "take_a_copy": "Keep a copy outside the portal",
}
"""Why somebody wants to pass a record on, in the order shown."""

_PREFIXES: Final = ("org", "node", "group")


class OnwardState(StrEnum):
    """Where a request stands. Everything but `OPEN` is an end; only the three in `AGREED` let anything go on."""

    OPEN = "open"
    YES = "yes"
    YES_WITH_CHANGES = "yes_with_changes"
    TEARLINE = "tearline"
    NO = "no"
    SILENT = "silent"

    @property
    def label(self) -> str:
        """As a page says it."""
        return {
            "open": "waits for the originator",
            "yes": "yes",
            "yes_with_changes": "yes, in the words of the originator",
            "tearline": "yes, to its tear-line",
            "no": "no",
            "silent": "no: the originator did not answer in time",
        }[self.value]


ANSWERS: Final = {
    OnwardState.YES: "Yes: it may go to this recipient",
    OnwardState.YES_WITH_CHANGES: "Yes, but only in these words",
    OnwardState.TEARLINE: "Only its tear-line",
    OnwardState.NO: "No",
}
"""What an originator may answer, in the order shown."""


def due_at(asked_at: datetime) -> datetime:
    """The end of the tenth working day: no answer until then is no."""
    return end_of_working_days(asked_at, WORKING_DAYS)


def recipient_problems(recipient: str) -> list[Problem]:
    """Why this is no recipient: `any`, `group:…`, `node:…` or `org:…`; empty when it is one."""
    try:
        recipient_token(recipient)
    except BadToken:
        return [Problem("recipient", "choice", "Choose who it would go to.")]
    return []


def recipient_token(recipient: str) -> AccessToken:
    """The recipient as a token. Raises `BadToken` for anything that is not one of the four sorts."""
    if recipient == ANY:
        return ANY
    if recipient.partition(":")[0] not in _PREFIXES:
        raise BadToken(recipient[:140])
    return token(recipient)


def answer_problems(answer: str, text: str) -> list[Problem]:
    """An answer is one of four; changed words are needed for the second, and a reason for a no (G-09)."""
    if answer not in ANSWERS:
        return [Problem("answer", "choice", "Choose an answer.")]
    if answer == OnwardState.YES_WITH_CHANGES and not text.strip():
        return [Problem("text", "missing", "Write the words that may go on.")]
    if answer == OnwardState.NO and not text.strip():
        return [Problem("text", "missing", "Say why not: whoever asked reads it.")]
    if len(text) > PASSAGE_CHARACTERS:
        return [Problem("text", "length", f"Up to {PASSAGE_CHARACTERS} characters fit.")]
    return []


def in_time(answered_at: datetime, due: datetime) -> bool:
    """An answer that was signed in time counts, also when it arrives after the clock struck here."""
    return answered_at <= due
