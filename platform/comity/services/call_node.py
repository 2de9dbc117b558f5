"""Call an allied node as this node: the client bound to it, a token kept for its life, one new token when it was turned away.

Holds no transaction while it waits: the assertion is made in a unit of its own, before any network. Refuses to know what is asked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from comity.domain import strict_json
from comity.domain.peer import KnownPeer
from comity.services.authenticate import TYPE, client_assertion
from comity.services.authorize_peer import EPOCH
from comity.services.describe import TOKEN_ENDPOINT
from comity.services.outbound import Answer, Client, Limits, Unreachable, to_node
from comity.services.runtime import Runtime

TAXII: Final = "application/taxii+json;version=2.1"
_FORM: Final = "application/x-www-form-urlencoded"
_EARLY: Final = 30.0
"""Seconds before its end at which a token is not used any more."""


@dataclass(frozen=True)
class _Token:
    secret: str
    until: float
    epoch: int


_kept: Final[WeakKeyDictionary[Runtime, dict[str, _Token]]] = WeakKeyDictionary()
"""Tokens of this process, by node. They live for minutes, so none is written down."""


class TurnedAway(Exception):
    """The node does not let this one in: not admitted there, paused, or the key is not known there."""


class Line:
    """A line to one node, with a token. A context manager."""

    def __init__(self, runtime: Runtime, peer: KnownPeer, limits: Limits | None = None) -> None:
        self.runtime, self.peer = runtime, peer
        self.client: Client = to_node(runtime.settings, peer.base_url, limits)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def get(self, path: str, *, accept: Sequence[str] = (TAXII,)) -> Answer:
        """GET with the token. Raises `TurnedAway`, or `Unreachable`."""
        return self._with_token(lambda given: self.client.get(path, accept=accept, headers=given))

    def post(
        self, path: str, content: bytes, *, content_type: str = TAXII, accept: Sequence[str] = (TAXII,)
    ) -> Answer:
        """POST with the token, as `get`."""
        return self._with_token(
            lambda given: self.client.post(
                path, content, content_type=content_type, accept=accept, headers=given
            )
        )

    @property
    def epoch(self) -> int:
        """A number of the node's own that changes with what this node may read there. Raises as `get` does."""
        return self._good().epoch

    def token(self) -> str:
        """A token that works now. Raises as `get` does."""
        return self._good().secret

    def _good(self) -> _Token:
        tokens = _kept.setdefault(self.runtime, {})
        kept = tokens.get(self.peer.node_id)
        if kept is None or time.monotonic() >= kept.until:
            kept = tokens[self.peer.node_id] = self._new_token()
        return kept

    def _with_token(self, call: Any) -> Answer:
        tokens = _kept.setdefault(self.runtime, {})
        kept = tokens.get(self.peer.node_id)
        if kept is not None and time.monotonic() < kept.until:
            answer: Answer = call(_bearer(kept))
            if answer.status != 401:
                return answer
        tokens.pop(self.peer.node_id, None)
        fresh = tokens[self.peer.node_id] = self._new_token()
        answer = call(_bearer(fresh))
        if answer.status == 401:
            tokens.pop(self.peer.node_id, None)
            raise TurnedAway
        return answer

    def _new_token(self) -> _Token:
        endpoint = self.peer.base_url + TOKEN_ENDPOINT
        with self.runtime.system_unit("prove this node to an ally", writes=False) as unit:
            assertion = client_assertion(unit, self.peer, endpoint)
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": TYPE,
            "client_assertion": assertion,
        }
        answer = self.client.post(TOKEN_ENDPOINT, urlencode(form).encode(), content_type=_FORM)
        if answer.status in (400, 401, 403, 404):
            raise TurnedAway
        if not answer.well:
            raise Unreachable("protocol")
        return _token_in(answer.body)


def _token_in(body: bytes) -> _Token:
    try:
        said = strict_json.parse(body)
        secret, lasts = said["access_token"], said.get("expires_in", 60)
    except (strict_json.BadJson, KeyError) as bad:
        raise Unreachable("protocol") from bad
    plain = isinstance(secret, str) and secret.isascii() and secret.isprintable() and 8 <= len(secret) <= 400
    if not plain or not isinstance(lasts, int) or str(said.get("token_type", "")).lower() != "bearer":
        raise Unreachable("protocol")
    epoch = said.get(EPOCH, 0)
    ends = time.monotonic() + max(0.0, min(lasts, 3600) - _EARLY)
    return _Token(secret, ends, epoch if isinstance(epoch, int) else 0)


def _bearer(token: _Token) -> dict[str, str]:
    return {"authorization": f"Bearer {token.secret}"}
