"""Look over a node and say what an operator should mend. Never prints a secret, and no title or content of a record."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from comity.config import Settings

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_KNOWN_TO_ALL: Final = frozenset(
    {
        "",
        "postgres",
        "password",
        "passw0rd",
        "comity",
        "changeme",
        "change-me",
        "secret",
        "admin",
        "example",
        "test",
        "123456",
    }
)


def refusals(settings: Settings, *, host: str, demo: bool) -> list[str]:
    """Why the server must not start: what would hand the node to whoever comes by. Empty when it may."""
    open_to_all = host not in _LOOPBACK
    found = []
    if open_to_all and not settings.secure_cookies:
        found.append(
            f"It would listen on {host} while COMITY_PUBLIC_URL is not https: sign-ins would travel in the clear."
        )
    if open_to_all and demo:
        found.append(
            "This is a demonstration node: its sample sign-ins have no second factor. Keep it on 127.0.0.1."
        )
    address = sa.engine.make_url(settings.database_url)
    far = open_to_all or address.host not in (None, "", *_LOOPBACK)
    known = address.password is not None and str(address.password).casefold() in _KNOWN_TO_ALL
    if far and known:
        found.append("The password of the database in COMITY_DATABASE_URL is one that everybody tries first.")
    return found
