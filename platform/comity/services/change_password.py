"""Change one's own password. The old one is asked for again, and every other session and all tokens end (S30)."""

from __future__ import annotations

from comity.domain.errors import Conflict, Invalid, Problem, SignInNeeded, TooMany
from comity.domain.password_rules import password_problems
from comity.services.mint import digest
from comity.services.sign_in import FREE_BY_EMAIL
from comity.services.unit import Unit
from comity.services.verify_password import hashed, matches
from comity.storage import people, sessions, throttles, tokens


def change_password(unit: Unit, *, old: object, new: object, current: object) -> None:
    """`current` is the cookie whose session stays. Raises `Invalid` with named fields; nothing is changed then.

    Call it first in its unit: the attempt is committed before the hashing, as in `sign_in`.
    """
    viewer = unit.viewer
    account = people.account(unit.db, viewer.person) if viewer.person and viewer.scopes is None else None
    if account is None:
        raise SignInNeeded
    if problems := password_problems(new, (account.name, account.email, account.organization)):
        raise Invalid(problems)
    key = digest(f"password:{account.id}")
    wait = throttles.take(unit.db, key, free=FREE_BY_EMAIL, now=unit.now)
    kept = people.secrets_of(unit.db, account.id).password_hash
    unit.db.commit()
    if wait:
        raise TooMany(int(wait.total_seconds()) + 1)
    if not matches(old, kept):
        raise Invalid([Problem("old", "wrong", "This is not your present password.")])
    assert isinstance(new, str)  # password_problems said so
    fresh = hashed(new)
    people.lock_account(unit.db, account.id)
    if people.secrets_of(unit.db, account.id).password_hash != kept:
        raise Conflict("Your password was changed elsewhere in the meantime.")
    throttles.clear(unit.db, key)
    people.set_password(unit.db, account.id, fresh)
    sessions.end_all(unit.db, account.id, but=digest(current))
    tokens.revoke(unit.db, account.id, now=unit.now)
    unit.audit("password.changed", f"account:{account.id}")
