"""Access tokens: the only words in which an audience and a viewer are compared.

Grammar `[a-z0-9:+_.@-]`, lowercase ASCII, with a prefix that says what it is: `org:` `client-of:` `sector:` `role:` `person:`
`node:` `group:`. Nothing is ever matched by part of a token, so no quoting or case rule can widen an audience.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NewType

AccessToken = NewType("AccessToken", str)

_GRAMMAR: Final = re.compile(r"[a-z]+(-[a-z]+)*(:[a-z0-9+_.\-]+)?\Z")

ANY: Final = AccessToken("any")
"""Stands in an audience where a dimension was not narrowed. An empty set, by contrast, means nobody."""


class BadToken(ValueError):
    """Not a token of the grammar."""


def token(text: str) -> AccessToken:
    """Check and brand a token. Raises `BadToken`."""
    if len(text) > 120 or not _GRAMMAR.match(text):
        raise BadToken(f"not an access token: {text[:140]!r}")
    return AccessToken(text)


def tokens(prefix: str, names: Iterable[str]) -> frozenset[AccessToken]:
    """`tokens("org", ["uni-north"])` gives `{"org:uni-north"}`. Names may already carry the prefix."""
    return frozenset(token(name if name.startswith(f"{prefix}:") else f"{prefix}:{name}") for name in names)
