"""One unit of work: one viewer, one moment, one transaction. Every service verb takes it first.

It knows nothing of HTTP. What a verb changes, it also writes to the audit chain and the outbox here, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from comity.config import Settings, get_settings
from comity.domain.errors import NotAllowed, SignInNeeded
from comity.domain.node import Node
from comity.domain.viewer import Viewer
from comity.search.port import SearchIndex
from comity.services import engines
from comity.storage import audit, outbox, people


@dataclass
class Unit:
    """`now` is aware UTC and the same for the whole unit. `settings` are those of this node: a process may run several."""

    db: Session
    viewer: Viewer
    now: datetime
    request: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=get_settings, repr=False)
    _index: SearchIndex | None = field(default=None, init=False, repr=False)

    @property
    def node(self) -> Node:
        """This node's own settings. Raises `LookupError` before the node was set up."""
        return people.node(self.db)

    @property
    def index(self) -> SearchIndex:
        """The search engine that works inside this transaction."""
        # Not a `cached_property`: before Python 3.12 it holds one lock for all units while it reads, and a unit that waits there
        # for the database blocks the unit that the database waits for.
        if self._index is None:
            self._index = engines.index_for(self.db.connection())
        return self._index

    def need(self, action: str, *scopes: str) -> None:
        """The viewer must hold `action`, or `NotAllowed` (`SignInNeeded` when nobody is signed in)."""
        if self.viewer.is_system or self.viewer.may(action, *scopes):
            return
        raise NotAllowed if self.viewer.signed_in else SignInNeeded

    def audit(
        self,
        action: str,
        about: str = "",
        *,
        purpose: str = "",
        audience_id: int | None = None,
        **details: Any,
    ) -> None:
        """One entry in the chain: who, what, about which object, why. Never any content."""
        audit.append(
            self.db,
            at=self.now,
            actor=self._actor,
            organization=self.viewer.organization or "",
            action=action,
            about=about,
            purpose=purpose,
            details=details,
            audience_id=audience_id,
        )

    @property
    def _actor(self) -> str:
        """Who acts, as the chain names them."""
        if self.viewer.is_system:
            return f"system:{self.viewer.system_reason}"
        if self.viewer.peer is not None:
            return f"node:{self.viewer.peer.node}"
        return self.viewer.person or "public"

    def emit(self, what: str, record_id: int | None = None, **payload: Any) -> int:
        """One outbox event for the followers."""
        return outbox.append(self.db, what=what, record_id=record_id, payload=payload, at=self.now)

    def acting_as(self, viewer: Viewer) -> Unit:
        """The same transaction and moment under another viewer, such as a job of the node."""
        return Unit(db=self.db, viewer=viewer, now=self.now, request=self.request, settings=self.settings)
