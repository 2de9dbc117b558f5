"""Named readers as their author types them: an e-mail address or an account id a line; kept as account ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from comity.services.unit import Unit
from comity.storage import people


def to_accounts(unit: Unit, lines: Iterable[str]) -> list[str]:
    """Account ids where an address is known; every other line as it was typed, so that nothing widens by a slip."""
    return [_account(unit, line.strip()) for line in lines if line.strip()]


def _account(unit: Unit, typed: str) -> str:
    if "@" not in typed:
        return typed
    found = people.account_by_email(unit.db, typed.lower())
    return found.id if found is not None and found.active else typed


def addresses(unit: Unit, accounts: Iterable[str]) -> Mapping[str, str]:
    """Account id -> e-mail address, for showing a choice again to its author. Unknown ids are left out."""
    return {one.id: one.email for one in people.accounts(unit.db, ids=list(accounts))}
