"""Says who is behind a session cookie, with the two names a page shows. Whoever it cannot tell is the public.

It only reads: keeping a session alive is a write of its own (`Recognized.touch`), so that a page never waits for the write lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from comity.domain.viewer import Viewer
from comity.services import sign_in
from comity.services.runtime import NOBODY
from comity.services.unit import Unit
from comity.storage import organizations, people


@dataclass(frozen=True)
class Recognized:
    """The viewer, and what they are called; both names are empty for the public and for tokens.

    `touch(unit)` is due when given. While `awaiting_second_factor` the viewer is the public.
    """

    viewer: Viewer
    display_name: str = ""
    organization_name: str = ""
    awaiting_second_factor: bool = False
    touch: Callable[[Unit], object] | None = None


def public(unit: Unit) -> Recognized:
    """Nobody signed in. Before the node is set up it is a viewer without any power."""
    try:
        return Recognized(people.public_viewer(unit.db))
    except LookupError:
        return Recognized(NOBODY)


def by_session(unit: Unit, secret: str) -> Recognized:
    """The person behind a session cookie."""
    visit = sign_in.resume(unit, secret=secret)
    if visit is None:
        return public(unit)
    home = organizations.get(unit.db, visit.account.organization)
    return Recognized(
        visit.viewer,
        visit.account.name if not visit.awaiting_second_factor else "",
        home.name if home and not visit.awaiting_second_factor else "",
        visit.awaiting_second_factor,
        partial(sign_in.keep_alive, visit=visit) if visit.touch else None,
    )
