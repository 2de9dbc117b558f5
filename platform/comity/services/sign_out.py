"""End sign-ins: this one, another one, or all. People see and end only their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from comity.config import get_settings
from comity.domain.errors import NotFound, SignInNeeded
from comity.services.mint import digest
from comity.services.unit import Unit
from comity.storage import sessions, throttles

_NAME_LENGTH: Final = 16


@dataclass(frozen=True)
class OpenSession:
    """One sign-in as its owner sees it. `name` names it for ending it, and opens nothing."""

    name: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    second_factor: bool
    current: bool


def sign_out(unit: Unit, *, secret: object) -> None:
    """End the session of this cookie; nothing happens when it is over already."""
    if sessions.end(unit.db, digest(secret)):
        unit.audit("sign_out", f"account:{unit.viewer.person or ''}")


def sign_out_everywhere(unit: Unit, *, but: object = "") -> int:
    """End all sessions of the viewer, except that of the cookie `but`. Returns how many."""
    person = _person(unit)
    ended = sessions.end_all(unit.db, person, but=digest(but))
    unit.audit("sign_out.everywhere", f"account:{person}", sessions=ended)
    return ended


def sign_out_one(unit: Unit, *, name: str) -> None:
    """End the viewer's own session with this name. `NotFound` for any other."""
    person = _person(unit)
    for session in sessions.of(unit.db, person):
        if session.hash[:_NAME_LENGTH] == name:
            sessions.end(unit.db, session.hash)
            unit.audit("sign_out.one", f"account:{person}")
            return
    raise NotFound


def open_sessions(unit: Unit, *, current: object = "") -> list[OpenSession]:
    """The viewer's own sessions, newest first."""
    here = digest(current)
    return [
        OpenSession(
            item.hash[:_NAME_LENGTH],
            item.created_at,
            item.seen_at,
            item.ends_at,
            item.second_factor,
            item.hash == here,
        )
        for item in sessions.of(unit.db, _person(unit))
        if item.ends_at > unit.now
    ]


def forget_ended(unit: Unit) -> int:
    """For the nightly job: drop what is over. Returns how many sessions."""
    throttles.prune(unit.db, now=unit.now)
    idle = timedelta(minutes=get_settings().session_idle_minutes)
    return sessions.prune(unit.db, now=unit.now, idle_since=unit.now - idle)


def _person(unit: Unit) -> str:
    if unit.viewer.person is None or unit.viewer.scopes is not None:
        raise SignInNeeded
    return unit.viewer.person
