"""The token endpoint as a machine of an ally meets it: RFC 6749 §4.4 with private_key_jwt, through every layer of the service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey
from starlette.testclient import TestClient

from comity.domain.errors import SignInNeeded
from comity.domain.peer import KnownPeer, PeerState
from comity.domain.signing import SigningKey
from comity.services import authenticate, pause_peer, recognize, sign
from comity.storage import peers
from tests import allies
from tests.factories import NOW
from tests.web.conftest import ORIGIN, Portal

ENDPOINT = f"{ORIGIN}/federation/v1/token"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REFUSED = {"error": "invalid_client"}


@dataclass
class Machine:
    """A machine of the ally, and the node it asks."""

    portal: Portal
    client: TestClient
    key: SigningKey

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.portal.moment.timestamp())
        made = {
            "iss": "sudland",
            "sub": "sudland",
            "aud": ENDPOINT,
            "iat": now,
            "exp": now + 300,
            "jti": "one",
        }
        return {name: value for name, value in (made | changes).items() if value is not None}

    def assertion(self, *, key: Any = None, alg: str = "Ed25519", kid: str = "", **changes: Any) -> str:
        header = {"alg": alg, "kid": kid or self.key.kid}
        return jwt.encode(header, self.claims(**changes), key or self.key.key, algorithms=[alg])

    def ask(self, assertion: str, **changes: Any) -> Any:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": TYPE,
            "client_assertion": assertion,
        }
        return self.client.post("/federation/v1/token", data=form | changes)

    def token(self, **changes: Any) -> str:
        answer = self.ask(self.assertion(**changes))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def change(self, **changes: Any) -> None:
        with self.portal.world.unit(self.portal.engine, "system") as unit:
            ally = peers.get(unit.db, unit.viewer, "sudland")
            assert ally is not None
            peers.save(unit.db, replace(ally, **changes))

    def peer(self) -> KnownPeer:
        with self.portal.world.unit(self.portal.engine, "system") as unit:
            ally = peers.get(unit.db, unit.viewer, "sudland")
            assert ally is not None
            return ally

    def recognized(self, secret: str) -> Any:
        with self.portal.world.unit(
            self.portal.engine, "public", now=self.portal.moment, writes=False
        ) as unit:
            return recognize.by_peer_token(unit, secret)


@pytest.fixture
def machine(portal: Portal) -> Iterator[Machine]:
    """The ally is admitted, with its key."""
    key = allies.new_key("sudland")
    with portal.world.unit(portal.engine, "system") as unit:
        allies.put(unit.db, key=key)
    with TestClient(portal.app, base_url=ORIGIN) as client:
        yield Machine(portal, client, key)


def test_an_admitted_ally_gets_an_opaque_token_for_five_minutes(machine: Machine) -> None:
    answer = machine.ask(machine.assertion())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)
    assert "." not in body["access_token"]
    with machine.portal.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM peer_token").one()
    assert body["access_token"] not in repr(kept)
    viewer = machine.recognized(body["access_token"]).viewer
    assert viewer.peer == machine.peer().as_policy()
    assert not viewer.signed_in
    assert set(viewer.powers) >= {"read_clear", "read_green", "read_amber"}
    assert machine.peer().heard_at == NOW


def test_a_stock_client_gets_one(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Authlib's own signing, with its lifetime of an hour."""
    monkeypatch.setattr("authlib.oauth2.rfc7523.assertion.time.time", NOW.timestamp)
    key = OKPKey.import_key(machine.key.key.as_dict(private=True) | {"kid": machine.key.kid})
    made = private_key_jwt_sign(key, client_id="sudland", token_endpoint=ENDPOINT, alg="Ed25519")
    assert machine.ask(made, client_id="sudland").status_code == 200


def test_our_own_assertion_is_what_our_endpoint_takes(portal: Portal) -> None:
    """Both halves of the protocol, node against node."""
    with portal.world.unit(portal.engine, "system") as unit:
        key = sign.ensure_key(unit)
        other = allies.known(base_url=ORIGIN)
        made = authenticate.client_assertion(unit, other, ENDPOINT)
        again = authenticate.client_assertion(unit, other, ENDPOINT)
        with pytest.raises(ValueError, match="no address of"):
            authenticate.client_assertion(unit, other, "https://elsewhere.example/token")
    assert made != again
    claims = jwt.decode(made, key.key, algorithms=["Ed25519"]).claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("nordmark", "nordmark", ENDPOINT)
    assert claims["exp"] - claims["iat"] <= 300


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example/federation/v1/token"},
        {"aud": ORIGIN},
        {"aud": None},
        {"iss": "kestria"},
        {"iss": None},
        {"sub": "nordmark", "iss": "nordmark"},
        {"sub": "stranger", "iss": "stranger"},
        {"sub": 7},
        {"sub": None},
        {"exp": None},
        {"exp": int((NOW - timedelta(minutes=11)).timestamp())},
        {"exp": int((NOW + timedelta(seconds=3661)).timestamp())},
        {"exp": int((NOW + timedelta(days=1095)).timestamp())},
        {"exp": "soon"},
        {
            "iat": int((NOW + timedelta(minutes=11)).timestamp()),
            "exp": int((NOW + timedelta(minutes=12)).timestamp()),
        },
        {"nbf": int((NOW + timedelta(minutes=11)).timestamp())},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 121},
        {"jti": 5},
    ],
)
def test_an_assertion_that_is_not_exactly_right_gets_one_and_the_same_refusal(
    machine: Machine, changes: dict[str, Any]
) -> None:
    answer = machine.ask(machine.assertion(**changes))
    assert (answer.status_code, answer.json()) == (401, REFUSED)
    assert machine.token(jti="still works")


def test_a_signature_of_another_key_or_algorithm_is_refused(machine: Machine) -> None:
    unsigned = machine.assertion()
    public = machine.key.key.as_dict(private=False)["x"]
    wrong = [
        machine.assertion(key=allies.new_key("sudland").key),
        machine.assertion(kid="another"),
        machine.assertion(key=OctKey.import_key(str(public)), alg="HS256"),
        unsigned.rsplit(".", 1)[0] + ".",
        "eyJhbGciOiJub25lIn0." + unsigned.split(".")[1] + ".",
        unsigned.rsplit(".", 1)[0] + "." + "A" * 86,
        "no.assertion",
        "",
        "x" * 9_000,
    ]
    with pytest.warns(Warning, match="EdDSA"):
        wrong.append(machine.assertion(alg="EdDSA"))
    for assertion in wrong:
        answer = machine.ask(assertion)
        assert (answer.status_code, answer.json()) == (401, REFUSED), assertion[:60]
    assert machine.peer().heard_at is None


def test_an_assertion_works_once(machine: Machine) -> None:
    made = machine.assertion()
    assert machine.ask(made).status_code == 200
    assert machine.ask(made).json() == REFUSED
    machine.portal.moment += timedelta(
        minutes=14
    )  # past its end, within the skew of clocks: still remembered
    assert machine.token(jti="two")  # which forgets what is over
    assert machine.ask(made).json() == REFUSED
    machine.portal.moment += timedelta(hours=3)
    assert machine.token(jti="three")
    with machine.portal.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT jti FROM used_assertion").scalars().all() == ["three"]
        assert connection.exec_driver_sql("SELECT count(*) FROM peer_token").scalar_one() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"state": PeerState.PROPOSED},
        {"state": PeerState.PAUSED},
        {"state": PeerState.ENDED},
        {"agreement": None},
        {"agreement": allies.AGREEMENT.model_copy(update={"ends_on": NOW.date() - timedelta(days=1)})},
    ],
)
def test_who_is_not_connected_is_refused_as_a_stranger_is(machine: Machine, changes: dict[str, Any]) -> None:
    """J-09.1. That it proved itself is kept: the page says that the other side is waiting for us."""
    machine.change(**changes)
    made = machine.assertion()
    answer = machine.ask(made)
    stranger = machine.ask(machine.assertion(sub="stranger", iss="stranger"))
    assert (
        (answer.status_code, answer.content)
        == (stranger.status_code, stranger.content)
        == (401, b'{"error":"invalid_client"}')
    )
    assert set(answer.headers) == set(stranger.headers)
    assert machine.peer().heard_at == NOW
    machine.change(state=PeerState.ADMITTED, agreement=allies.AGREEMENT)
    assert machine.ask(made).json() == REFUSED  # it was used up
    assert machine.token(jti="another")


def test_a_pause_takes_every_token_with_it(machine: Machine) -> None:
    secret = machine.token()
    assert machine.recognized(secret).viewer.peer.node == "sudland"
    with machine.portal.world.unit(machine.portal.engine, "node_admin") as unit:
        pause_peer.pause(unit, node_id="sudland", reason="They asked us to wait.")
    with pytest.raises(SignInNeeded):
        machine.recognized(secret)
    with machine.portal.world.unit(machine.portal.engine, "node_admin") as unit:
        pause_peer.resume(unit, node_id="sudland", reason="They asked us to go on.")
    with pytest.raises(SignInNeeded):  # the old one is gone for good
        machine.recognized(secret)
    assert machine.recognized(machine.token(jti="new"))


def test_a_token_ends_with_its_time_and_with_the_agreement(machine: Machine) -> None:
    machine.portal.moment = NOW.replace(hour=23, minute=58)
    machine.change(agreement=allies.AGREEMENT.model_copy(update={"ends_on": NOW.date()}))
    secret = machine.token()
    machine.portal.moment += timedelta(minutes=1)
    assert machine.recognized(secret)
    machine.portal.moment += timedelta(minutes=2)  # the next day
    with pytest.raises(SignInNeeded):
        machine.recognized(secret)
    machine.change(agreement=allies.AGREEMENT)
    assert machine.recognized(secret)
    machine.portal.moment += timedelta(minutes=3)
    with pytest.raises(SignInNeeded):
        machine.recognized(secret)


def test_a_retired_or_revoked_key_lets_nobody_in(machine: Machine) -> None:
    public = allies.public(machine.key)
    with machine.portal.world.unit(machine.portal.engine, "system") as unit:
        peers.put_key(unit.db, replace(public, valid_until=NOW - timedelta(minutes=11)))
    assert machine.ask(machine.assertion()).json() == REFUSED
    with machine.portal.world.unit(machine.portal.engine, "system") as unit:
        peers.put_key(unit.db, replace(public, valid_until=NOW + timedelta(days=1)))
    assert machine.token(jti="two")
    with machine.portal.world.unit(machine.portal.engine, "system") as unit:
        peers.put_key(unit.db, replace(public, revoked_at=NOW))
    assert machine.ask(machine.assertion(jti="three")).json() == REFUSED


def test_the_token_of_an_ally_opens_nothing_but_the_exchange(machine: Machine) -> None:
    """S11, MISP#2595: a machine is no person."""
    headers = {"authorization": f"Bearer {machine.token()}"}
    for path in ("/api/v1/me", "/api/v1/records?q=x", "/api/v1/records/RSI-NORDMARK-ADV-2026-0001"):
        assert machine.client.get(path, headers=headers).status_code == 401, path
    for path in ("/work", "/account", "/audit"):
        asked = machine.client.get(path, headers={**headers, "accept": "text/html"}, follow_redirects=False)
        assert asked.status_code in (303, 401), path
    machine.client.cookies.set("comity", headers["authorization"].split()[1])
    assert machine.client.get(
        "/account", headers={"accept": "text/html"}, follow_redirects=False
    ).status_code in (303, 401)


def test_a_token_in_an_address_is_refused(machine: Machine) -> None:
    asked = machine.client.post(f"/federation/v1/token?access_token={machine.token()}")
    assert asked.status_code in (401, 422)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "unsupported_grant_type"),
        ({"client_assertion_type": "urn:other"}, 401, "invalid_client"),
        ({"client_id": "kestria"}, 401, "invalid_client"),
        ({"client_secret": "x"}, 200, None),
    ],
)
def test_what_the_form_must_say(
    machine: Machine, changes: dict[str, str], status: int, error: str | None
) -> None:
    answer = machine.ask(machine.assertion(), **changes)
    assert (answer.status_code, answer.json().get("error")) == (status, error)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"grant_type=client_credentials&grant_type=client_credentials", "application/x-www-form-urlencoded"),
        (b"grant_type=client_credentials&" + b"a=b&" * 30, "application/x-www-form-urlencoded"),
        (b"grant_type=" + b"a" * 20_000, "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b'{"grant_type": "client_credentials"}', "application/json"),
        (b"", ""),
    ],
)
def test_what_is_no_form_is_refused(machine: Machine, content: bytes, kind: str) -> None:
    answer = machine.client.post("/federation/v1/token", content=content, headers={"content-type": kind})
    assert answer.status_code == 400
    assert answer.json() == {"error": "unsupported_grant_type"}
