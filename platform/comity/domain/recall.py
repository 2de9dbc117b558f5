"""Recall: why a version is called back from allied nodes, what they are asked to do, and how much time they have (product 4.10.4).

Decides what follows from a reason where nobody chose otherwise. Refuses to know who has the record. A recall is a signed request
with an answer and a deadline, never a promise to erase: people may already have read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from comity.domain.notice import Action

Reason = Literal["error", "harm", "legal", "source_at_risk", "consent_withdrawn", "audience_narrowed"]
"""The codes that travel."""

NARROWED: Final = "audience_narrowed"
"""Reason code of a tombstone for those who lose a record that others keep."""

ACTIONS: Final[Mapping[str, str]] = {
    "annotate": "Mark it as taken back; its earlier text stays readable for the record",
    "restrict": "Let nobody but the officers of the node read it",
    "replace": "Point to what takes its place",
    "delete": "Delete it, and keep only its number, its hash, this notice and the answer",
}
"""What a node may be asked to do, from the mildest to the strictest, in the words of the form."""

DEADLINES: Final[Mapping[int, str]] = {
    4: "4 hours (urgent)",
    24: "24 hours",
    72: "72 hours",
}
"""Hours until an answer is due (4.2.4)."""

_TRAVELS_AS: Final[Mapping[str, Reason]] = {
    # withdrawal
    "error": "error",
    "source_withdrawn": "source_at_risk",
    "overtaken": "error",
    "harm": "harm",
    "personal_data": "harm",
    "appeal_upheld": "error",
    "council_decision": "error",
    "originator_request": "consent_withdrawn",
    # a hold
    "legal_order": "legal",
    "ongoing_operation": "source_at_risk",
    "safety_of_person": "harm",
    "factual_doubt": "error",
    # an order
    "court_order": "legal",
    "statutory_order": "legal",
    NARROWED: "audience_narrowed",
}
_MILD: Final = frozenset({"overtaken"})


@dataclass(frozen=True)
class Asked:
    """What the nodes are asked to do and when their answer is due."""

    action: Action
    hours: int

    def due(self, now: datetime) -> datetime:
        """The moment after which silence is marked."""
        return now + timedelta(hours=self.hours)


def travels_as(reason_code: str) -> Reason:
    """The reason in the words that all nodes know. One that is not listed is an error, which asks for the most."""
    return _TRAVELS_AS.get(reason_code, "error")


def usual(reason_code: str, *, returns: bool = False, replaced: bool = False) -> Asked:
    """What is asked where nobody chose. `returns`: a hold or an order that may end, after which the record comes back."""
    reason = travels_as(reason_code)
    hours = 4 if reason == "harm" else 24
    if returns:
        return Asked("restrict", hours)
    if replaced and reason != "harm":
        return Asked("replace", hours)
    if reason_code in _MILD:
        return Asked("annotate", 72)
    return Asked("delete", hours)


def chosen(action: str, hours: int) -> Asked | None:
    """What somebody chose on the form; None when it is not on the lists."""
    if action not in get_args(Action) or hours not in DEADLINES:
        return None
    return Asked(action, hours)  # type: ignore[arg-type]  # just looked up


def softer(asked: Action, than: Action) -> bool:
    """Does one action ask for less than another?"""
    order = list(ACTIONS)
    return order.index(asked) < order.index(than)
