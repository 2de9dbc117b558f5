"""What the form that takes a record down asks about the allied nodes that have it: what they are to do, and how soon.

Says that people there may already have read it, and which nodes took it. Asks nothing where no node has it.
"""

from __future__ import annotations

from collections.abc import Sequence

from comity.domain.recall import ACTIONS, DEADLINES
from comity.services import where_it_is
from comity.services.read import find_record
from comity.services.unit import Unit
from comity.web.forms import Field
from comity.web.step import Answers

_USUAL = ("", "What is usual for the reason")


def recall_fields(unit: Unit, ref: str) -> Sequence[Field]:
    """The two choices, or none."""
    names = where_it_is.holding(unit, find_record(unit, ref))
    if not names:
        return ()
    told = f"It is at {', '.join(names)}. People there may already have read it; a recall cannot undo that."
    return (
        Field(
            "action",
            "What allied nodes that have it are asked to do",
            "choice",
            told,
            required=False,
            options=(_USUAL, *ACTIONS.items()),
        ),
        Field(
            "hours",
            "How soon they answer",
            "choice",
            "Four hours where somebody may come to harm. Choose both, or leave both.",
            required=False,
            options=(_USUAL, *((str(hours), said) for hours, said in DEADLINES.items())),
        ),
    )


def hours_of(given: Answers) -> int:
    """The hours that were chosen; 0 when none were, and what nobody offered is refused by the service."""
    sent = given.one("hours")
    if not sent:
        return 0
    return int(sent) if sent in {str(hours) for hours in DEADLINES} else -1
