"""Sign in with e-mail and password, and find out later who is behind the cookie.

Every refusal looks and costs the same, whether the account, the password or the state was wrong. An attempt is counted and
committed before the password is hashed: so parallel guesses are all counted, a failure later cannot undo the count, and no
database lock is held while Argon2 works. Call `sign_in` first in its unit for that reason. Peers S19, S30.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from comity.config import get_settings
from comity.domain.account import Account, canonical_email
from comity.domain.node import Organization
from comity.domain.viewer import Viewer
from comity.services.mint import digest, mint
from comity.services.unit import Unit
from comity.services.verify_password import matches
from comity.storage import people, sessions, throttles
from comity.storage.sessions import SignIn

FREE_BY_EMAIL: Final = 5
FREE_BY_ADDRESS: Final = 20
HALF_OPEN: Final = timedelta(minutes=10)
"""A session that still waits for its second factor ends after this."""
SEEN_EVERY: Final = timedelta(minutes=1)
REFUSAL: Final = "This e-mail and password do not go together, or the account cannot sign in."
WAIT: Final = "Too many attempts. Please wait a moment and try again."
_LONGEST_EMAIL: Final = 254


@dataclass(frozen=True)
class SignedIn:
    """`secret` goes into the cookie and nowhere else. With `awaiting_second_factor` it opens nothing until a code was given."""

    secret: str
    account: Account
    awaiting_second_factor: bool
    ends_at: datetime


@dataclass(frozen=True)
class Refused:
    """Why not, in words that are the same for every cause. `retry_after` is in seconds; 0 when there is no wait."""

    sentence: str = REFUSAL
    retry_after: int = 0


@dataclass(frozen=True)
class Visit:
    """Who is behind a cookie. While `awaiting_second_factor`, the viewer is the public. `touch` asks for `keep_alive`."""

    viewer: Viewer
    account: Account
    organization: Organization
    session: str
    awaiting_second_factor: bool
    ends_at: datetime
    touch: bool


def sign_in(
    unit: Unit, *, email: object, password: object, address: str = "", current: object = ""
) -> SignedIn | Refused:
    """A new session. `current` is the cookie that the browser already has: it is ended, never taken over."""
    mailbox = _mailbox(email)
    by_address, by_email = address_key(address), _hash(f"email:{mailbox}")
    # The address first: whoever has to wait by address must not drive up the count of somebody else's mailbox.
    wait = throttles.take(unit.db, by_address, free=FREE_BY_ADDRESS, now=unit.now) if address else timedelta()
    wait = wait or throttles.take(unit.db, by_email, free=FREE_BY_EMAIL, now=unit.now)
    unit.db.commit()
    if wait:
        return Refused(WAIT, int(wait.total_seconds()) + 1)
    account = people.account_by_email(unit.db, mailbox) if mailbox else None
    kept = people.secrets_of(unit.db, account.id).password_hash if account else ""
    unit.db.commit()
    right = matches(password, kept)
    found = people.account(unit.db, account.id) if account else None
    # Read again: the account may have been suspended, or its password changed, while the hash was being made.
    if (
        not right
        or found is None
        or not found.active
        or people.secrets_of(unit.db, found.id).password_hash != kept
    ):
        unit.audit("sign_in.refused", f"account:{account.id}" if account else "")
        unit.db.commit()
        return Refused()
    throttles.give_back(unit.db, by_address)
    throttles.clear(unit.db, by_email)
    sessions.end(unit.db, digest(current))
    return _begin(unit, found)


def _mailbox(email: object) -> str:
    """What may be looked up: no database is asked for half a character or a zero byte."""
    mailbox = canonical_email(email) if isinstance(email, str) and len(email) <= _LONGEST_EMAIL else ""
    return mailbox if mailbox.isprintable() else ""


def _begin(unit: Unit, account: Account) -> SignedIn:
    secret = mint()
    length = HALF_OPEN if account.has_totp else timedelta(hours=get_settings().session_hours)
    begun = SignIn(digest(secret), account.id, False, unit.now, unit.now, unit.now + length)
    sessions.add(unit.db, begun)
    viewer = people.viewer_of(unit.db, account.id)
    unit.acting_as(viewer).audit("sign_in", f"account:{account.id}", second_factor_due=account.has_totp)
    return SignedIn(secret, account, account.has_totp, begun.ends_at)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def address_key(address: str) -> str:
    """An IPv6 customer has a whole /64 of addresses and must not have a fresh count for each."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return _hash(f"address:{address}")
    place = ipaddress.ip_network((known, 64), strict=False) if known.version == 6 else known
    return _hash(f"address:{place}")


def resume(unit: Unit, *, secret: object) -> Visit | None:
    """Who is behind this cookie, or None: unknown, too old, unused for too long, or no longer active. Only reads."""
    session = live_session(unit, secret)
    if session is None:
        return None
    try:
        viewer, account, home = people.known_with_home(
            unit.db, session.account_id, second_factor=session.second_factor
        )
    except LookupError:
        return None
    awaiting = account.has_totp and not session.second_factor
    return Visit(
        viewer=people.public_viewer(unit.db) if awaiting else viewer,
        account=account,
        organization=home,
        session=session.hash,
        awaiting_second_factor=awaiting,
        ends_at=session.ends_at,
        touch=unit.now - session.seen_at >= SEEN_EVERY,
    )


def live_session(unit: Unit, secret: object) -> SignIn | None:
    """The session of this cookie while its time is not over."""
    hashed = digest(secret)
    session = sessions.get(unit.db, hashed) if hashed else None
    if session is None:
        return None
    idle = timedelta(minutes=get_settings().session_idle_minutes)
    over = unit.now >= session.ends_at or unit.now - session.seen_at >= idle
    return None if over else session


def keep_alive(unit: Unit, visit: Visit) -> None:
    """Note that the session was used. Needs a writing unit; once a minute is enough (`Visit.touch`)."""
    sessions.touch(unit.db, visit.session, now=unit.now)
