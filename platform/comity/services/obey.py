"""Do what a verified notice of an allied node asks: check that it speaks for itself and to this node, and hand it to its handler.

Decides who may ask; each handler decides whether and how it is done. `HANDLERS` is the registry, one line a kind of notice. A
handler is given the notice and the node that sent it, works inside the unit, is idempotent by the notice's id, and says what became
of it. Refuses to know how a notice arrived: by the feed, by the inbox or by a courier's file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from comity.domain.notice import Notice, Outcome, What
from comity.domain.signing import Verified
from comity.services import apply_beside, follow_keys, keep_group, obey_requests, recall
from comity.services.unit import Unit
from comity.stix.facts import StixRefused
from comity.stix.notices import notice_from_stix

Handler = Callable[[Unit, Notice, str], Outcome]
"""`(unit, notice, sender)`; the unit's viewer is a job of the node."""

HANDLERS: Final[dict[What, Handler]] = {
    What.KEYS: follow_keys.obey_keys,
    What.MEMBERSHIP: keep_group.obey_membership,
    What.RELEASE: obey_requests.obey_release,
    What.ONWARD: obey_requests.obey_onward,
    What.PROPOSAL: obey_requests.obey_proposal,
    What.RECALL: recall.obey_recall,
    What.DISPUTE: apply_beside.obey_dispute,
    What.REPLY: apply_beside.obey_reply,
    What.ANSWER: obey_requests.obey_answer,
}
"""What is understood here. A notice of another kind is refused by name, never dropped."""


def obey(unit: Unit, verified: Verified[dict[str, Any]], *, sender: str) -> Outcome:
    """What became of the notice in `verified`, which came from `sender`. Never raises for anything that the notice says."""
    try:
        notice = notice_from_stix(verified.value)
    except StixRefused as bad:
        return Outcome.refusal(bad.reason)
    if not verified.node == sender == notice.origin:
        return Outcome.refusal("foreign-origin", "A node gives notice for itself only.")
    if notice.to != unit.node.node_id:
        return Outcome.refusal("not-addressed", "The notice is for another node.")
    handler = HANDLERS.get(notice.what)
    if handler is None:
        return Outcome.refusal("not-understood", "This node does not act on notices of this kind.")
    return handler(unit, notice, sender)
