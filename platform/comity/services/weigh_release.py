"""What stands in the way of one release now: what has changed since it was agreed, and what the release check says (4.10.2).

The facts are gathered here; the answer is that of `domain.release`. Asked before the officer acts, and once more by the act.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from comity.domain import release as check_of
from comity.domain.errors import NotFound
from comity.domain.record import Record, Revision
from comity.domain.release import Withheld
from comity.domain.viewer import Viewer
from comity.services import weigh
from comity.services.follow_inputs import waiting_inputs
from comity.services.sign import signing_key
from comity.services.unit import Unit
from comity.storage import audiences, peers, records, releases, revisions
from comity.storage.releases import AGREED, EXECUTED, ReleaseDecision

OWN_REASONS: Final = {
    "version-changed": "The record has changed since: a later version needs a decision of its own.",
    "organization-unknown": "The node no longer names one of these organizations.",
}


def sentence(reason: str) -> str:
    """A stored reason in words: a code of the release check, one of our own, or what somebody wrote."""
    code, _, text = reason.partition(": ")
    if text:
        return f"On personal data: {text}" if code == "personal-data" else text
    return OWN_REASONS.get(code) or check_of.REASONS.get(code) or code


def foresee(unit: Unit, *, decision_id: int) -> Sequence[str]:
    """What stands in the way of a decision now, in sentences, before the officer presses anything."""
    decision = releases.get(unit.db, decision_id)
    found = records.by_ids(unit.db, unit.viewer, [decision.record_id]) if decision else {}
    if decision is None or not found:
        raise NotFound
    system = unit.acting_as(Viewer.system(unit.node.node_id, "foresee a release"))
    revision = revisions.get(system.db, system.viewer, decision.revision_id)
    ahead = replace(decision, state=AGREED)
    return [sentence(one) for one in objections(system, found[decision.record_id], revision, ahead)]


def objections(
    system: Unit, record: Record, revision: Revision | None, decision: ReleaseDecision
) -> tuple[str, ...]:
    """Every reason against it now: what has changed since it was agreed, and what the release check says."""
    found = []
    if revision is None or record.published_revision_id != decision.revision_id:
        found.append("version-changed")
    peer = peers.get(system.db, system.viewer, decision.node_id)
    known = weigh.alliance(system)
    if revision is None or peer is None:
        return (*found, "not-admitted")
    if not set(decision.organizations) <= {str(one["id"]) for one in peer.organizations}:
        found.append("organization-unknown")
    content = content_of(system, revision)
    audience = audiences.load(system.db, revision.audience_id)
    facts = replace(
        weigh.version_of(system, record, revision, content, audience),
        orcon_waiting=waiting_inputs(system, record, revision, decision.node_id),
        signed=signing_key(system) is not None,
    )
    answer = check_of.check(
        facts,
        known.party(peer),
        here=known.here,
        purpose=decision.purpose,
        decided=decision.state in (AGREED, EXECUTED),
        now=system.now,
    )
    return (*found, *(answer.reasons if isinstance(answer, Withheld) else ()))


def content_of(system: Unit, revision: Revision) -> dict[str, Any]:
    """The whole content of a version, for the node itself."""
    return {**revision.content, "claims": revisions.claims(system.db, system.viewer, revision.id)}
