"""A person who signs in, as everything but the sign-in itself sees them. No secret is in here, and nothing about origin (SG-01)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from comity.domain.roles import Role


class AccountState(StrEnum):
    """Only an active account signs in or holds a power."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True)
class Account:
    """`organization` is an organization id; `skills` are those for which a reviewer may be asked."""

    id: str
    email: str
    name: str
    organization: str
    state: AccountState
    created_at: datetime
    has_totp: bool = False
    skills: tuple[str, ...] = ()
    preferences: Mapping[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """May sign in."""
        return self.state is AccountState.ACTIVE


@dataclass(frozen=True)
class RoleGrant:
    """A role held since `granted_at`; live while `revoked_at` is None."""

    account_id: str
    role: Role
    granted_by: str
    granted_at: datetime
    revoked_by: str = ""
    revoked_at: datetime | None = None


def canonical_email(text: str) -> str:
    """One spelling for one mailbox: trimmed and case-folded. The same person must not have two accounts by a capital letter."""
    return text.strip().casefold()
