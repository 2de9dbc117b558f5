"""What a step on a page of its own is: a short form, and the verb it calls. `steps` lists them.

Refuses to know which steps there are and who may take them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from comity.domain.errors import Invalid, Problem
from comity.domain.governance import ReasonFor
from comity.services import triage
from comity.services.unit import Unit
from comity.web.forms import Field, Sent
from comity.web.handling_form import moment
from comity.web.step_words import WORDS, Words


class Answers:
    """The fields of one step among several forms on a page: each has the step's own prefix."""

    def __init__(self, sent: Sent, prefix: str) -> None:
        self._sent, self._prefix = sent, prefix

    def one(self, name: str) -> str:
        """As `Sent.one`."""
        return self._sent.one(f"{self._prefix}.{name}")

    def many(self, name: str) -> list[str]:
        """As `Sent.many`."""
        return self._sent.many(f"{self._prefix}.{name}")

    def ticked(self, name: str) -> bool:
        """As `Sent.ticked`."""
        return self._sent.ticked(f"{self._prefix}.{name}")

    def agrees(self, name: str = "agrees") -> bool:
        """A yes or a no; neither is a problem, never a guess."""
        if self.one(name) not in ("yes", "no"):
            raise Invalid([Problem(name, "missing", "Choose yes or no.")])
        return self.one(name) == "yes"

    def moment(self, name: str) -> datetime:
        """A moment in UTC."""
        try:
            at = moment(self.one(name))
        except ValueError:
            at = None
        if at is None:
            raise Invalid([Problem(name, "date", "Enter date and time (UTC), such as 2026-12-01T09:00.")])
        return at

    def day(self, name: str) -> date:
        """A day."""
        try:
            return date.fromisoformat(self.one(name))
        except ValueError:
            raise Invalid([Problem(name, "date", "Enter a day, such as 2026-12-01.")]) from None

    def whole(self, name: str) -> int:
        """The number of something chosen from a list."""
        if not self.one(name).isascii() or not self.one(name).isdigit() or len(self.one(name)) > 9:
            raise Invalid([Problem(name, "missing", "Choose one.")])
        return int(self.one(name))


Act = Callable[[Unit, str, Answers], Any]
Ask = Callable[[Unit, str], Sequence[Field]]


@dataclass(frozen=True)
class Step:
    """`path` is where it is sent to, `offer` its name in `services.offer`. Not drawn while its `needs` field has no options."""

    path: str
    offer: str
    act: Act
    ask: Ask
    tone: str = "primary"
    needs: str = ""
    to: str = "work"

    @property
    def words(self) -> Words:
        """What the page says about it."""
        return WORDS[self.path]


YES_NO: Final = (("yes", "Yes"), ("no", "No"))


def reason(decision: ReasonFor, *, without: Sequence[str] = ()) -> Field:
    """A choice among the reason codes of one kind of decision."""
    options = tuple(
        (code, label) for code, label in triage.reasons_for(decision).items() if code not in without
    )
    return Field("reason_code", "Reason", "choice", options=options)


def words(label: str = "In words that the author can read", hint: str = "") -> Field:
    """Reasons in free words."""
    return Field("text", label, "prose", hint, max_length=2000)


def nothing(_unit: Unit, _ref: str) -> Sequence[Field]:
    """A step that is a single button."""
    return ()
