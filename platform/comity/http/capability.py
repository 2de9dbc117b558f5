"""Every route says who may call it, and says so before anything else is said.

`@capability("public")`, `@capability("signed-in")`, `@capability("named")`, or an action of the permission matrix (product 4.1.3),
optionally with the grant words that count: `@capability("withdraw", "own")`. A route without it does not import (peers S6: deny
by default).
The capability is about the verb only. What the viewer may see of a record is the service's question, answered with `NotFound`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from comity.domain.errors import NotAllowed, SignInNeeded
from comity.domain.viewer import Viewer

PUBLIC: Final = "public"
SIGNED_IN: Final = "signed-in"
NAMED: Final = "named"
"""A person, or the machine of an allied node."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True)
class Capability:
    """`action` is `public`, `signed-in`, `named` or an action of the matrix; `writes` None means: by the method."""

    action: str
    grants: tuple[str, ...] = ()
    writes: bool | None = None

    def __str__(self) -> str:
        """As in the golden list of routes: `withdraw(own)`."""
        return f"{self.action}({', '.join(self.grants)})" if self.grants else self.action

    def require(self, viewer: Viewer) -> None:
        """Raises `SignInNeeded` or `NotAllowed`."""
        if self.action == PUBLIC:
            return
        if not self._held_by(viewer):
            raise NotAllowed if viewer.signed_in else SignInNeeded

    def _held_by(self, viewer: Viewer) -> bool:
        if self.action == SIGNED_IN:
            return viewer.signed_in
        if self.action == NAMED:
            return viewer.signed_in or viewer.peer is not None
        return viewer.may(self.action, *self.grants)

    def writes_for(self, methods: set[str]) -> bool:
        """Does a request by one of `methods` take the write lock at its start?"""
        return not methods <= SAFE_METHODS if self.writes is None else self.writes


def capability(action: str, *grants: str, writes: bool | None = None) -> Callable[[Endpoint], Endpoint]:
    """Declare what calling this endpoint takes. `writes` overrides the guess from the method."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.capability = Capability(action, grants, writes)  # type: ignore[attr-defined]
        return endpoint

    return declare


def declared(endpoint: Callable[..., Any]) -> Capability:
    """The capability of an endpoint; `TypeError` when it declares none."""
    found = getattr(endpoint, "capability", None)
    if not isinstance(found, Capability):
        raise TypeError(f"{endpoint.__module__}.{endpoint.__qualname__} declares no capability")
    return found
