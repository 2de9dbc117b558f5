"""Says who is behind a session cookie or a token, with the two names a page shows. Whoever it cannot tell is the public.

It only reads: keeping a session alive is a write of its own (`refresh`), so that a page never waits for the write lock.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.viewer import Viewer
from comity.services.runtime import NOBODY
from comity.services.unit import Unit
from comity.storage import people


@dataclass(frozen=True)
class Recognized:
    """The viewer, and what they are called. Both names are empty for the public and for tokens."""

    viewer: Viewer
    display_name: str = ""
    organization_name: str = ""


def public(unit: Unit) -> Recognized:
    """Nobody signed in. Before the node is set up it is a viewer without any power."""
    try:
        return Recognized(people.public_viewer(unit.db))
    except LookupError:
        return Recognized(NOBODY)
