"""Give an allied node a token: OAuth 2 client credentials (RFC 6749 §4.4) with `private_key_jwt` (RFC 7523), on Authlib's core.

Decides who gets one: a node that council admitted, under an agreement that holds, with a key that was confirmed. The assertion is
signed with Ed25519, made for this very endpoint, lives an hour at most and works once. Refuses to know HTTP and what a token opens.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from authlib.oauth2 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError, OAuth2Request, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, OKPKey

from comity.domain.signing import SKEW, PublicKey
from comity.domain.viewer import Viewer
from comity.services.describe import TOKEN_ENDPOINT
from comity.services.mint import digest, mint
from comity.services.unit import Unit
from comity.storage import peer_tokens, peers
from comity.storage.peer_tokens import PeerToken

PREFIX: Final = "cmp_"
LIFE: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(seconds=3660)
"""How far ahead an assertion may end: stock clients say an hour."""

MOST_ID: Final = 120
EPOCH: Final = "comity_epoch"
"""Beside the token: a number that rises when the rights of the node change here, upon which it reads the feed from its start."""

_METHOD: Final = "private_key_jwt"
_REFUSED: Final[Mapping[str, str]] = {"error": "invalid_client"}


@dataclass(frozen=True)
class Answer:
    """As RFC 6749 §5 writes it. `proved`: the assertion was a node's own, so that it is used up even where the answer is no."""

    status: int
    body: Mapping[str, Any]
    proved: bool = False


def authorize(unit: Unit, given: Mapping[str, str]) -> Answer:
    """Answer the form of a token request. Every refusal of a client reads alike."""
    server = _Server(unit, unit.settings.public_url.rstrip("/") + TOKEN_ENDPOINT)
    answer: Answer = server.create_token_response(dict(given))
    proved = server.proved
    if proved and answer.status == 200:
        peer_tokens.forget(unit.db, unit.now)
    return Answer(answer.status, answer.body, bool(proved))


@dataclass(frozen=True)
class _Client(ClientMixin):  # type: ignore[misc]  # Authlib publishes no types
    """A node that claims to be `node`. `keys` of a stranger are one that nobody holds, so that both take the same work."""

    node: str
    keys: KeySet
    connected: bool
    epoch: int

    def get_client_id(self) -> str:
        return self.node

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == _METHOD and endpoint == "token"

    def get_allowed_scope(self, scope: str) -> str:
        """There are no scopes: what an ally may do follows from its agreement at each call."""
        return ""

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


class _Request(OAuth2Request):  # type: ignore[misc]
    """The form alone. Whether TLS ends before the service is not for a form to say, so the address is not the request's own."""

    def __init__(self, form: Mapping[str, str]) -> None:
        super().__init__("POST", "https://token.invalid/")
        self._form = form
        self.payload = BasicOAuth2Payload(form)

    @property
    def form(self) -> Mapping[str, str]:
        return self._form

    @property
    def args(self) -> Mapping[str, str]:
        return {}


class _Grant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = (_METHOD,)


class _Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """Authlib's check with what it leaves open: one algorithm, our clock, an end to the life, and each id once."""

    CLIENT_AUTH_METHOD = _METHOD

    def __init__(self, server: _Server) -> None:
        super().__init__(leeway=int(SKEW.total_seconds()))
        self.server = server

    def resolve_client_public_key(self, client: _Client) -> KeySet:
        return client.keys

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> Mapping[str, Any]:
        try:
            claims = jwt.decode(assertion, resolve_key, algorithms=["Ed25519"]).claims
            self._check(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise InvalidClientError from error
        return claims

    def _check(self, claims: dict[str, Any]) -> None:
        now, unit = self.server.unit.now, self.server.unit
        wanted = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=self.leeway,
            iss={"essential": True, "value": str(claims.get("sub"))},
            sub={"essential": True},
            aud={"essential": True, "value": self.server.endpoint},
            exp={"essential": True},
        )
        wanted.validate(claims)
        ends = datetime.fromtimestamp(int(claims["exp"]), UTC)
        jti = claims.get("jti")
        if ends - now > LONGEST or not isinstance(jti, str) or not 0 < len(jti) <= MOST_ID:
            raise InvalidClientError
        if not peer_tokens.use_assertion(unit.db, str(claims["sub"]), jti, ends + 2 * SKEW):
            raise InvalidClientError


class _Server(AuthorizationServer):  # type: ignore[misc]
    """One request. `proved` is the node whose assertion held, admitted or not."""

    def __init__(self, unit: Unit, endpoint: str) -> None:
        super().__init__()
        self.unit, self.endpoint = unit, endpoint
        self.proved = ""
        life = int(LIFE.total_seconds())
        self.register_token_generator(
            "default", BearerTokenGenerator(lambda **_: mint(PREFIX), None, lambda *_: life)
        )
        self.register_grant(_Grant)
        self.register_client_auth_method(_METHOD, _Assertion(self))

    def query_client(self, client_id: str) -> _Client:
        system = Viewer.system(self.unit.node.node_id, "token for an ally")
        peer = peers.get(self.unit.db, system, client_id[:MOST_ID])
        keys = peers.keys(self.unit.db, system, client_id[:MOST_ID])
        connected = peer is not None and peer.connected(self.unit.now)
        epoch = peer.epoch if peer else 0
        return _Client(client_id, _key_set(_in_force(keys, self.unit.now)), connected, epoch)

    def authenticate_client(
        self, request: _Request, methods: Collection[str], endpoint: str = "token"
    ) -> _Client:
        if len(request.form.get("client_assertion", "")) > 8_000:
            raise InvalidClientError
        client: _Client = super().authenticate_client(request, methods, endpoint)
        if request.form.get("client_id", client.node) != client.node:
            raise InvalidClientError
        self.proved = client.node
        peers.heard(self.unit.db, client.node, self.unit.now)
        if not client.connected:
            raise InvalidClientError
        return client

    def save_token(self, token: dict[str, Any], request: _Request) -> None:
        token[EPOCH] = request.client.epoch
        kept = PeerToken(request.client.node, self.unit.now + LIFE, request.client.epoch)
        peer_tokens.add(self.unit.db, kept, digest(token["access_token"]))

    def create_oauth2_request(self, request: Mapping[str, str]) -> _Request:
        return _Request(request)

    def send_signal(self, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def handle_error_response(self, request: _Request, error: OAuth2Error) -> Answer:
        if isinstance(error, InvalidClientError):
            return Answer(401, _REFUSED)
        return Answer(400, {"error": error.error})

    def handle_response(self, status: int, body: Mapping[str, Any], headers: object) -> Answer:
        return Answer(status, body)


def _in_force(keys: Collection[PublicKey], now: datetime) -> list[PublicKey]:
    """Those that prove a machine now. One that was retired still counts for what it signed before, but lets nobody in."""
    return [
        key
        for key in keys
        if key.revoked_at is None
        and key.valid_from - SKEW <= now
        and (key.valid_until is None or now <= key.valid_until + SKEW)
    ]


def _key_set(keys: Collection[PublicKey]) -> KeySet:
    found: list[Key] = [
        OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": str(key.jwk["x"]), "kid": key.kid})
        for key in keys
    ]
    return KeySet(found or [_nobodys()])


@cache
def _nobodys() -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": "nobody"}, private=False)
