"""Write the one mail that a person gets now: what they may see at this moment, in no more words than the marking allows.

Titles up to TLP:GREEN; above it a sentence and an address; of TLP:RED not even an address. Never any content.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from functools import lru_cache
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from comity.config import TEMPLATES, Settings
from comity.domain.account import Account
from comity.domain.alert import may_show_title
from comity.domain.node import Node
from comity.domain.tlp import TLP
from comity.services.alerts import Line


@dataclass(frozen=True)
class Letter:
    """A mail that is ready to leave, and the alerts that it settles."""

    message: EmailMessage
    alert_ids: Collection[int]
    tries: int


def plain(text: str) -> str:
    """One line without control or direction characters, so that a title cannot forge a part of the mail."""
    kept = (" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
    return " ".join("".join(char for char in kept if unicodedata.category(char) != "Cf").split())


def strictest_title(lines: Sequence[Line]) -> str | None:
    """The marking of what the mail quotes; None when it quotes nothing."""
    quoted = {line.tlp.upper() for line in lines if line.title and may_show_title(line.tlp)}
    if not quoted:
        return None
    return TLP.GREEN.value if TLP.GREEN.value in quoted else TLP.CLEAR.value


def compose(
    settings: Settings, node: Node, account: Account, lines: Sequence[Line], *, now: datetime
) -> EmailMessage:
    """The mail about `lines`, which the account may see now. Subject and sender are the same for everybody."""
    base = settings.public_url.rstrip("/")
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((plain(node.name), settings.mail_from))
    message["To"] = account.email
    message["Subject"] = f"Something changed on {plain(node.name)}"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{_name(account, lines)}@{urlsplit(base).hostname or 'localhost'}>"
    message["List-Unsubscribe"] = f"<{base}/searches>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_body(base, node, account, lines), cte="quoted-printable")
    return message


def _body(base: str, node: Node, account: Account, lines: Sequence[Line]) -> str:
    shown = [
        {
            "sentence": line.sentence,
            "title": plain(line.title) if may_show_title(line.tlp) else "",
            "href": "" if line.tlp.upper() == TLP.RED.value else f"{base}/records/{line.ref}",
        }
        for line in lines
    ]
    return (
        _environment()
        .get_template("email/alerts.txt")
        .render(
            node={"name": plain(node.name)},
            recipient_name=plain(account.name),
            reason="you follow these records or topics, or work on them.",
            settings_href=f"{base}/searches",
            alerts_href=f"{base}/alerts",
            marking=strictest_title(lines),
            lines=shown,
        )
    )


def _name(account: Account, lines: Sequence[Line]) -> str:
    """The same for the same alerts, so that a mail that was sent twice after a crash is known as one."""
    named = f"{account.id} {' '.join(str(line.id) for line in lines)}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    return env
