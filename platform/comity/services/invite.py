"""Bring a person in: an invitation that works once and for some days, and its acceptance with a password of their own choice.

An organization's administrator invites into that organization only (S12). What can be written is in the signatures: no field of an
account can be set by adding it to a form (S13).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from comity import policies
from comity.domain.account import Account, AccountState, canonical_email
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.password_rules import password_problems
from comity.domain.roles import Role
from comity.services.grant import grant, reaches
from comity.services.mint import digest, mint
from comity.services.unit import Unit
from comity.services.verify_password import hashed
from comity.storage import organizations, people, sessions, tokens

TAKEN = "This address cannot be invited. Ask the secretariat if you think it should be."


@dataclass(frozen=True)
class Invitation:
    """`secret` is shown to the inviter once, as part of a link; only its hash is kept."""

    account: Account
    secret: str
    ends_at: datetime


def invite(
    unit: Unit, *, email: str, name: str, organization: str, roles: Collection[Role] = ()
) -> Invitation:
    """A new account that waits for its person, with `roles` granted under the inviter's own right to grant them."""
    _may_invite(unit, organization)
    home = organizations.get(unit.db, organization)
    if home is None or not home.verified:
        raise Invalid([Problem("organization", "unverified", "Only verified members can have accounts.")])
    mailbox, shown = _checked(email, name)
    if people.account_by_email(unit.db, mailbox) is not None:
        raise Invalid([Problem("email", "taken", TAKEN)])
    account = Account(str(uuid.uuid4()), mailbox, shown, home.id, AccountState.INVITED, unit.now)
    people.add_account(unit.db, account)
    unit.audit("account.invited", f"account:{account.id}", organization=home.id)
    for role in sorted(roles):
        grant(unit, account_id=account.id, role=role)
    return _invitation(unit, account)


def renew(unit: Unit, *, account_id: str) -> Invitation:
    """A fresh invitation: for somebody who has not come yet, or by the secretariat for a lost password.

    The password, all sessions and all tokens end. The second factor stays: whoever resets the one cannot reset the other.
    """
    account = people.lock_account(unit.db, account_id)
    if account is None or not reaches(unit, account):
        raise NotFound
    if account.state is AccountState.SUSPENDED:
        raise Conflict("The account is suspended.")
    if account.state is AccountState.INVITED:
        _may_invite(unit, account.organization)
    else:
        _may_reset(unit, account)
        account = replace(account, state=AccountState.INVITED)
        people.save_account(unit.db, account)
        sessions.end_all(unit.db, account.id)
        tokens.revoke(unit.db, account.id, now=unit.now)
    unit.audit("account.invitation_renewed", f"account:{account.id}")
    return _invitation(unit, account)


def invited(unit: Unit, *, secret: object) -> Account:
    """Whom this invitation is for. `NotFound` for a wrong, used or ended one."""
    account = people.account_by_invitation(unit.db, digest(secret))
    if account is None or account.state is not AccountState.INVITED:
        raise NotFound
    ends = people.secrets_of(unit.db, account.id).invitation_ends
    if ends is None or unit.now >= ends:
        raise NotFound
    return account


def accept(unit: Unit, *, secret: object, password: object) -> Account:
    """Use the invitation up and choose a password; then sign in. `Invalid` names what is wrong with the password."""
    account = invited(unit, secret=secret)
    if problems := password_problems(password, (account.name, account.email, account.organization)):
        raise Invalid(problems)
    assert isinstance(password, str)  # password_problems said so
    unit.db.commit()  # nothing was changed: the write lock is not held while Argon2 works
    fresh = hashed(password)
    people.lock_account(unit.db, account.id)
    account = replace(invited(unit, secret=secret), state=AccountState.ACTIVE)
    people.save_account(unit.db, account)
    people.set_password(unit.db, account.id, fresh)
    unit.acting_as(people.viewer_of(unit.db, account.id)).audit("account.accepted", f"account:{account.id}")
    return account


def _may_invite(unit: Unit, organization: str) -> None:
    hands = set(policies.membership().invited_by) & unit.viewer.roles
    if organization != unit.viewer.organization:
        hands -= {Role.ORGANIZATION_ADMIN}
    if not unit.viewer.is_system and (not hands or unit.viewer.scopes is not None):
        raise NotAllowed("You can invite people into your own organization only, as its administrator.")


def _may_reset(unit: Unit, account: Account) -> None:
    hands = set(policies.membership().password_reset_by) & unit.viewer.roles
    if not unit.viewer.is_system and (
        not hands or unit.viewer.scopes is not None or unit.viewer.person == account.id
    ):
        raise NotAllowed("A lost password is renewed by the secretariat.")


def _checked(email: object, name: object) -> tuple[str, str]:
    mailbox = canonical_email(email) if isinstance(email, str) else ""
    shown = " ".join(name.split()) if isinstance(name, str) else ""
    local, at, host = mailbox.rpartition("@")
    problems = []
    if not (
        at and local and "." in host and len(mailbox) <= 254 and mailbox.isprintable() and " " not in mailbox
    ):
        problems.append(Problem("email", "malformed", "Enter an e-mail address such as name@example.org."))
    if not 0 < len(shown) <= 120:
        problems.append(Problem("name", "length", "Enter a name of at most 120 characters."))
    if problems:
        raise Invalid(problems)
    return mailbox, shown


def _invitation(unit: Unit, account: Account) -> Invitation:
    secret = mint()
    ends = unit.now + timedelta(days=policies.membership().invitation_days)
    people.set_invitation(unit.db, account.id, digest(secret), ends)
    return Invitation(account, secret, ends)
