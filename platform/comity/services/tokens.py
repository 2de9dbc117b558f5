"""API and feed tokens of one's own: issue, list, revoke, and find the caller behind one.

A token is 256 random bits, kept as a hash, with scopes, an end within a year and, if wanted, networks it works from. It can
only narrow what its owner may do at the moment of the call. An id authenticates nobody (S11).
"""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from comity.domain.errors import Invalid, NotFound, Problem, SignInNeeded, StepUpNeeded
from comity.domain.scopes import NEED_SECOND_FACTOR, Scope
from comity.domain.viewer import Viewer
from comity.services.mint import digest, mint
from comity.services.unit import Unit
from comity.storage import callers, tokens
from comity.storage.tokens import Token

PREFIX: Final = "cmt_"
MOST_DAYS: Final = 365
MOST_LIVE: Final = 20
MOST_NETWORKS: Final = 20


@dataclass(frozen=True)
class Issued:
    """`secret` is shown once; only its hash is kept."""

    token: Token
    secret: str


@dataclass(frozen=True)
class Caller:
    """Who is behind a token. `touch` asks for `note_use`, at most once a day."""

    viewer: Viewer
    token_id: str
    touch: bool


def issue(
    unit: Unit, *, name: str, scopes: Collection[Scope | str], days: int = 90, networks: Collection[str] = ()
) -> Issued:
    """A new token of the viewer. `Invalid` names the field.

    AMBER and editorial steps need a session with a second factor (`StepUpNeeded`).
    """
    person = _person(unit)
    wanted, places = _checked(name, scopes, days, networks)
    if NEED_SECOND_FACTOR & set(wanted) and not unit.viewer.second_factor:
        raise StepUpNeeded
    if sum(1 for token in tokens.of(unit.db, person) if _live(token, unit.now)) >= MOST_LIVE:
        raise Invalid([Problem("name", "too_many", f"You have {MOST_LIVE} tokens. Revoke one first.")])
    token = Token(
        id=str(uuid.uuid4()),
        account_id=person,
        name=" ".join(name.split()),
        scopes=wanted,
        addresses=places,
        created_at=unit.now,
        expires_at=unit.now + timedelta(days=days),
    )
    secret = mint(PREFIX)
    tokens.add(unit.db, token, digest(secret))
    unit.audit(
        "token.issued",
        f"token:{token.id}",
        scopes=[scope.value for scope in wanted],
        days=days,
        bound=bool(places),
    )
    return Issued(token, secret)


def listed(unit: Unit) -> list[Token]:
    """The viewer's own tokens, newest first, without secrets."""
    return tokens.of(unit.db, _person(unit))


def revoke(unit: Unit, *, token_id: str) -> None:
    """End one of the viewer's own tokens. `NotFound` for any other, and for one that has ended."""
    if not token_id or not tokens.revoke(unit.db, _person(unit), now=unit.now, token_id=token_id):
        raise NotFound
    unit.audit("token.revoked", f"token:{token_id}")


def authenticate(unit: Unit, *, secret: object, address: str = "") -> Caller | None:
    """The caller behind a bearer token, or None: unknown, ended, revoked, from elsewhere, or of nobody active. Only reads."""
    if not isinstance(secret, str) or not secret.startswith(PREFIX):
        return None
    found = callers.by_hash(unit.db, digest(secret))
    if found is None or found.viewer is None:
        return None
    token = found.token
    if not _live(token, unit.now) or not _from_allowed(address, token.addresses):
        return None
    return Caller(found.viewer, token.id, touch=token.last_used_on != _day(unit.now))


def note_use(unit: Unit, *, token_id: str) -> None:
    """Remember the day on which a token was last used. Needs a writing unit."""
    tokens.used(unit.db, token_id, day=_day(unit.now))


def _person(unit: Unit) -> str:
    """Tokens are made by a person at a screen: no token makes or lists tokens."""
    if unit.viewer.person is None or unit.viewer.scopes is not None:
        raise SignInNeeded
    return unit.viewer.person


def _live(token: Token, now: datetime) -> bool:
    return token.revoked_at is None and now < token.expires_at


def _day(now: datetime) -> datetime:
    return datetime.combine(now.date(), time(), UTC)


def _from_allowed(address: str, networks: Collection[str]) -> bool:
    if not networks:
        return True
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(caller, ipaddress.IPv6Address) and caller.ipv4_mapped is not None:
        caller = caller.ipv4_mapped
    return any(caller in ipaddress.ip_network(network) for network in networks)


def _checked(
    name: str, scopes: Collection[Scope | str], days: int, networks: Collection[str]
) -> tuple[tuple[Scope, ...], tuple[str, ...]]:
    problems, places = [], []
    if not 0 < len(" ".join(name.split())) <= 100:
        problems.append(Problem("name", "length", "Give the token a name of at most 100 characters."))
    known = {scope.value for scope in Scope}
    if not scopes or not all(scope in known for scope in scopes):
        problems.append(Problem("scopes", "unknown", f"Choose at least one of: {', '.join(sorted(known))}."))
    if not 1 <= days <= MOST_DAYS:
        problems.append(Problem("days", "range", f"A token lasts 1 to {MOST_DAYS} days."))
    if len(networks) > MOST_NETWORKS:
        problems.append(Problem("networks", "too_many", f"At most {MOST_NETWORKS} networks."))
    for network in networks:
        try:
            places.append(str(ipaddress.ip_network(network.strip(), strict=False)))
        except ValueError:
            problems.append(
                Problem("networks", "malformed", "Enter networks such as 192.0.2.0/24 or 2001:db8::/32.")
            )
    if problems:
        raise Invalid(problems)
    return tuple(sorted({Scope(scope) for scope in scopes})), tuple(places)
