"""A collection of objects (TAXII 2.1 §5) and who may open it. What is in it for whom is decided object by object, by audiences.

`readers` and `writers` are words of the audience grammar: `any`, `org:…`, `sector:…`, `group:…` and `node:…`, where this node's own
name means its members and another node's name means that node. Nobody is meant by an empty list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from comity.domain.tokens import ANY, AccessToken, token, tokens
from comity.domain.viewer import Viewer


class Kind(StrEnum):
    """What a collection is for."""

    RECORDS = "records"
    """Signed records and notices: the feed. Read only."""
    INBOX = "inbox"
    """Allied nodes post signed notices. Nobody reads it."""
    SHELF = "shelf"
    """Machines of members share plain STIX objects."""


@dataclass(frozen=True)
class Collection:
    """One collection. `tlp` is the marking that unmarked objects take; empty where none are taken."""

    id: str
    alias: str
    title: str
    description: str
    kind: Kind
    tlp: str
    readers: tuple[str, ...]
    writers: tuple[str, ...]
    created_at: datetime

    def can_read(self, viewer: Viewer) -> bool:
        """May the viewer ask for what is in it?"""
        if self.kind is Kind.INBOX:
            return False
        return viewer.is_system or self._names(self.readers, viewer)

    def can_write(self, viewer: Viewer) -> bool:
        """May the viewer post to it? Nobody does so without a name."""
        match self.kind:
            case Kind.INBOX:
                return viewer.peer is not None
            case Kind.SHELF:
                return viewer.may("share_objects") and self._names(self.writers, viewer)
            case Kind.RECORDS:
                return False

    def _names(self, listed: tuple[str, ...], viewer: Viewer) -> bool:
        return not _words_of(viewer).isdisjoint(listed)


def _words_of(viewer: Viewer) -> frozenset[AccessToken]:
    """The words that mean this viewer."""
    everybody = frozenset({ANY})
    if viewer.peer is not None:
        return everybody | {token(f"node:{viewer.peer.node}")} | tokens("group", viewer.peer.groups)
    if not viewer.signed_in or viewer.organization is None:
        return everybody
    return viewer.release_tokens | viewer.sector_token
