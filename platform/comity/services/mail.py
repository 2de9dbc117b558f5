"""Send the mails that are due. Called by the worker; a slow or absent mail server holds up nothing else.

The letters are written in one unit, sent outside any transaction, and settled in another, so no lock is held while a server is
waited for. A crash in between sends a letter again under the same Message-ID. A refusal is tried again, ever more slowly.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from itertools import groupby
from typing import Final
from urllib.parse import unquote, urlsplit

from comity.config import Settings
from comity.domain.alert import mail_due, retry_after
from comity.services.alerts import lines
from comity.services.compose_mail import Letter, compose
from comity.services.runtime import Runtime
from comity.services.unit import Unit
from comity.storage import alerts, outbox, people
from comity.storage.alerts import Alert

SENDER: Final = "mail"
LEASE: Final = timedelta(minutes=10)
SECONDS: Final = 20.0
MOST_LETTERS: Final = 25
MOST_LINES: Final = 50


class Unsent(Exception):
    """The server did not take a letter. Says the kind of failure; never an address or a text."""


class NoServer(Unsent):
    """There is no server to talk to, or it does not know us: no other letter would leave either."""


@dataclass(frozen=True)
class Sent:
    """How many letters left and how many must be tried again."""

    sent: int
    failed: int


def send_due(runtime: Runtime, *, worker: str) -> Sent:
    """Send what is due now: at most 25 letters, one a person. Does nothing without a mail server or while another worker sends."""
    if not runtime.settings.smtp_url:
        return Sent(0, 0)
    with runtime.system_unit("send mail") as unit:
        if outbox.claim(unit.db, SENDER, worker=worker, now=unit.now, lease=LEASE) is None:
            return Sent(0, 0)
        letters = list(_letters(unit, runtime.settings))
    sent = 0
    for number, letter in enumerate(letters):
        try:
            hand_over(runtime.settings, letter.message)
        except NoServer:
            return Sent(sent, _try_again(runtime, letters[number:]) + number - sent)
        except Unsent:
            _try_again(runtime, [letter])
        else:
            _settle(runtime, letter)
            sent += 1
    return Sent(sent, len(letters) - sent)


def _letters(unit: Unit, settings: Settings) -> Iterator[Letter]:
    """One letter a person with everything due, under the viewer that they are now. What needs no mail any more is settled here."""
    waiting = [
        one
        for one in alerts.to_mail(unit.db, now=unit.now)
        if mail_due(one.period, made=one.created_at, now=unit.now)
    ]
    written = 0
    for account_id, group in groupby(waiting, key=lambda one: one.account_id):
        mine = list(group)
        letter = _letter(unit, settings, account_id, mine)
        if letter is None:
            alerts.mailed(unit.db, [one.id for one in mine], now=unit.now)
            continue
        yield letter
        written += 1
        if written == MOST_LETTERS:
            return


def _letter(unit: Unit, settings: Settings, account_id: str, mine: Sequence[Alert]) -> Letter | None:
    """None when the person is gone, or may know of none of it any more, or has read it all in the portal."""
    try:
        viewer, account = people.known(unit.db, account_id)
    except LookupError:
        return None
    shown = lines(unit.acting_as(viewer), [one for one in mine if one.read_at is None][-MOST_LINES:])
    if not shown:
        return None
    message = compose(settings, unit.node, account, shown, now=unit.now)
    return Letter(message, [one.id for one in mine], max(one.tries for one in mine))


def _settle(runtime: Runtime, letter: Letter) -> None:
    with runtime.system_unit("send mail") as unit:
        alerts.mailed(unit.db, letter.alert_ids, now=unit.now)


def _try_again(runtime: Runtime, letters: Sequence[Letter]) -> int:
    with runtime.system_unit("send mail") as unit:
        for letter in letters:
            alerts.failed(unit.db, letter.alert_ids, try_after=unit.now + retry_after(letter.tries))
    return len(letters)


def hand_over(settings: Settings, message: EmailMessage) -> None:
    """Give one letter to the mail server, over verified TLS unless the server is on this machine. Raises `Unsent`."""
    address = urlsplit(settings.smtp_url)
    try:
        with _connected(address.scheme, address.hostname or "", address.port) as server:
            if address.username:
                server.login(unquote(address.username), settings.smtp_password.get_secret_value())
            server.send_message(message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as refused:
        raise Unsent(type(refused).__name__) from None
    except (OSError, ValueError) as absent:  # smtplib's own errors are OSErrors
        raise NoServer(type(absent).__name__) from None


def _connected(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=context)
    if scheme != "smtp":
        raise ValueError(scheme)
    server = smtplib.SMTP(host, port or 587, timeout=SECONDS)
    try:
        if not _on_this_machine(host):
            server.starttls(context=context)
    except (OSError, smtplib.SMTPException):
        server.close()
        raise
    return server


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
