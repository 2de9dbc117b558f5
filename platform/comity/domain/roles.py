"""The roles people hold, the four sectors organizations belong to, and which roles may not meet in one person.

Decides separation of duties at the moment of a grant. Refuses to know who grants, where memberships are kept, or what a
viewer may read (that is `access`). The facts are data: `policies/governance/roles.yaml`. Source: product 4.1.1 to 4.1.3.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Literal, Self

from pydantic import model_validator

from comity.domain.policy import Part, PolicyDocument


class Sector(StrEnum):
    """The sector of an organization, set by the secretariat; the secretariat and the node operator have none."""

    GOVERNMENT = "government"
    ACADEMIA = "academia"
    INDUSTRY = "industry"
    CIVIL_SOCIETY = "civil_society"


class Role(StrEnum):
    """What a person may be asked to do. The public and peer nodes are no persons and hold no role."""

    READER = "reader"
    RESEARCHER = "researcher"
    RESEARCH_SECURITY_OFFICER = "research_security_officer"
    CONTRIBUTOR = "contributor"
    GOVERNMENT_LIAISON = "government_liaison"
    REVIEWER = "reviewer"
    EDITOR = "editor"
    INTAKE_OFFICER = "intake_officer"
    DATA_PROTECTION_OFFICER = "data_protection_officer"
    OMBUDSPERSON = "ombudsperson"
    COUNCIL_MEMBER = "council_member"
    FEDERATION_OFFICER = "federation_officer"
    ORGANIZATION_ADMIN = "organization_admin"
    NODE_ADMIN = "node_admin"
    AUDITOR = "auditor"


Column = Role | Literal["public", "peer_node"]
"""A column of the permission matrix: a role, or one of the two that are not persons."""

Home = Literal["member", "secretariat", "secretariat_or_node", "independent", "operator"]
"""Where a role sits. `member` is a verified organization of one of the sectors; the others belong to no sector or need none."""


class Duty(StrEnum):
    """What somebody does with one item. Some duties may not meet on the same item even where the roles may meet in a person."""

    AUTHOR = "author"
    SOURCE_GRADER = "source_grader"
    REVIEWER = "reviewer"
    EDITOR = "editor"
    INTAKE_OFFICER = "intake_officer"
    FEDERATION_OFFICER = "federation_officer"
    APPEAL_PANEL = "appeal_panel"


class RoleRule(Part):
    """One role as data: its short code in the specification, its sentence, and whom it may not share a person with."""

    code: str
    name: str
    says: str
    home: Home
    sectors: tuple[Sector, ...] = ()
    content: bool
    exclusive_with: tuple[Role, ...] = ()


class RolesPolicy(PolicyDocument):
    """`policies/governance/roles.yaml`. `matrix[action][column]` are grant words; an absent column means no."""

    roles: dict[Role, RoleRule]
    exclusive_on_item: tuple[tuple[Duty, Duty], ...]
    never_chair: tuple[Role, ...]
    grants: dict[str, str]
    matrix: dict[str, dict[Column, tuple[str, ...]]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Every role is described, every grant word is explained, and the operator shares a person with no content role."""
        missing = [role for role in Role if role not in self.roles]
        if missing:
            raise ValueError(f"roles without a description: {', '.join(missing)}")
        words = {word for row in self.matrix.values() for cell in row.values() for word in cell}
        if unknown := words - self.grants.keys():
            raise ValueError(f"grant words without a meaning: {', '.join(sorted(unknown))}")
        content = {role for role, rule in self.roles.items() if rule.content}
        if open_to := content - set(self.roles[Role.NODE_ADMIN].exclusive_with):
            raise ValueError(
                f"the node administrator could hold a content role: {', '.join(sorted(open_to))}"
            )
        return self

    def exclusive(self, one: Role, other: Role) -> bool:
        """May these two never be held by the same person? Told from either side in the document."""
        return other in self.roles[one].exclusive_with or one in self.roles[other].exclusive_with

    def powers(self, *columns: Column) -> dict[str, frozenset[str]]:
        """Action -> the grant words that somebody with these columns holds, actions without any left out.

        A person's powers are the union over their roles; `powers("public")` are those of nobody signed in.
        """
        held = {
            action: frozenset(word for column in columns for word in row.get(column, ()))
            for action, row in self.matrix.items()
        }
        return {action: words for action, words in held.items() if words}


def grant_problems(
    role: Role, sector: Sector | None, existing_roles: Collection[Role], policy: RolesPolicy
) -> list[str]:
    """Plain sentences that say why `role` cannot be granted; empty when it can.

    `sector` is that of the organization through which the role would be held; None for the secretariat and the operator.
    """
    rule = policy.roles[role]
    return _sector_problems(rule, sector) + [
        f"{rule.name} and {policy.roles[held].name} cannot be held by the same person."
        for held in sorted(existing_roles)
        if policy.exclusive(role, held)
    ]


def _sector_problems(rule: RoleRule, sector: Sector | None) -> list[str]:
    if rule.home in ("secretariat", "operator") and sector is not None:
        return [f"The role “{rule.name}” belongs to the {rule.home}, not to a member organization."]
    if rule.home == "member" and sector is None:
        return [f"The role “{rule.name}” is for people of a member organization in one of the four sectors."]
    if sector is not None and rule.sectors and sector not in rule.sectors:
        allowed = " or ".join(item.replace("_", " ") for item in rule.sectors)
        return [f"The role “{rule.name}” is only for people of {allowed}."]
    return []


def duty_problems(duty: Duty, held: Collection[Duty], policy: RolesPolicy) -> list[str]:
    """Why somebody with the duties `held` on one item cannot also take `duty` on it; empty when they can."""
    clashes = [
        other
        for other in sorted(held)
        if (duty, other) in policy.exclusive_on_item or (other, duty) in policy.exclusive_on_item
    ]
    return [f"Nobody is both {_spoken(duty)} and {_spoken(other)} of the same item." for other in clashes]


def may_chair_council(roles: Collection[Role], sector: Sector | None, policy: RolesPolicy) -> bool:
    """The chair holds a council seat, is never from government, and holds none of the roles that never chair (G-40)."""
    eligible = Role.COUNCIL_MEMBER in roles and not set(roles) & set(policy.never_chair)
    return eligible and sector is not None and sector is not Sector.GOVERNMENT


def _spoken(duty: Duty) -> str:
    return duty.value.replace("_", " ")
