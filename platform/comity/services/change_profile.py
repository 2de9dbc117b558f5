"""What people change about themselves: their name and the language of their pages. Nothing else of an account is theirs (S13)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from comity.domain.account import Account
from comity.domain.errors import Invalid, NotAllowed, NotFound, Problem, SignInNeeded
from comity.domain.roles import Role
from comity.services.unit import Unit
from comity.storage import people

MOST_SKILLS: Final = 30


def change_profile(unit: Unit, *, name: str, language: str = "") -> Account:
    """`language` is one of the node's; empty for the node's default."""
    viewer = unit.viewer
    account = people.lock_account(unit.db, viewer.person) if viewer.person and viewer.scopes is None else None
    if account is None:
        raise SignInNeeded
    shown = " ".join(name.split())
    problems = []
    if not 0 < len(shown) <= 120:
        problems.append(Problem("name", "length", "Enter a name of at most 120 characters."))
    if language and language not in unit.node.languages:
        problems.append(Problem("language", "unknown", "Choose one of the languages of this node."))
    if problems:
        raise Invalid(problems)
    changed = replace(account, name=shown, preferences={**account.preferences, "language": language})
    people.save_account(unit.db, changed)
    unit.audit("account.profile", f"account:{account.id}")
    return changed


def set_skills(unit: Unit, *, account_id: str, skills: Collection[str]) -> Account:
    """What a reviewer may be asked about, noted by the secretariat and by nobody for themselves (4.1.2)."""
    if not unit.viewer.is_system and (Role.EDITOR not in unit.viewer.roles or unit.viewer.scopes is not None):
        raise NotAllowed
    account = people.lock_account(unit.db, account_id)
    if account is None:
        raise NotFound
    kept = tuple(sorted({skill.strip() for skill in skills} - {""}))
    if len(kept) > MOST_SKILLS or any(len(skill) > 60 for skill in kept):
        raise Invalid(
            [Problem("skills", "too_many", f"At most {MOST_SKILLS} skills of at most 60 characters.")]
        )
    people.save_account(unit.db, replace(account, skills=kept))
    unit.audit("account.skills", f"account:{account_id}", skills=list(kept))
    return replace(account, skills=kept)
