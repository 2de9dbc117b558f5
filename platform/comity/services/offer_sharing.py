"""Which steps of sharing a page may offer this viewer on a record: releases, onward use, proposals, tear-lines, inputs in doubt.

Only what to draw: each verb asks again for itself.
"""

from __future__ import annotations

from typing import Final

from comity.domain.record import Record
from comity.services import list_releases, onward, propose, release, stand_by, tear
from comity.services.unit import Unit

LABELS: Final = {
    "inputs": "Look again at what it rests on",
    "onward/answer": "Answer who asks to pass it on",
    "proposal/accept": "Take up a proposed correction",
    "proposal/decline": "Decline a proposed correction",
    "release/agree": "Agree to a release",
    "release/execute": "Carry out a release",
    "release/refuse": "Refuse a release",
    "release": "Release it to an allied node",
    "tear-line": "Tear off a line for more readers",
    "onward": "Ask before you pass it on",
    "proposal": "Propose a correction",
}
"""As `services.offer.LABELS`."""


def sharing_offers(unit: Unit, record: Record) -> set[str]:
    """Paths of `LABELS` for this viewer, who can see the record."""
    if not record.is_published:
        return set()
    found = {
        path
        for path, open_ in (
            ("onward", onward.may_ask(unit, record) and not onward.answers_for(unit, record)),
            ("proposal", propose.may_propose(unit, record)),
            ("tear-line", tear.may_tear(unit, record)),
            ("inputs", stand_by.may_stand_by(unit, record)),
        )
        if open_
    }
    if onward.answers_for(unit, record):
        found |= _by_originator(unit, record)
    return found | _of_releases(unit, record)


def _by_originator(unit: Unit, record: Record) -> set[str]:
    found = {"release"} if release.may_ask(unit, record) else set()
    if onward.open_for(unit, record):
        found.add("onward/answer")
    if propose.open_for(unit, record):
        found.add("proposal/decline")
        if record.author == unit.viewer.person:
            found.add("proposal/accept")
    return found


def _of_releases(unit: Unit, record: Record) -> set[str]:
    """What the decisions about this record wait for from this viewer."""
    states = {one.decision.state for one in list_releases.waiting_on(unit, record)}
    found = set()
    if list_releases.ASKED in states:
        found |= {"release/agree", "release/refuse"}
    if list_releases.AGREED in states:
        found.add("release/refuse")
        if unit.viewer.may("release", "yes"):
            found.add("release/execute")
    return found
