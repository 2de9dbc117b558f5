"""Who belongs to an organization, and in which roles: for its administrator and for those who grant roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comity.domain.account import Account, RoleGrant
from comity.domain.errors import NotFound
from comity.domain.node import Organization
from comity.domain.roles import Role, Sector
from comity.services.grant import reaches
from comity.services.unit import Unit
from comity.storage import organizations, people, role_grants


@dataclass(frozen=True)
class Member:
    """One person with the roles held now."""

    account: Account
    roles: frozenset[Role]


def members(unit: Unit, *, organization: str) -> list[Member]:
    """People of one organization that the viewer manages, by name. `NotFound` for any other organization."""
    found = people.accounts(unit.db, organization=organization)
    if not found and unit.viewer.organization != organization and not unit.viewer.is_system:
        raise NotFound
    if not all(reaches(unit, account) for account in found):
        raise NotFound
    roles = role_grants.roles_of_all(unit.db, [account.id for account in found])
    return [Member(account, roles[account.id]) for account in found]


def member(unit: Unit, *, account_id: str) -> tuple[Member, list[RoleGrant]]:
    """One person the viewer manages, with every grant they ever had. `NotFound` for anybody else."""
    account = people.account(unit.db, account_id)
    if account is None or not reaches(unit, account):
        raise NotFound
    return Member(account, role_grants.roles_of(unit.db, account.id)), role_grants.history(
        unit.db, account.id
    )


def account_id(unit: Unit, who: str) -> str | None:
    """The id of the person with this e-mail address or id, when the viewer manages them; None for anybody else."""
    account = people.account_by_email(unit.db, who) if "@" in who else people.account(unit.db, who)
    return account.id if account is not None and reaches(unit, account) else None


def by_sector(unit: Unit) -> Mapping[Sector | None, list[Organization]]:
    """The verified organizations of the node by sector (None: the offices). Public: whoever shares here may know with whom."""
    groups: dict[Sector | None, list[Organization]] = {sector: [] for sector in (*Sector, None)}
    for organization in organizations.listed(unit.db):
        groups[organization.sector].append(organization)
    return groups
