"""What an API or feed token may do at most: the caller's own powers, narrowed to the actions of the token's scopes.

Decides nothing about who reads what: a scope only takes away. Drafting brings no vote: whoever lets a program vote, ask for a hold
or do triage in their name says so by a scope of its own. No scope brings a grant, a release, a legal order or a voice in council's
withdrawal: those are done by a person at a screen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from comity.domain.viewer import Powers


class Scope(StrEnum):
    """The scopes. RED is in none of them: it has named recipients, and a program is not one."""

    READ_RECORDS = "read:records"
    READ_AMBER = "read:amber"
    READ_FEED = "read:feed"
    READ_AUDIT = "read:audit"
    WRITE_DRAFTS = "write:drafts"
    WRITE_EDITORIAL = "write:editorial"
    WRITE_OBJECTS = "write:objects"


SAYS: Final[Mapping[Scope, str]] = MappingProxyType(
    {
        Scope.READ_RECORDS: "Search and read records up to TLP:GREEN that you may read.",
        Scope.READ_AMBER: "Also read TLP:AMBER and TLP:AMBER+STRICT records that you may read.",
        Scope.READ_FEED: "Read your feeds, up to TLP:GREEN.",
        Scope.READ_AUDIT: "Read the part of the audit log that you may read.",
        Scope.WRITE_DRAFTS: "Draft, correct and submit records as you.",
        Scope.WRITE_EDITORIAL: "Vote, do triage, ask for holds and withdrawals, appeal, reply, ask and propose as you.",
        Scope.WRITE_OBJECTS: "Put STIX objects on the shelves that you may write to, and take your organization's away again.",
    }
)

_PUBLIC: Final = frozenset({"read_clear"})

ACTIONS: Final[Mapping[Scope, frozenset[str]]] = MappingProxyType(
    {
        Scope.READ_RECORDS: frozenset({"read_clear", "read_green"}),
        Scope.READ_AMBER: frozenset({"read_clear", "read_green", "read_amber"}),
        Scope.READ_FEED: frozenset({"read_clear", "read_green"}),
        Scope.READ_AUDIT: frozenset({"read_audit_log"}),
        Scope.WRITE_DRAFTS: frozenset({"read_clear", "read_green", "draft", "submit", "correct"}),
        Scope.WRITE_EDITORIAL: frozenset(
            {
                "read_clear",
                "read_green",
                "vote",
                "publish",
                "request_hold",
                "withdraw",
                "decide_appeal",
                "request_advice",
                "comment",
            }
        ),
        Scope.WRITE_OBJECTS: frozenset({"read_clear", "share_objects"}),
    }
)
"""Scope -> actions of the permission matrix that it lets through."""


NEED_SECOND_FACTOR: Final = frozenset({Scope.READ_AMBER, Scope.WRITE_EDITORIAL})
"""Scopes that only a session with a second factor gives away."""


def narrowed(powers: Powers, scopes: Collection[Scope]) -> Powers:
    """`powers` without what no scope lets through. A token without scopes keeps what the public has."""
    kept = _PUBLIC.union(*(ACTIONS[scope] for scope in scopes))
    return MappingProxyType({action: words for action, words in powers.items() if action in kept})
