"""Take an account or an organization out of service at once, and back. Nothing is deleted, and the reason is kept."""

from __future__ import annotations

from dataclasses import replace

from comity import policies
from comity.domain.account import Account, AccountState
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.membership import Step, What
from comity.domain.roles import Role
from comity.services.unit import Unit
from comity.storage import organizations, people, sessions, tokens


def suspend_account(unit: Unit, *, account_id: str, reason: str) -> None:
    """All sessions and tokens end in the same transaction."""
    account = _account(unit, account_id, reason)
    people.save_account(unit.db, replace(account, state=AccountState.SUSPENDED))
    sessions.end_all(unit.db, account.id)
    tokens.revoke(unit.db, account.id, now=unit.now)
    unit.audit("account.suspended", f"account:{account.id}", reason=reason)


def restore_account(unit: Unit, *, account_id: str, reason: str) -> None:
    """The account may sign in again; sessions and tokens do not come back. Without a password it is an invited one again."""
    account = _account(unit, account_id, reason)
    if account.state is not AccountState.SUSPENDED:
        raise Conflict("The account is not suspended.")
    has_password = bool(people.secrets_of(unit.db, account.id).password_hash)
    state = AccountState.ACTIVE if has_password else AccountState.INVITED
    people.save_account(unit.db, replace(account, state=state))
    unit.audit("account.restored", f"account:{account.id}", reason=reason)


def suspend_organization(unit: Unit, *, organization_id: str, reason: str) -> None:
    """Its people keep their accounts and lose every power with their next request."""
    _change(unit, organization_id, reason, "verified", "suspended", What.SUSPENDED)


def restore_organization(unit: Unit, *, organization_id: str, reason: str) -> None:
    """Its people have again what their roles give."""
    _change(unit, organization_id, reason, "suspended", "verified", What.REINSTATED)


def _change(unit: Unit, organization_id: str, reason: str, old: str, new: str, what: What) -> None:
    _need_reason(reason)
    _need_secretariat(unit)
    organization = organizations.lock(unit.db, organization_id)
    if organization is None or organization.kind != "member":
        raise NotFound
    if organization.state != old:
        raise Conflict(f"The organization is {organization.state}.")
    organizations.save(unit.db, replace(organization, state=new))
    step = Step(what, unit.viewer.person or "system", unit.viewer.organization or "", "", reason, unit.now)
    organizations.add_step(unit.db, organization.id, step)
    unit.audit(f"organization.{what.value}", f"organization:{organization.id}", reason=reason)


def _account(unit: Unit, account_id: str, reason: str) -> Account:
    _need_reason(reason)
    account = people.lock_account(unit.db, account_id)
    own = account is not None and account.organization == unit.viewer.organization
    if Role.ORGANIZATION_ADMIN not in unit.viewer.roles or unit.viewer.scopes is not None:
        _need_secretariat(unit)
    elif not own and not _secretariat(unit):
        raise NotFound
    if account is None:
        raise NotFound
    if account.id == unit.viewer.person:
        raise NotAllowed("Nobody suspends or restores themselves.")
    return account


def _secretariat(unit: Unit) -> bool:
    hands = set(policies.membership().suspended_by) & unit.viewer.roles
    return unit.viewer.is_system or (bool(hands) and unit.viewer.scopes is None)


def _need_secretariat(unit: Unit) -> None:
    if not _secretariat(unit):
        raise NotAllowed


def _need_reason(reason: str) -> None:
    if not 10 <= len(reason.strip()) <= 500:
        raise Invalid([Problem("reason", "length", "Give a reason of 10 to 500 characters.")])
