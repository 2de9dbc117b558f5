"""How an organization becomes a member: proposed, checked by the secretariat, open to objections, approved by several sectors.

Decides from the recorded steps alone whether a membership stands, and what is missing. An objection is no veto (G-41):
it raises what is needed, and only approvals given after it count. Refuses to know who may take a step, beyond the roles
that the policy names.
Source: 4.1.1 (the sector is set after a check), 4.2.5 `admit_member`, `policies/governance/membership.yaml`.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from comity.domain.policy import Part, PolicyDocument
from comity.domain.roles import Role
from comity.domain.working_days import end_of_working_days


class What(StrEnum):
    """The kinds of step."""

    PROPOSED = "proposed"
    CHECKED = "checked"
    APPROVED = "approved"
    OBJECTED = "objected"
    VERIFIED = "verified"
    REFUSED = "refused"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"


@dataclass(frozen=True)
class Step:
    """One step: who took it, for which organization and sector they acted, and their words."""

    what: What
    by: str
    by_organization: str
    by_sector: str
    text: str
    at: datetime


class Needed(Part):
    """Approvals by people of different organizations, and of how many sectors."""

    approvals: int = Field(ge=1)
    sectors: int = Field(ge=1, le=4)


class MembershipPolicy(PolicyDocument):
    """`policies/governance/membership.yaml`."""

    objection_working_days: int = Field(ge=1)
    ordinary: Needed
    after_objection: Needed
    checked_by: tuple[Role, ...]
    approved_by: tuple[Role, ...]
    objected_by: tuple[Role, ...]
    invitation_days: int = Field(ge=1, le=60)
    invited_by: tuple[Role, ...]
    password_reset_by: tuple[Role, ...]
    second_factor_reset_by: tuple[Role, ...]
    suspended_by: tuple[Role, ...]
    granted_by: dict[Role, tuple[Role, ...]]
    granted_across: tuple[Role, ...]
    """Roles whose granter must come from another organization than the person."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Somebody is named for every role, and it is never the node administrator (4.1.2)."""
        if missing := [role for role in Role if role not in self.granted_by]:
            raise ValueError(f"nobody may grant {', '.join(missing)}")
        named = {role for roles in self.granted_by.values() for role in roles} | {
            *self.checked_by,
            *self.approved_by,
        }
        if Role.NODE_ADMIN in named:
            raise ValueError("the node administrator runs the machine and lets nobody in")
        if set(self.password_reset_by) & set(self.second_factor_reset_by):
            raise ValueError(
                "one person could take an account over: password and second factor need different roles"
            )
        return self


@dataclass(frozen=True)
class Standing:
    """Where an application is. `missing` are plain sentences; empty means the membership stands."""

    window_ends: datetime | None
    approvals: tuple[Step, ...]
    objections: tuple[Step, ...]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Nothing is missing."""
        return not self.missing


def standing(
    steps: Sequence[Step], policy: MembershipPolicy, *, now: datetime, holidays: Container[date] = ()
) -> Standing:
    """The standing of an application at `now`, from its steps in order. A new check starts over."""
    checks = [number for number, step in enumerate(steps) if step.what is What.CHECKED]
    if not checks:
        return Standing(
            None, (), (), ("The secretariat has not yet checked the organization and its sector.",)
        )
    since = steps[checks[-1] :]
    ends = end_of_working_days(since[0].at, policy.objection_working_days, holidays)
    objections = tuple(step for step in since if step.what is What.OBJECTED)
    counted = _counted(since, objections)
    needed = policy.after_objection if objections else policy.ordinary
    missing = []
    if now < ends:
        missing.append(f"Members may object until {ends:%d %B %Y}.")
    if len(counted) < needed.approvals:
        missing.append(f"{len(counted)} of {needed.approvals} approvals are given.")
    if (sectors := len({step.by_sector for step in counted})) < needed.sectors:
        missing.append(f"Approvals come from {sectors} of {needed.sectors} sectors.")
    return Standing(ends, counted, objections, tuple(missing))


def _counted(since: Sequence[Step], objections: Sequence[Step]) -> tuple[Step, ...]:
    """Approvals that knew of every objection: one an organization, and only from organizations of a sector."""
    known = objections[-1].at if objections else None
    kept: dict[str, Step] = {}
    for step in since:
        if step.what is What.APPROVED and step.by_sector and (known is None or step.at > known):
            kept.setdefault(step.by_organization, step)
    return tuple(kept.values())
