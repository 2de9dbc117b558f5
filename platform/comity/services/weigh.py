"""Weigh one version of a record against what was agreed with each allied node: who is sent it by the feed, and who is not and why.

Gathers the facts that `domain.release.check` asks for; the answer is that module's. What is only a matter of the moment, such as a
pause, is left out here where the feed is made: a node that is paused is not served at all, and misses nothing when it comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from comity.domain import legal_profile, release
from comity.domain.access import sent_to
from comity.domain.audience import Audience, Stage
from comity.domain.inputs import RESTS_ON
from comity.domain.legal_profile import LegalProfile
from comity.domain.peer import KnownPeer, PeerState
from comity.domain.record import Record, Revision
from comity.domain.release import FEED_PURPOSE, Party, Withheld
from comity.domain.rules import allows
from comity.domain.tlp import TLP
from comity.services.follow_inputs import waiting_inputs
from comity.services.unit import Unit
from comity.storage import attachments, peers

OF_THE_MOMENT: Final = frozenset({"not-admitted", "paused", "ended", "agreement-over"})
"""Reasons that say nothing of the record: whoever they apply to has no access at all while they do."""

_KNOWN: Final = (PeerState.ADMITTED, PeerState.PAUSED, PeerState.ENDED)


@dataclass(frozen=True)
class Alliance:
    """Our own legal profile, and every node that was ever admitted: read once for a batch of records."""

    here: LegalProfile | None
    nodes: Sequence[KnownPeer]

    def party(self, node: KnownPeer) -> Party:
        """A node as the check takes it."""
        return Party.of(node, legal_profile.readable(node.legal_profile))


def alliance(system: Unit) -> Alliance:
    """As it stands now. `system` is a job of the node."""
    own = legal_profile.readable(system.node.legal_profile)
    return Alliance(own, peers.listed(system.db, system.viewer, *_KNOWN))


def version_of(
    system: Unit, record: Record, revision: Revision, content: Mapping[str, Any], audience: Audience
) -> release.Version:
    """The facts of one version. `content` is whole, with its claims."""
    files = attachments.of_record(system.db, system.viewer, record.id)
    return release.Version(
        kind=record.kind,
        audience=audience,
        under_dispute=record.under_dispute,
        severe=any(claim.get("weight") == "severe" for claim in content.get("claims", ())),
        embargo_until=revision.handling.embargo_until,
        personal_data=content.get("personal_data") or "none",
        orcon_waiting=(),
        attachments_clean=all(one.malware_state != "refused" for one in files),
        signed=True,
    )


Waiting = Callable[[str], tuple[str, ...]]
"""Node -> references of inputs under originator control whose originator has not said yes to it."""


def nothing_waits(_node: str) -> tuple[str, ...]:
    """For a version that rests on nothing."""
    return ()


def waiting_for(system: Unit, record: Record, revision: Revision) -> Waiting:
    """What a version rests on decides for each node (H-01); most rest on nothing, and then nothing is asked."""
    rows = revision.content.get("related") or ()
    if not any(isinstance(row, Mapping) and row.get("relation") in RESTS_ON for row in rows):
        return nothing_waits
    return partial(waiting_inputs, system, record, revision)


def why_not(
    system: Unit,
    known: Alliance,
    version: release.Version,
    node: KnownPeer,
    waiting: Waiting = nothing_waits,
) -> tuple[str, ...]:
    """Every reason for which the feed does not bring a version to a node; empty when it does."""
    version = replace(version, orcon_waiting=(*version.orcon_waiting, *waiting(node.node_id)))
    answer = release.check(
        version, known.party(node), here=known.here, purpose=FEED_PURPOSE, decided=False, now=system.now
    )
    return answer.reasons if isinstance(answer, Withheld) else ()


def audience_in_feed(
    system: Unit, known: Alliance, version: release.Version, waiting: Waiting = nothing_waits
) -> Audience:
    """The audience under which a version stands in the feed: that of the record, without the nodes for which the check says no."""
    audience = version.audience
    if audience.tlp not in (TLP.CLEAR, TLP.GREEN):
        return audience
    weighed = replace(version, audience=audience.at(Stage.LIVE))
    refused: list[str] = []
    released: list[str] = []
    for node in known.nodes:
        if not allows(sent_to(node.as_policy()), weighed.audience.facts()):
            continue
        reasons = set(why_not(system, known, weighed, node, waiting)) - OF_THE_MOMENT
        (refused if reasons else released).append(node.node_id)
    return release.in_feed(audience, refused=refused, released=released)


def sent_now(known: Alliance, audience: Audience, node_id: str) -> bool:
    """Does the feed bring what has this audience to the node, by the rule for the feed? A node that is not known gets nothing."""
    node = next((one for one in known.nodes if one.node_id == node_id), None)
    return node is not None and allows(sent_to(node.as_policy()), audience.facts())
