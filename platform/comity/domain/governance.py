"""The governance documents as types: who must agree to what, which reasons may be given, and how long things may take.

Decides what a valid document is; in particular no council vote and no edit of a file can take the floors of G-01 and G-02 away,
because a document that would let one sector, or government alone, publish or pause a record does not load. Refuses to know where
documents are kept. Source: product 4.2, `policies/governance/*.yaml`.
"""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from comity.domain.policy import Part, PolicyDocument
from comity.domain.roles import Role, Sector

NeverCounts = Literal[
    "originating organisation", "organisation with declared or detected conflict", "secretariat", "node_admin"
]
_NEVER: Final[frozenset[NeverCounts]] = frozenset(
    (
        "originating organisation",
        "organisation with declared or detected conflict",
        "secretariat",
        "node_admin",
    )
)


class ApprovalRule(Part):
    """How many organizations, of how many sectors, must agree. Times are working days, or hours on the urgent path."""

    approvals: int = Field(ge=2)
    sectors: int = Field(ge=2, le=len(Sector))
    non_government: int = Field(ge=1)
    must_include_one_of: tuple[Sector, ...] = ()
    devils_advocate: int = Field(default=0, ge=0)
    days: int | None = Field(default=None, ge=1)
    hours: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.approvals < max(self.sectors, self.non_government):
            raise ValueError(
                "fewer approvals than the sectors or the non-government votes they must come from"
            )
        return self


class UrgentRule(ApprovalRule):
    """The urgent path: fewer voices, hours instead of days, and an end unless the ordinary rule is met (G-04)."""

    auto_expire_days: int = Field(ge=1, le=14)
    ratify_as: Literal["ordinary rule for the kind"]


class HoldRenewal(Part):
    """A hold is renewed by council, never by those who asked for it."""

    times: int = Field(ge=0, le=1)
    by: Literal["council"]
    non_government_sectors: int = Field(ge=2)


class HoldRule(ApprovalRule):
    """Who may ask for a pause, who must agree, and when it ends by itself (G-06)."""

    requester: Literal["any"]
    max_days: int = Field(ge=1, le=14)
    renew: HoldRenewal
    reason_required: Literal[True]
    counted: Literal[True]


class OwnWithdrawal(Part):
    """The originator takes its own record down; an editor acknowledges."""

    approvals: Literal[1]
    by: Literal["originator"]
    editor_ack: bool


class CouncilWithdrawal(Part):
    """Council takes down somebody else's record (G-07)."""

    approvals: Literal["council"]
    sectors: int = Field(ge=3)
    non_government: int = Field(ge=2)


class PolicyChange(Part):
    """Notice in days, then a council majority (G-42)."""

    notice_days: int = Field(ge=30)
    council_majority: Literal[True]
    sectors: int = Field(ge=3)
    non_government: int = Field(ge=2)


class MemberAdmission(Part):
    """Who must agree that an organization joins."""

    approvals: int = Field(ge=2)
    sectors: int = Field(ge=2)


class PeerAdmission(Part):
    """What must be in hand before an allied node connects."""

    council_majority: Literal[True]
    sectors: int = Field(ge=3)
    legal_profile_reviewed: Literal[True]
    dpo_ack: Literal[True]


class PersonalDataLift(Part):
    """Two named roles together lift a personal-data block (SG-02)."""

    approvals: Literal[2]
    must_include: tuple[Role, ...] = Field(min_length=2)


class FirstAppeal(Part):
    """A panel of people who did not vote before (G-35)."""

    panel: int = Field(ge=3)
    sectors: int = Field(ge=3)
    none_from_original_review: Literal[True]
    working_days: int = Field(ge=1)


class SecondAppeal(Part):
    """Council decides (G-35)."""

    by: Literal["council"]
    sectors: int = Field(ge=3)
    working_days: int = Field(ge=1)


class QuorumActions(Part):
    """Every act that needs more than one voice."""

    publish_best_practice: ApprovalRule
    publish_advisory_no_entity: ApprovalRule
    publish_advisory_named_entity: ApprovalRule
    publish_due_diligence_note: ApprovalRule
    publish_urgent: UrgentRule
    return_to_author: ApprovalRule
    hold: HoldRule
    withdraw_own: OwnWithdrawal
    withdraw_other: CouncilWithdrawal
    change_policy: PolicyChange
    admit_member: MemberAdmission
    admit_peer_node: PeerAdmission
    lift_personal_data_block: PersonalDataLift
    appeal_first: FirstAppeal
    appeal_second: SecondAppeal


class QuorumPolicy(PolicyDocument):
    """`policies/governance/quorum.yaml` (4.2.5)."""

    sectors: tuple[Sector, ...]
    never_counts: tuple[NeverCounts, ...]
    actions: QuorumActions
    deadlock: str

    @model_validator(mode="after")
    def _floors(self) -> Self:
        """G-02 and G-03 are floors: a document may ask for more, never for less."""
        if set(self.sectors) != set(Sector):
            raise ValueError("the four sectors are part of the institution, not of a document")
        if missing := _NEVER - set(self.never_counts):
            raise ValueError(f"these must never count (G-02): {', '.join(sorted(missing))}")
        for name in ("publish_advisory_named_entity", "publish_due_diligence_note"):
            rule: ApprovalRule = getattr(self.actions, name)
            voices = set(rule.must_include_one_of)
            enough = rule.approvals >= 3 and rule.sectors >= 3 and rule.non_government >= 2
            if not enough or not voices or not voices <= {Sector.ACADEMIA, Sector.CIVIL_SOCIETY}:
                raise ValueError(
                    f"{name}: three approvals, three sectors, two non-government, one academic or civil (G-03)"
                )
        return self


class ReasonCode(Part):
    """One reason: what a list shows, and the plain sentence that the author and the public count read."""

    label: str
    sentence: str
    needs_text: bool = True


ReasonFor = Literal[
    "return",
    "reject",
    "hold",
    "withdraw",
    "restrict",
    "downgrade",
    "redact",
    "waiver",
    "override",
    "dispute_outcome",
]


class ReasonCodes(PolicyDocument):
    """`policies/governance/reason_codes.yaml` (G-09): code -> reason, for each kind of decision."""

    reasons: dict[ReasonFor, dict[str, ReasonCode]]

    def find(self, decision: ReasonFor, code: str) -> ReasonCode | None:
        """The reason, or None when the code is not one of this decision's."""
        return self.reasons[decision].get(code)


class Service(Part):
    """How long one thing may take. `limit` is the outer bound, where there is one."""

    label: str
    amount: int = Field(ge=1)
    unit: Literal["working_days", "days", "hours"]
    urgent_amount: int | None = Field(default=None, ge=1)
    urgent_unit: Literal["working_days", "days", "hours"] | None = None
    limit_days: int | None = Field(default=None, ge=1)
    then: str = ""


class ServiceLevels(PolicyDocument):
    """`policies/governance/service_levels.yaml` (4.2.4), shown on a public page."""

    services: dict[str, Service]


class TlpReach(Part):
    """What one TLP label lets a recipient do."""

    may_reach: str
    onward: str
    index: Literal["never", "restricted", "members", "public"]
    sync: str
    digest: Literal["never"] | None = None


TlpName = Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]


class HandlingPolicy(PolicyDocument):
    """`policies/handling.yaml` (4.3): the plain words of the markings and caveats."""

    tlp: dict[TlpName, TlpReach]
    tlp_colour: dict[TlpName | Literal["background"], str]
    community_definition: str
    client_definition: str
    caveats: dict[Literal["ORCON", "REL", "NOENF", "NOCOMM", "EMBARGO", "NOTIFY", "DELAYREPLY", "CHR"], str]
    permitted_actions: tuple[str, ...]
    attribution: tuple[Literal["must", "may", "must_not"], ...]
    affected_party_notice: tuple[Literal["may", "must_not"], ...]
    refuse: str

    @model_validator(mode="after")
    def _floors(self) -> Self:
        """RED is never indexed (H-03), and no label is forgotten."""
        if len(self.tlp) != 5:
            raise ValueError("each of the five TLP labels needs its words")
        if self.tlp["RED"].index != "never":
            raise ValueError("RED is never indexed (H-03)")
        return self
