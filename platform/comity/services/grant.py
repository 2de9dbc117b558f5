"""Give and take roles. Separation of duties is checked at this moment, against every role the person holds (product 4.1.2).

Nobody touches a role of their own. An organization's administrator reaches members of that organization only; anybody else is not
there for them (S12). Who may grant what is data: `policies/governance/membership.yaml`.
"""

from __future__ import annotations

from typing import Final

from comity import policies
from comity.domain.account import Account
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.node import Organization
from comity.domain.roles import Role, grant_problems
from comity.services.unit import Unit
from comity.storage import organizations, people, role_grants

_KINDS: Final = {
    "member": ("member",),
    "secretariat": ("secretariat",),
    "secretariat_or_node": ("secretariat", "operator"),
    "independent": ("independent", "member"),
    "operator": ("operator",),
}
"""Where a role sits -> kinds of organization through which it can be held."""


def grant(unit: Unit, *, account_id: str, role: Role) -> None:
    """Give `role`. `Invalid` with the reasons when duties would meet; nothing happens when it is held already."""
    account, home = _person(unit, account_id)
    _may(unit, account, role)
    held = role_grants.roles_of(unit.db, account.id)
    if role in held:
        return
    if problems := role_problems(role, home, held):
        raise Invalid(
            [Problem("role", "separation_of_duties", text) for text in problems], " ".join(problems)
        )
    role_grants.add(unit.db, account.id, role, by=unit.viewer.person or "system", now=unit.now)
    unit.audit("role.granted", f"account:{account.id}", role=role.value)


def revoke(unit: Unit, *, account_id: str, role: Role) -> None:
    """Take `role` away. `Conflict` when it is not held."""
    account, _ = _person(unit, account_id)
    _may(unit, account, role)
    if not role_grants.end(unit.db, account.id, role, by=unit.viewer.person or "system", now=unit.now):
        raise Conflict("The person does not hold this role any more.")
    unit.audit("role.revoked", f"account:{account.id}", role=role.value)


def role_problems(role: Role, home: Organization, held: frozenset[Role]) -> list[str]:
    """Why `role` cannot be held through `home` beside the roles `held`; empty when it can."""
    rule = policies.roles().roles[role]
    problems = grant_problems(role, home.sector, held, policies.roles())
    if home.kind not in _KINDS[rule.home] and not problems:
        problems.append(f"The role “{rule.name}” is not held through {home.name}.")
    if not home.verified:
        problems.append(f"{home.name} is not a verified member.")
    return problems


def grantable(unit: Unit, account: Account) -> list[Role]:
    """Roles that the viewer could give to this person now, for a form that offers nothing it would refuse."""
    home = organizations.get(unit.db, account.organization)
    held = role_grants.roles_of(unit.db, account.id)
    if home is None:
        return []
    return [
        role
        for role in Role
        if role not in held and _allowed(unit, account, role) and not role_problems(role, home, held)
    ]


def _person(unit: Unit, account_id: str) -> tuple[Account, Organization]:
    account = people.lock_account(unit.db, account_id)
    home = organizations.get(unit.db, account.organization) if account else None
    if account is None or home is None or not reaches(unit, account):
        raise NotFound
    return account, home


def reaches(unit: Unit, account: Account) -> bool:
    """Is this person there for the viewer: for anybody who grants across organizations, or as a member of the same one?"""
    wide = {role for granters in policies.membership().granted_by.values() for role in granters} - {
        Role.ORGANIZATION_ADMIN
    }
    same = unit.viewer.organization == account.organization and Role.ORGANIZATION_ADMIN in unit.viewer.roles
    return unit.viewer.is_system or bool(wide & unit.viewer.roles) or same


def _may(unit: Unit, account: Account, role: Role) -> None:
    if unit.viewer.person == account.id:
        raise NotAllowed("Nobody gives or takes a role of their own.")
    if not _allowed(unit, account, role):
        raise NotAllowed


def _allowed(unit: Unit, account: Account, role: Role) -> bool:
    viewer, policy = unit.viewer, policies.membership()
    if viewer.is_system:
        return True
    if viewer.scopes is not None or viewer.person == account.id:
        return False
    same = viewer.organization == account.organization
    hands = set(policy.granted_by[role]) & viewer.roles
    if not same:
        hands -= {Role.ORGANIZATION_ADMIN}
    return bool(hands) and not (same and role in policy.granted_across)
