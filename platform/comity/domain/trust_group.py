"""A trust group: which nodes TLP:GREEN may reach. Its owner signs the whole list each time; a list only replaces an older one.

Decides which list is taken and what each node is told of it. An empty list means nobody, and the members of a hidden group learn of
the owner alone (MISP's sharing groups told members of each other, and took partial lists). Refuses to know tables and signatures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

MOST_MEMBERS: Final = 500


@dataclass(frozen=True)
class TrustGroup:
    """`members` are all there are, the owner beside them: no name means nobody. `document` is the signed text of the list."""

    id: str
    owner: str
    version: int
    members: tuple[str, ...]
    hidden: bool
    document: str
    at: datetime

    def holds(self, node: str) -> bool:
        """Is `node` the owner or a member?"""
        return node == self.owner or node in self.members

    def told_to(self, node: str) -> tuple[str, ...]:
        """The list as `node` is told it: nothing when it is out, itself alone in a hidden group."""
        if node not in self.members:
            return ()
        return (node,) if self.hidden else self.members

    def following(self, members: Iterable[str], *, document: str, at: datetime) -> TrustGroup:
        """The next version, with `members` in place of all before."""
        named = tuple(sorted(set(members) - {self.owner}))
        return replace(self, version=self.version + 1, members=named, document=document, at=at)


def told(before: TrustGroup | None, after: TrustGroup) -> tuple[str, ...]:
    """Who hears of a change: whoever is in now, and whoever was."""
    old = before.members if before else ()
    return tuple(sorted({*old, *after.members}))


def refusal(
    known: TrustGroup | None,
    *,
    sender: str,
    here: str,
    group: str,
    version: int,
    members: tuple[str, ...],
    agreed: Iterable[str],
) -> str:
    """Why a list that another node sends is not taken; empty when it is.

    `agreed` are the groups that our council agreed to share with the sender: nobody else begins one here. A list is taken only from
    the owner, never of a group that is ours, and never again. To be out is said with an empty list.
    """
    if known is not None and known.owner != sender:
        return "not-the-owner"
    if known is None and group not in set(agreed):
        return "group-not-agreed"
    if known is not None and version <= known.version:
        return "old-version"
    if len(members) > MOST_MEMBERS or len(set(members)) != len(members):
        return "malformed"
    if members and here not in members:
        return "not-a-member"
    return ""
