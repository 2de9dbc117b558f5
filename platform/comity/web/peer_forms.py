"""The forms about an allied node: its address, the agreement that is offered, and the words of each step."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

from comity.domain.errors import Invalid, Problem
from comity.domain.kinds.registry import KINDS
from comity.domain.peer import Agreement, Purpose
from comity.domain.tlp import TLP
from comity.web.forms import Field, Sent, parsed

HIGHEST: Final = tuple(tlp for tlp in TLP if tlp is not TLP.RED)

ADDRESS: Final = Field("address", "Address of the node", hint="Such as https://node.example", max_length=300)

AGREEMENT: Final = (
    Field(
        "kinds", "Kinds of record", "choices", "What is exchanged, both ways.",
        options=[(name, one.label) for name, one in KINDS.items()],
    ),
    Field(
        "highest_marking", "Highest marking", "choice", "Nothing that is marked stricter leaves for this node.",
        options=[(tlp.value, tlp.label) for tlp in HIGHEST],
    ),
    Field(
        "purposes", "Purposes", "choices", "For what it may use what it receives.",
        options=[(purpose.value, purpose.sentence) for purpose in Purpose],
    ),
    Field("ends_on", "Last day", "date", "After this day nothing is exchanged until council decides anew."),
    Field(
        "groups", "Trust groups", "lines", "Groups whose TLP:GREEN may be shared with it, one a line.", required=False
    ),
    Field(
        "accepts_disputes", "It takes severe claims that are disputed, marked as such", "check", required=False
    ),
    Field("text", "Why", "prose", "Council reads it.", max_length=2000),
)  # fmt: skip

NAMES: Final = tuple(field.name for field in AGREEMENT)


def agreement_in(sent: Sent) -> Agreement:
    """The agreement that was typed. Raises `Invalid` by field."""
    typed: dict[str, Any] = {
        "kinds": sent.many("kinds"),
        "highest_marking": sent.one("highest_marking"),
        "purposes": sent.many("purposes"),
        "ends_on": _day(sent.one("ends_on")),
        "groups": [line.strip() for line in sent.one("groups").split("\n") if line.strip()],
        "accepts_disputes": sent.ticked("accepts_disputes"),
    }
    return parsed(Agreement, typed)


def with_agreement(agreement: Agreement | None) -> list[Field]:
    """The form, filled with what is in force."""
    if agreement is None:
        return list(AGREEMENT)
    values: dict[str, Any] = agreement.model_dump(mode="json")
    return [replace(field, value=values.get(field.name, field.value)) for field in AGREEMENT]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid([Problem("ends_on", "malformed", "Enter the last day of the agreement.")]) from None
