"""What a record's page says about its standing to others: notices above the text, and the section on sharing below it.

Takes only what `services.sharing` gave this reader. Refuses to know HTML.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from comity.domain.onward import PURPOSES, OnwardState
from comity.domain.peer import Purpose
from comity.domain.proposal import ProposalState
from comity.services import list_releases, onward, propose
from comity.services.follow_inputs import TIGHTENED
from comity.services.sharing import Sharing
from comity.services.unit import Unit
from comity.web.record_view import Notice
from comity.web.rendering import day
from comity.web.sharing_words import claim_words, recipient_name

RELEASE_STATES: Final = {
    "asked": "waits for the originator’s yes",
    "agreed": "waits for the federation officer",
    "executed": "released",
    "refused": "refused",
}
_TONE: Final = {
    "executed": "good", "yes": "good", "yes_with_changes": "good", "tearline": "good", "accepted": "good",
    "refused": "bad", "no": "bad", "silent": "bad", "declined": "bad",
}  # fmt: skip


def notices(found: Sharing, here: str, origin: str) -> Iterator[Notice]:
    """The weightiest first."""
    for ref, why in found.doubts:
        said = (
            "Something that it rests on is for fewer readers now."
            if why == TIGHTENED
            else "Something that it rests on was taken down."
        )
        text = f"{said} Until its originator has looked at it again, the stricter rule holds."
        link = {"href": f"/records/{ref}", "link": f"Read {ref}"} if ref else {}
        yield Notice("warn", "In doubt", text, **link)
    for one in found.disagreeing:
        apart = one.origin_node != origin
        title = "Nodes disagree" if apart else "Another record disagrees"
        text = f"{one.ref} says otherwise. Both stand: read both before you decide."
        yield Notice("warn", title, text, f"/records/{one.ref}", f"Read {one.ref}")
    if found.terms and origin != here:
        conditions = str(found.terms.get("conditions") or "")
        text = f"{conditions} Passing it on, whole or in part, needs the originator’s yes.".strip()
        yield Notice("info", "Released to your organization by name", text)


def section(unit: Unit, found: Sharing) -> dict[str, Any] | None:
    """Rows for the section on sharing; None when there is nothing in it."""
    rows = {
        "tear_lines": [
            {"href": f"/records/{one.ref}", "ref": one.ref, "state": one.state.value}
            for one in found.tear_lines
        ],
        "releases": [release_row(one) for one in found.releases],
        "onward": [onward_row(unit, one) for one in found.onward],
        "proposals": [proposal_row(one) for one in found.proposals],
    }
    return rows if any(rows.values()) else None


def release_row(one: list_releases.Line) -> dict[str, Any]:
    """One decision in words."""
    decision = one.decision
    return {
        "ref": one.record.ref,
        "title": f"Version {one.version} to {', '.join(one.organizations)} ({one.node})",
        "actor": RELEASE_STATES[decision.state],
        "tone": _TONE.get(decision.state, ""),
        "text": " ".join([Purpose(decision.purpose).sentence, decision.conditions, *one.objections]).strip(),
        "at": decision.executed_at or decision.agreed_at or decision.asked_at,
    }


def onward_row(unit: Unit, one: onward.Line) -> dict[str, Any]:
    """One request in words."""
    request = one.request
    what = "a passage" if request.passage else "the whole"
    return {
        "ref": one.record.ref if one.record else "",
        "title": f"{one.who}: {what} to {recipient_name(unit, request.recipient)}",
        "actor": _standing(request),
        "tone": _TONE.get(request.state, ""),
        "text": " ".join(
            [PURPOSES.get(request.purpose, ""), _quoted(request.passage), _quoted(request.text)]
        ).strip(),
        "at": request.answered_at or request.asked_at,
    }


def _standing(request: onward.OnwardRequest) -> str:
    label = OnwardState(request.state).label
    return f"{label} until {day(request.due_at.date())}" if request.state == OnwardState.OPEN else label


def _quoted(text: str) -> str:
    return f"“{text}”" if text else ""


def proposal_row(one: propose.Line) -> dict[str, Any]:
    """One proposal in words."""
    proposal = one.proposal
    return {
        "ref": one.record.ref if one.record else "",
        "title": f"{one.who} proposes a correction of version {proposal.version}",
        "actor": ProposalState(proposal.state).label,
        "tone": _TONE.get(proposal.state, ""),
        "text": f"{proposal.text}{claim_words(proposal.claim)} {_quoted(proposal.reason)}".strip(),
        "at": proposal.decided_at or proposal.made_at,
    }
