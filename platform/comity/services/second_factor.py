"""The second factor: a time-based code (TOTP, RFC 6238; six digits, 30 seconds). Each code works once.

Offered, then enabled by a first right code. Taking it away needs the password and a code; a lost device is reset by
somebody else, who is not the one who may reset the password (`policies/governance/membership.yaml`).
"""

from __future__ import annotations

import hmac
import io
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import pyotp
import segno

from comity import policies
from comity.config import get_settings
from comity.domain.account import Account
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, SignInNeeded, TooMany
from comity.services.mint import digest, mint
from comity.services.sign_in import WAIT, Refused, SignedIn, live_session
from comity.services.unit import Unit
from comity.services.verify_password import matches
from comity.storage import people, sessions, throttles, tokens

STEP_SECONDS: Final = 30
FREE_CODES: Final = 5
WRONG: Final = "This code is not right, or was used before. Wait for the next one and try again."


@dataclass(frozen=True)
class Offer:
    """What a person scans or types into their device. `svg` is a drawing of `uri`, black on white, without a prolog."""

    secret: str
    uri: str
    svg: str


def begin(unit: Unit) -> Offer:
    """Offer a new secret to the viewer. `Conflict` while a second factor is on."""
    account = _own(unit)
    if account.has_totp:
        raise Conflict("Your second factor is already on. Turn it off first.")
    secret = pyotp.random_base32(32)
    people.set_totp(unit.db, account.id, secret)
    unit.audit("second_factor.offered", f"account:{account.id}")
    uri = pyotp.TOTP(secret).provisioning_uri(name=account.email, issuer_name=unit.node.name)
    drawing = io.BytesIO()
    segno.make(uri, error="m").save(
        drawing, kind="svg", xmldecl=False, svgns=True, scale=4, border=4, light="white"
    )
    return Offer(secret, uri, drawing.getvalue().decode())


def enable(unit: Unit, *, code: object, current: object) -> SignedIn:
    """Turn the offered second factor on with a first code. The session of the cookie `current` is renewed, all others end."""
    account = _own(unit)
    if account.has_totp:
        raise Conflict("Your second factor is already on.")
    session = live_session(unit, current)
    if session is None or session.account_id != account.id:
        raise SignInNeeded
    if not _use(unit, account, code):
        raise Invalid([Problem("code", "wrong", WRONG)])
    sessions.end_all(unit.db, account.id, but=session.hash)
    unit.audit("second_factor.enabled", f"account:{account.id}")
    return _renewed(unit, replace(account, has_totp=True), session.hash, session.created_at)


def confirm(unit: Unit, *, secret: object, code: object) -> SignedIn | Refused:
    """Give the code that the session of the cookie `secret` waits for. A right one renews the cookie."""
    session = live_session(unit, secret)
    account = people.lock_account(unit.db, session.account_id) if session else None
    if session is None or account is None or not account.active or not account.has_totp:
        return Refused()
    wait = throttles.take(unit.db, _key(account), free=FREE_CODES, now=unit.now)
    unit.db.commit()
    if wait:
        return Refused(WAIT, int(wait.total_seconds()) + 1)
    viewer = people.viewer_of(unit.db, account.id, second_factor=True)
    if not _use(unit, account, code):
        unit.audit("second_factor.refused", f"account:{account.id}")
        unit.db.commit()
        return Refused(WRONG)
    throttles.clear(unit.db, _key(account))
    unit.acting_as(viewer).audit("second_factor.confirmed", f"account:{account.id}")
    return _renewed(unit, account, session.hash, session.created_at)


def remove(unit: Unit, *, password: object, code: object) -> None:
    """Turn the viewer's own second factor off. All sessions and tokens end."""
    account = _own(unit)
    _counted(unit, account)
    kept = people.secrets_of(unit.db, account.id).password_hash
    unit.db.commit()
    if not matches(password, kept) or not account.has_totp or not _use(unit, account, code):
        raise Invalid([Problem("code", "wrong", "The password or the code is not right.")])
    throttles.clear(unit.db, _key(account))
    _take_away(unit, account, "second_factor.removed")


def reset(unit: Unit, *, account_id: str) -> None:
    """Take away the second factor of somebody who lost their device. Never one's own; all sessions and tokens end."""
    allowed = set(policies.membership().second_factor_reset_by) & unit.viewer.roles
    if not unit.viewer.is_system and (not allowed or unit.viewer.person == account_id):
        raise NotAllowed
    account = people.account(unit.db, account_id)
    if account is None:
        raise NotFound
    _take_away(unit, account, "second_factor.reset")


def _take_away(unit: Unit, account: Account, action: str) -> None:
    people.set_totp(unit.db, account.id, "")
    sessions.end_all(unit.db, account.id)
    tokens.revoke(unit.db, account.id, now=unit.now)
    unit.audit(action, f"account:{account.id}")


def _own(unit: Unit) -> Account:
    viewer = unit.viewer
    account = people.lock_account(unit.db, viewer.person) if viewer.person and viewer.scopes is None else None
    if account is None:
        raise SignInNeeded
    return account


def _counted(unit: Unit, account: Account) -> None:
    """Count an attempt, whatever becomes of it. Raises `TooMany`."""
    wait = throttles.take(unit.db, _key(account), free=FREE_CODES, now=unit.now)
    unit.db.commit()
    if wait:
        raise TooMany(int(wait.total_seconds()) + 1)


def _key(account: Account) -> str:
    return digest(f"second-factor:{account.id}")


def _use(unit: Unit, account: Account, code: object) -> bool:
    """Is `code` right, and was neither it nor a later one used before? Accepts one step of clock difference."""
    secret = people.secrets_of(unit.db, account.id).totp_secret
    typed = code.replace(" ", "") if isinstance(code, str) else ""
    if not secret or len(typed) != 6 or not (typed.isascii() and typed.isdigit()):
        return False
    this = int(unit.now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    steps = [
        step for step in (this - 1, this, this + 1) if hmac.compare_digest(totp.generate_otp(step), typed)
    ]
    return bool(steps) and people.use_totp(unit.db, account.id, steps[0])


def _renewed(unit: Unit, account: Account, old: str, begun: datetime) -> SignedIn:
    secret = mint()
    ends = begun + timedelta(hours=get_settings().session_hours)
    sessions.rotate(unit.db, old, digest(secret), second_factor=True, now=unit.now, ends_at=ends)
    return SignedIn(secret, account, awaiting_second_factor=False, ends_at=ends)
