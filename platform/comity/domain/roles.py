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

Home = Literal["any", "secretariat", "secretariat_or_node", "independent", "operator", "members"]
"""Where a role sits: `members` and `any` are people of a sector; the others belong to no sector."""


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
    """`policies/governance/roles.yaml`. `matrix[action][column]` is a grant word; an absent column means no."""

    roles: dict[Role, RoleRule]
    grants: dict[str, str]
    matrix: dict[str, dict[Column, str]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Every role is described, every grant word is explained, every exclusion is told from both sides."""
        missing = [role for role in Role if role not in self.roles]
        if missing:
            raise ValueError(f"roles without a description: {', '.join(missing)}")
        unknown = {word for row in self.matrix.values() for word in row.values()} - self.grants.keys()
        if unknown:
            raise ValueError(f"grant words without a meaning: {', '.join(sorted(unknown))}")
        for role, rule in self.roles.items():
            for other in rule.exclusive_with:
                if role not in self.roles[other].exclusive_with:
                    raise ValueError(f"{role} excludes {other}, but {other} does not exclude {role}")
        return self

    def grant(self, action: str, column: Column) -> str:
        """The grant word of one cell, `no` when the cell is empty. An unknown action raises `KeyError`."""
        return self.matrix[action].get(column, "no")


def grant_problems(
    role: Role, sector: Sector | None, existing_roles: Collection[Role], policy: RolesPolicy
) -> list[str]:
    """Plain sentences that say why `role` cannot be granted; empty when it can.

    `sector` is that of the organization through which the role would be held; None for the secretariat and the operator.
    """
    rule = policy.roles[role]
    problems = []
    if rule.sectors and sector not in rule.sectors:
        allowed = " or ".join(item.replace("_", " ") for item in rule.sectors)
        problems.append(f"The role {rule.name} is only for people of {allowed}.")
    elif rule.home in ("any", "members") and sector is None:
        problems.append(f"The role {rule.name} is for people of a member organization in one of the four sectors.")
    elif rule.home in ("secretariat", "operator") and sector is not None:
        problems.append(f"The role {rule.name} belongs to the {rule.home}, not to a member organization.")
    for held in existing_roles:
        if held in rule.exclusive_with:
            problems.append(f"{rule.name} and {policy.roles[held].name} cannot be held by the same person.")
    return problems
