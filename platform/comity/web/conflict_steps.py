"""The steps by which a vote is taken out of the count: one person enters a conflict of interest, another says whether it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from comity.services import recount
from comity.services.read import find_record
from comity.services.unit import Unit
from comity.web.forms import Field
from comity.web.step import YES_NO, Answers, Step, words


def _voters(unit: Unit, ref: str) -> Sequence[Field]:
    options = tuple(recount.voters(unit, find_record(unit, ref)).items())
    return [
        Field("reviewer", "Whose vote", "choice", options=options),
        words("What the conflict is, and how it was found"),
    ]


def _waiting(unit: Unit, ref: str) -> Sequence[Field]:
    found = recount.entered(find_record(unit, ref))
    options = tuple(
        (name, str(one["text"])) for name, one in found.items() if unit.viewer.person not in (name, one["by"])
    )
    stands = Field("stands", "Does it stand?", "choice", options=YES_NO)
    return [Field("reviewer", "Which", "choice", options=options), stands, words("Why")]


def _settle(unit: Unit, ref: str, given: Answers) -> Any:
    return recount.settle_conflict(
        unit,
        ref=ref,
        reviewer=given.one("reviewer"),
        stands=given.agrees("stands"),
        text=given.one("text"),
    )


CONFLICT_STEPS: Final = (
    Step(
        "conflict",
        "conflict",
        lambda unit, ref, given: recount.enter_conflict(
            unit, ref=ref, reviewer=given.one("reviewer"), text=given.one("text")
        ),
        _voters,
        needs="reviewer",
        to="",
    ),
    Step("conflict/settle", "conflict/settle", _settle, _waiting, needs="reviewer", to=""),
)
"""In the order in which a page draws them."""
