"""The feed's view of readers: whether two audiences have the same ones, and whether one leaves somebody of the other out.

Pure comparisons of facts. Who works on a record and at what stage it stands are left aside: neither takes readers away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from comity.domain.audience import Audience, Stage
from comity.domain.tlp import TLP
from comity.domain.tokens import ANY, AccessToken, token

_SETS: Final = ("organizations", "sectors", "roles", "persons", "releasable")
_TICK: Final = timedelta(milliseconds=1)


def same_readers(one: Audience, other: Audience) -> bool:
    """Do both let the same readers in, whatever the stage and whoever works on it?"""
    return one.tlp is other.tlp and all(getattr(one, name) == getattr(other, name) for name in _SETS)


def loses_somebody(old: Audience, new: Audience) -> bool:
    """May anybody whom `old` lets in be left out by `new`? When in doubt, yes: a tombstone too many takes nothing away from a
    reader who keeps the record, because the new version follows it.
    """
    if new.tlp.restriction > old.tlp.restriction:
        return True
    return not all(_within(getattr(old, name), getattr(new, name)) for name in _SETS)


def _within(old: frozenset[AccessToken], new: frozenset[AccessToken]) -> bool:
    return ANY in new or old <= new


def addressed(*, owner: str, to: Iterable[str], tlp: TLP) -> Audience:
    """The audience of a notice for the nodes it names: no person, and no other node."""
    anyone = frozenset({ANY})
    return Audience(
        stage=Stage.ADDRESSED,
        tlp=tlp,
        owner=token(f"org:{owner}"),
        organizations=anyone,
        sectors=anyone,
        roles=anyone,
        persons=anyone,
        workers=frozenset(),
        releasable=frozenset(token(f"node:{name}") for name in to),
        caveats=frozenset(),
    )


def next_version(now: datetime, last: datetime | None) -> datetime:
    """When the next version of an object says it was made: now, to the millisecond, and always after the one before."""
    now = now.astimezone(UTC)
    moment = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return moment if last is None or moment > last else last + _TICK
