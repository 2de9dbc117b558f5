"""An allied node in words: what everybody may know, what members see of it, and what stands before council."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from comity.domain.kinds.registry import KINDS
from comity.domain.legal_profile import LegalProfile
from comity.domain.peer import Agreement, KnownPeer, PeerState, Purpose
from comity.domain.peering import PeerStep, in_groups
from comity.domain.viewer import Viewer
from comity.services.list_peers import Admission, Ally
from comity.web.organizations import SECTORS
from comity.web.rendering import day, words

STATES: Final = {
    PeerState.PROPOSED: "Proposed",
    PeerState.ADMITTED: "In exchange",
    PeerState.PAUSED: "Paused",
    PeerState.ENDED: "Ended",
}
_WAITING: Final = {
    "here": "The other node has admitted us and waits for our decision.",
    "there": "We have admitted the other node and wait for its decision.",
    "both": "Neither node has admitted the other yet.",
}
_STEPS: Final = {
    "proposed": "Proposed", "offered": "Another agreement offered", "confirmed": "Fingerprint confirmed",
    "refreshed": "Looked at again", "reviewed": "Legal profiles reviewed", "acknowledged": "Acknowledged for data protection",
    "voted": "Voted", "admitted": "Admitted", "changed": "Agreement changed", "paused": "Paused", "resumed": "Taken up again",
    "ended": "Ended",
}  # fmt: skip


def row(one: Ally) -> dict[str, Any]:
    """One line of the list."""
    peer, agreed = one.peer, one.peer.agreement
    return {
        "name": {"text": peer.name, "href": f"/peers/{peer.node_id}"},
        "country": peer.country,
        "state": STATES[peer.state],
        "since": {"at": peer.admitted_at} if peer.admitted_at else None,
        "kinds": _kinds(agreed) if agreed else None,
        "highest": {"tlp": agreed.highest_marking} if agreed else None,
        "mark": _mark(one),
    }


def ally(one: Ally) -> dict[str, Any]:
    """The open part of a node's page."""
    peer = one.peer
    return {
        "id": peer.node_id,
        "name": peer.name,
        "country": peer.country,
        "address": peer.base_url,
        "state": STATES[peer.state],
        "code": peer.state.value,
        "reason": peer.state_reason,
        "since": peer.admitted_at,
        "moved": peer.state_since,
        "agreement": agreement(peer.agreement) if peer.agreement else [],
        "mark": _mark(one),
        "silent": one.silent_since is not None,
        "two": one.two_histories,
        "waiting": _WAITING.get(one.waiting, ""),
    }


def agreement(agreed: Agreement) -> list[tuple[str, str]]:
    """What was agreed, label by label."""
    return [
        ("Kinds of record", _kinds(agreed)),
        ("Highest marking", agreed.highest_marking.label),
        ("Purposes", " ".join(_purpose(code) for code in agreed.purposes)),
        ("Last day", day(agreed.ends_on)),
        ("Trust groups", ", ".join(agreed.groups) or "none"),
        ("Disputed severe claims", "taken, marked as such" if agreed.accepts_disputes else "not taken"),
    ]


def admission(one: Admission, peer: KnownPeer) -> dict[str, Any]:
    """What those who take part see: the key, both profiles, the voices, and every step."""
    standing = one.standing
    return {
        "fingerprint": in_groups(peer.fingerprint),
        "offer": agreement(standing.offer) if standing.offer else [],
        "missing": list(standing.missing) if standing.offer else [],
        "votes": [
            (one.names.get(vote.member, ""), SECTORS[vote.sector], "yes" if vote.agrees else "no")
            for vote in standing.votes
        ],
        "profiles": list(_profiles(one.own, one.theirs)),
        "steps": [_step(step, one.names) for step in reversed(one.steps)],
        "heard": peer.heard_at,
        "let_in": peer.let_in_at,
        "ready": peer.ready,
    }


def offered(viewer: Viewer, peer: KnownPeer, one: Admission | None) -> dict[str, bool]:
    """Which steps the page shows to this viewer now. The services decide again."""
    if one is None:
        return {}
    open_offer = one.standing.offer is not None
    proposes, live = (
        viewer.may("change_policy", "propose"),
        peer.state in (PeerState.ADMITTED, PeerState.PAUSED),
    )
    stops = viewer.may("change_policy", "propose", "apply")
    return {
        "confirm": open_offer and not one.standing.confirmed_by,
        "review": open_offer
        and not one.standing.reviewed_by
        and viewer.may("change_policy", "propose", "ack", "vote"),
        "acknowledge": open_offer and not one.standing.acknowledged_by and viewer.may("change_policy", "ack"),
        "vote": open_offer and viewer.may("change_policy", "vote"),
        "apply": open_offer and one.standing.complete and viewer.may("change_policy", "apply"),
        "pause": stops and peer.state is PeerState.ADMITTED,
        "resume": stops and peer.state is PeerState.PAUSED,
        "end": proposes and peer.state is not PeerState.ENDED,
        "offer": proposes and (live or peer.state is PeerState.PROPOSED),
        "refresh": proposes and peer.state is not PeerState.ENDED,
    }


def _mark(one: Ally) -> str:
    two = "Its log showed two histories" if one.two_histories else ""
    silent = f"No answer to a recall since {day(one.silent_since)}" if one.silent_since else ""
    return "; ".join(part for part in (two, silent) if part)


def _kinds(agreed: Agreement) -> str:
    return ", ".join(KINDS[name].label if name in KINDS else name for name in agreed.kinds)


def _purpose(code: str) -> str:
    return Purpose(code).sentence if code in set(Purpose) else words(code)


def _step(step: PeerStep, names: Mapping[str, str]) -> dict[str, Any]:
    title = _STEPS.get(step.what, words(step.what))
    if step.what == "voted":
        title = "Voted yes" if step.details.get("agrees") else "Voted no"
    where = "The node itself" if step.by == "system" else names.get(step.by, "")
    return {"title": title, "at": step.at, "actor": where, "text": step.text}


def _profiles(own: LegalProfile | None, theirs: LegalProfile | None) -> Iterator[tuple[str, str, str]]:
    """Both profiles side by side: label, ours, theirs."""
    ours, other = _lines(own), _lines(theirs)
    for label in dict.fromkeys((*ours, *other)):
        yield label, ours.get(label, "not said"), other.get(label, "not said")


def _lines(profile: LegalProfile | None) -> dict[str, str]:
    if profile is None:
        return {}
    plain = profile.model_dump(mode="json", exclude={"schema_", "node"})
    return {words(name): said(value) for name, value in plain.items() if value not in (None, [], {})}


def said(value: object) -> str:
    """A part of a profile as a line of words: it is data, whose shape `domain.legal_profile` holds."""
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return "; ".join(f"{name.replace('_', ' ')}: {said(one)}" for name, one in value.items())
        case list() | tuple():
            return ", ".join(said(one) for one in value) or "none"
        case _:
            return str(value)
