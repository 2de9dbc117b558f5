"""The release check: may this version go to that node, for that purpose, now? Yes, or no with every reason (product 4.10.2).

Pure: it is handed facts and two legal profiles. It never says yes where `access.releasable_to` and `sent_to` say no; it only takes
away, and says why. Refuses to know records, tables and who asked. The same reasons are shown on the page “where it is and why not”.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from comity.domain.access import releasable_to, sent_to
from comity.domain.audience import Audience, Stage
from comity.domain.legal_profile import LegalProfile
from comity.domain.peer import Agreement, KnownPeer, Peer, PeerState, Purpose
from comity.domain.rules import allows
from comity.domain.tlp import TLP
from comity.domain.tokens import ANY, tokens

FEED_PURPOSE: Final = Purpose.INFORM_COMMUNITY.value
"""What stands in the feed is there for this. A release that is addressed states a purpose of its own."""


@dataclass(frozen=True)
class Version:
    """What is to be released. No fact has a default: one that was not established cannot be forgotten.

    `audience` is that of the version. `severe` says whether it makes a severe claim about an organization. `orcon_waiting` are the
    references of inputs whose originator has not said yes. `signed` is false where no valid signature of its origin exists.
    """

    kind: str
    audience: Audience
    under_dispute: bool
    severe: bool
    embargo_until: datetime | None
    personal_data: Literal["none", "official_capacity", "exceptional"]
    orcon_waiting: tuple[str, ...]
    attachments_clean: bool
    signed: bool


@dataclass(frozen=True)
class Party:
    """To whom. `profile` is None where there is none that can be read."""

    peer: Peer
    state: PeerState
    agreement: Agreement | None
    profile: LegalProfile | None

    @classmethod
    def of(cls, known: KnownPeer, profile: LegalProfile | None) -> Party:
        """An allied node with its profile as `legal_profile.readable` found it."""
        return cls(known.as_policy(), known.state, known.agreement, profile)


@dataclass(frozen=True)
class Released:
    """Yes."""


@dataclass(frozen=True)
class Withheld:
    """No. `reasons` are codes of `REASONS`, all that apply, in their order; never empty."""

    reasons: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The reasons as a page says them."""
        return tuple(REASONS[code] for code in self.reasons)


REASONS: Final[dict[str, str]] = {
    "not-admitted": "Council has not admitted this node.",
    "paused": "The exchange with this node is paused.",
    "ended": "The exchange with this node has ended.",
    "agreement-over": "The agreement with this node has passed its end date.",
    "kind-not-agreed": "The agreement does not cover this kind of record.",
    "purpose-not-agreed": "The agreement does not cover this purpose.",
    "not-published": "Only what is published and in force is released.",
    "disputed": "A severe claim in it is disputed, and this node does not take disputed claims.",
    "embargo": "Its embargo is not over.",
    "red": "TLP:RED never travels to another node by the exchange.",
    "above-agreement": "Its marking is stricter than the agreement with this node allows.",
    "not-named": "Neither this node nor an organization at it is among those to whom it may be released.",
    "outside-group": "It is for the nodes of a trust group, and this node shares none of them with us.",
    "named-organizations": "It is for organizations of this node by name.",
    "no-decision": "It leaves by a release decision alone: the originator agrees and the federation officer acts.",
    "orcon": "Something it rests on needs the yes of its originator first.",
    "personal-data": "Personal data other than that of office holders acting as such never leaves.",
    "no-own-profile": "This node has no legal profile that says what may leave.",
    "no-profile": "This node has no legal profile of theirs that it can read.",
    "profile-overdue": "Their legal profile is past its review; until then nothing restricted goes there.",
    "may-not-send": "Our legal profile does not permit this category to leave.",
    "may-not-receive": "Their legal profile says that they may not receive this category.",
    "no-transfer-basis": "Our law knows no basis on which personal data may go to their country.",
    "does-not-accept-amber": "Their legal profile does not accept TLP:AMBER from other nodes.",
    "disclosure-law": "Their law on disclosure reaches the node, and no exemption protects TLP:AMBER there.",
    "attachments": "An attachment is not clean.",
    "unsigned": "It has no valid signature of its origin.",
}
"""Every reason, in the order in which they are told. The codes are stored; they never change their meaning."""

_CLOSED: Final = {
    PeerState.PROPOSED: "not-admitted",
    PeerState.PAUSED: "paused",
    PeerState.ENDED: "ended",
}
_RESTRICTED: Final = frozenset({TLP.AMBER, TLP.AMBER_STRICT, TLP.RED})


def check(
    version: Version,
    party: Party,
    *,
    here: LegalProfile | None,
    purpose: str,
    decided: bool,
    now: datetime,
) -> Released | Withheld:
    """May `version` go to `party` for `purpose`? `decided` is whether a release decision for this very version and node exists.

    `here` is our own legal profile. What is CLEAR or GREEN goes into the feed; AMBER goes in a release that is addressed.
    """
    found = {
        *_standing(party, version.kind, purpose, now),
        *_state(version, party, now),
        *_marking(version.audience, party.peer, decided=decided),
        *_law(version, party, here, now),
    }
    return Withheld(tuple(code for code in REASONS if code in found)) if found else Released()


def _standing(party: Party, kind: str, purpose: str, now: datetime) -> Iterator[str]:
    if party.state in _CLOSED:
        yield _CLOSED[party.state]
    if party.agreement is None:
        yield "not-admitted"
        return
    if not party.agreement.holds(now):
        yield "agreement-over"
    if kind not in party.agreement.kinds:
        yield "kind-not-agreed"
    if purpose not in party.agreement.purposes:
        yield "purpose-not-agreed"


def _state(version: Version, party: Party, now: datetime) -> Iterator[str]:
    if version.audience.stage is not Stage.LIVE:
        yield "not-published"
    accepts = party.agreement is not None and party.agreement.accepts_disputes
    if version.under_dispute and version.severe and not accepts:
        yield "disputed"
    if version.embargo_until is not None and now < version.embargo_until:
        yield "embargo"
    if version.orcon_waiting:
        yield "orcon"
    if not version.attachments_clean:
        yield "attachments"
    if not version.signed:
        yield "unsigned"


def _marking(audience: Audience, peer: Peer, *, decided: bool) -> Iterator[str]:
    """The policy itself decides; the rest finds words for its no."""
    tlp = audience.tlp
    if tlp is TLP.RED:
        yield "red"
        return
    found = []
    if tlp.restriction > peer.highest.restriction:
        found.append("above-agreement")
    if not audience.releasable & _reaching(tlp, peer):
        for_group = tlp is TLP.GREEN and any(one.startswith("group:") for one in audience.releasable)
        found.append("outside-group" if for_group else "not-named")
    if tlp not in _RESTRICTED and ANY not in audience.organizations:
        found.append("named-organizations")
    rule = releasable_to(peer) if tlp in _RESTRICTED else sent_to(peer)
    if not found and not allows(rule, audience.at(Stage.LIVE).facts()):
        found.append("not-named")  # whatever the policy comes to ask for, its no is a no
    if tlp in _RESTRICTED and not decided:
        found.append("no-decision")
    yield from found


def _reaching(tlp: TLP, peer: Peer) -> frozenset[str]:
    """The words in `releasable` that reach this peer under this marking."""
    by_name = tokens("node", [peer.node]) | tokens("org", peer.organizations)
    if tlp in _RESTRICTED:
        return by_name
    community = by_name | tokens("group", peer.groups)
    return community | {ANY} if tlp is TLP.CLEAR else community


def _law(version: Version, party: Party, here: LegalProfile | None, now: datetime) -> Iterator[str]:
    if version.personal_data == "exceptional":
        yield "personal-data"
    if here is None:
        yield "no-own-profile"
    if party.profile is None:
        yield "no-profile"
    if here is None or party.profile is None:
        return
    there, categories = party.profile, _categories(version)
    if categories & set(here.may_not_send):
        yield "may-not-send"
    if categories & set(there.may_not_receive):
        yield "may-not-receive"
    if version.personal_data != "none" and not here.transfers_to(there.jurisdiction):
        yield "no-transfer-basis"
    if version.audience.tlp in _RESTRICTED:
        if there.overdue(now):
            yield "profile-overdue"
        if not there.disclosure_law.accepts_amber_from_peers:
            yield "does-not-accept-amber"
        elif not there.keeps_amber:
            yield "disclosure-law"


def _categories(version: Version) -> set[str]:
    """The words by which a legal profile may name what this is: its kind, its marking, the personal data in it."""
    return {version.kind, version.audience.tlp.token, f"{version.personal_data}_personal_data"}


def in_feed(audience: Audience, *, refused: Iterable[str], released: Iterable[str]) -> Audience:
    """The audience under which a version stands in the feed, when the check said no for the nodes `refused`.

    A rule knows markings, not laws: so where somebody is refused, the words that reach many give way to the names of those
    `released`. Nobody gets more by it, and this node's own people and the public, who are named as `node:` here, lose nothing.
    Asked again whenever a membership, an agreement or a profile changes: a name outlives the group it came from.
    """
    out = frozenset(refused)
    if not out:
        return audience
    kept = {one for one in audience.releasable if not _wide(one) and _node_of(one) not in out}
    return replace(audience, releasable=frozenset(kept) | tokens("node", released))


def _wide(word: str) -> bool:
    return word == ANY or word.startswith("group:")


def _node_of(word: str) -> str:
    """The node that a word names, or where the organization is that it names."""
    prefix, _, name = word.partition(":")
    return name if prefix == "node" else name.partition(".")[0]
