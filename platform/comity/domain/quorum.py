"""Who must agree before a record is published, and whether they have: pure counting over votes.

Source: product 4.2.1, G-01 to G-05, G-41; numbers from `policies/governance/quorum.yaml`. Refuses to know who may cast a vote, how
a conflict was found (`conflict`), and what happens next (`lifecycle`).

Three decisions that the specification leaves open:
- *No veto (G-41).* A vote to change or reject is stored and shown, and never subtracts: others can still meet the quorum. It sends
  the record back only when the rule `return_to_author` is met by such votes (two organizations of two sectors, one of them
  non-government), so neither one reviewer nor any number of government reviewers can keep a record from being published.
- *One voice an organization.* A person's last vote on the revision stands; several approvals from one organization count once.
- *The devil's advocate signs, and does not decide.* Any counted vote given in that part is the signature, whichever way it goes:
  otherwise that one person would hold a veto.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from comity.domain.errors import Invalid, Problem
from comity.domain.governance import ApprovalRule, QuorumPolicy
from comity.domain.roles import Sector


class Decision(StrEnum):
    """What a reviewer says."""

    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One vote as it was cast. `sector` is the organization's; None for the secretariat and the operator, which never count."""

    reviewer_id: str
    organization: str
    sector: Sector | None
    decision: Decision
    revision: int
    majority_government_funded: bool = False
    devils_advocate: bool = False
    conflict: bool = False
    assigned: bool = True

    @property
    def non_government(self) -> bool:
        """Counts as a non-government voice: not government, and not living mostly on its money (4.1.1)."""
        return self.sector not in (None, Sector.GOVERNMENT) and not self.majority_government_funded


@dataclass(frozen=True)
class QuorumRule:
    """A rule as it applied to one item, stamped with the policy version that it was read from (G-42)."""

    action: str
    policy_version: str
    needs: ApprovalRule


@dataclass(frozen=True)
class Tally:
    """The outcome of a count. `missing` are plain sentences; `not_counted` pairs each other vote with the reason."""

    met: bool
    counted: tuple[Vote, ...]
    not_counted: tuple[tuple[Vote, str], ...]
    sectors: frozenset[Sector]
    missing: tuple[str, ...]
    rule: QuorumRule


def rule_for(
    kind: str,
    subtype: str,
    *,
    names_entity_negatively: bool,
    urgent: bool,
    policy: QuorumPolicy,
    needs_devils_advocate: bool = False,
) -> QuorumRule:
    """The rule for publishing one record.

    `needs_devils_advocate` is set for a negative statement at AMBER or stricter (G-31) and for a severe judgement of high
    confidence (SG-11). Raises `Invalid` when something other than an advisory asks for the urgent path, `ValueError` for an
    unknown kind.
    """
    if urgent or subtype == "urgent":
        if kind != "advisory":
            raise Invalid(
                [Problem("urgent", "urgent-is-for-advisories", "Only an advisory can take the urgent path.")]
            )
        return QuorumRule("publish_urgent", policy.version, policy.actions.publish_urgent)
    return ordinary_rule_for(
        kind,
        names_entity_negatively=names_entity_negatively,
        policy=policy,
        needs_devils_advocate=needs_devils_advocate,
    )


def ordinary_rule_for(
    kind: str, *, names_entity_negatively: bool, policy: QuorumPolicy, needs_devils_advocate: bool = False
) -> QuorumRule:
    """The rule without the urgent path; also the one by which an urgent notice is confirmed (G-04)."""
    actions = policy.actions
    match kind, names_entity_negatively:
        case "due_diligence_note", _:
            action, needs = "publish_due_diligence_note", actions.publish_due_diligence_note
        case (("advisory" | "best_practice"), True):
            action, needs = "publish_advisory_named_entity", actions.publish_advisory_named_entity
        case "advisory", False:
            action, needs = "publish_advisory_no_entity", actions.publish_advisory_no_entity
        case "best_practice", False:
            action, needs = "publish_best_practice", actions.publish_best_practice
        case _:
            raise ValueError(f"no quorum rule for the kind {kind!r}")
    if needs_devils_advocate and not needs.devils_advocate:
        needs = needs.model_copy(update={"devils_advocate": 1})
    return QuorumRule(action, policy.version, needs)


def tally(
    votes: Sequence[Vote],
    rule: QuorumRule,
    *,
    originator: str,
    revision: int,
    authors: Collection[str] = (),
) -> Tally:
    """Count approvals of `revision`. `votes` are in the order in which they were cast; ids are compared exactly."""
    return _count(votes, rule, {Decision.APPROVE}, originator, revision, authors)


def return_tally(
    votes: Sequence[Vote],
    policy: QuorumPolicy,
    *,
    originator: str,
    revision: int,
    authors: Collection[str] = (),
    reject_only: bool = False,
) -> Tally:
    """Count the voices that ask for changes (or, with `reject_only`, that reject) against `return_to_author`."""
    asking = {Decision.REJECT} if reject_only else {Decision.REJECT, Decision.REQUEST_CHANGES}
    rule = QuorumRule("return_to_author", policy.version, policy.actions.return_to_author)
    return _count(votes, rule, asking, originator, revision, authors)


def could_meet(
    reviewers: Iterable[Vote], rule: QuorumRule, *, originator: str, authors: Collection[str] = ()
) -> Tally:
    """Would these reviewers meet the rule if all approved? For the editor who assigns, before anybody has voted.

    Pass each reviewer as an approving `Vote` of revision 0.
    """
    return tally(tuple(reviewers), rule, originator=originator, revision=0, authors=authors)


def _count(
    votes: Sequence[Vote],
    rule: QuorumRule,
    wanted: Collection[Decision],
    originator: str,
    revision: int,
    authors: Collection[str],
) -> Tally:
    last = {vote.reviewer_id: index for index, vote in enumerate(votes) if vote.revision == revision}
    valid: list[Vote] = []
    left_out: list[tuple[Vote, str]] = []
    for index, vote in enumerate(votes):
        reason = _why_not(vote, originator, revision, authors)
        if not reason and last[vote.reviewer_id] != index:
            reason = "The same reviewer voted again later."
        if reason:
            left_out.append((vote, reason))
        else:
            valid.append(vote)
    counted, repeated = _one_an_organization([vote for vote in valid if vote.decision in wanted])
    left_out += [(vote, "Another vote from the same organization is counted.") for vote in repeated]
    left_out += [
        (vote, "Recorded with its reason; it asks for something else.")
        for vote in valid
        if vote.decision not in wanted
    ]
    signatures = len({vote.reviewer_id for vote in valid if vote.devils_advocate})
    missing = _missing(counted, signatures, rule.needs)
    sectors = frozenset(vote.sector for vote in counted if vote.sector is not None)
    return Tally(not missing, tuple(counted), tuple(left_out), sectors, tuple(missing), rule)


def _why_not(vote: Vote, originator: str, revision: int, authors: Collection[str]) -> str:
    """Why a vote never counts (G-02); empty when it may."""
    if vote.revision != revision:
        return "It was cast on another version of the text."
    if vote.reviewer_id in authors:
        return "Authors do not vote on their own record."
    if vote.organization == originator:
        return "The originating organization does not vote on its own record."
    if vote.conflict:
        return "The reviewer has a declared or detected conflict of interest."
    if vote.sector is None:
        return "The secretariat and the node operator have no vote."
    if not vote.assigned:
        return "The reviewer was not assigned to this record, or is no reviewer any more."
    return ""


def _one_an_organization(votes: Iterable[Vote]) -> tuple[list[Vote], list[Vote]]:
    counted: dict[str, Vote] = {}
    repeated = []
    for vote in votes:
        if vote.organization in counted:
            repeated.append(vote)
        else:
            counted[vote.organization] = vote
    return list(counted.values()), repeated


def _missing(counted: Sequence[Vote], signatures: int, needs: ApprovalRule) -> list[str]:
    sectors = {vote.sector for vote in counted}
    independent = [vote for vote in counted if vote.non_government]
    missing = []
    if (short := needs.approvals - len(counted)) > 0:
        missing.append(f"{_number(short, 'more voice', 'more voices')} from {_other(counted)}.")
    if (short := needs.sectors - len(sectors)) > 0:
        missing.append(f"A voice from {_number(short, 'more sector', 'more sectors').lower()}.")
    if (short := needs.non_government - len(independent)) > 0:
        missing.append(f"{_number(short, 'more non-government voice', 'more non-government voices')}.")
    if needs.must_include_one_of and not any(
        vote.sector in needs.must_include_one_of for vote in independent
    ):
        named = " or ".join(sector.value.replace("_", " ") for sector in needs.must_include_one_of)
        missing.append(f"An independent voice from {named}.")
    if signatures < needs.devils_advocate:
        missing.append("The signature of a devil's advocate, with the best innocent explanation.")
    return missing


def _number(count: int, one: str, many: str) -> str:
    words = {1: "One", 2: "Two", 3: "Three", 4: "Four"}
    return f"{words.get(count, str(count))} {one if count == 1 else many}"


def _other(counted: Sequence[Vote]) -> str:
    return "organizations that have not spoken yet" if counted else "organizations other than the originator"
