"""The next steps a record's page offers, as links: which there are is `services.offer`'s answer, how they look is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from comity.domain.record import Record
from comity.services import where_it_is
from comity.services.offer import LABELS, offers
from comity.services.unit import Unit

_TONES: Final = {
    "edit": "primary",
    "triage": "primary",
    "review": "primary",
    "handling": "primary",
    "appeals/council": "primary",
    "appeal/council": "quiet",
    "interests": "quiet",
    "contact": "quiet",
    "waive/council": "quiet",
    "hold/agree": "primary",
    "withdraw/acknowledge": "primary",
    "withdraw": "danger",
    "discard": "quiet",
    "restrict": "quiet",
    "appeal": "quiet",
    "hold": "quiet",
    "withdraw/council": "quiet",
}


@dataclass(frozen=True)
class Action:
    """A link to the page where the step is explained and taken. `tone` as for buttons."""

    href: str
    label: str
    tone: str


def actions(unit: Unit, record: Record) -> list[Action]:
    """What this viewer can do next, the likely steps first."""
    offered = sorted(offers(unit, record), key=lambda path: _TONES.get(path) == "quiet")
    links = [
        Action(f"/records/{record.ref}/{path}", LABELS[path], _TONES.get(path, "secondary"))
        for path in offered
    ]
    if where_it_is.may_see(unit.viewer, record):
        links.append(Action(f"/records/{record.ref}/deliveries", "Where it is at allied nodes", "quiet"))
    return links
