"""A node gives notice for itself, to the node it names, of a kind that is understood; everything else is refused by name."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey

from comity.domain.notice import Answer, Body, Membership, Notice, Outcome, What
from comity.domain.signing import Object, PublicKey, SigningKey, Verified, sign, verify_object
from comity.domain.tlp import TLP
from comity.services import obey
from comity.services.unit import Unit
from comity.stix.notices import notice_id, notice_to_stix
from tests.factories import NOW
from tests.place import Place

KESTRIA = SigningKey("kestria", OKPKey.generate_key("Ed25519"))


def known(node: str, kid: str) -> PublicKey | None:
    key = PublicKey("kestria", KESTRIA.kid, KESTRIA.key.as_dict(private=False), NOW - timedelta(days=1))
    return key if (node, kid) == (key.node, key.kid) else None


def notice(
    what: What = What.ANSWER, body: Body | None = None, *, origin: str = "kestria", to: str = "nordmark"
) -> Object:
    said = body or Answer(about="report--1", result="applied")
    made = Notice(id=notice_id(uuid4()), what=what, origin=origin, to=to, tlp=TLP.GREEN, at=NOW, body=said)
    return notice_to_stix(made)


def heard(obj: Object) -> Verified[Object]:
    return verify_object(sign(obj, KESTRIA), known, now=NOW)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A handler for answers that remembers whom it obeyed."""
    seen: list[str] = []

    def act(unit: Unit, given: Notice, sender: str) -> Outcome:
        seen.append(sender)
        return Outcome("done")

    monkeypatch.setattr(obey, "HANDLERS", {What.ANSWER: act})
    return seen


def test_a_notice_reaches_its_handler(sqlite_place: Place, done: list[str]) -> None:
    with sqlite_place.unit("system") as unit:
        assert obey.obey(unit, heard(notice()), sender="kestria").result == "done"
    assert done == ["kestria"]


@pytest.mark.parametrize(
    ("obj", "sender", "reason"),
    [
        (notice(origin="aurora"), "kestria", "foreign-origin"),
        (notice(), "aurora", "foreign-origin"),
        (notice(to="aurora"), "kestria", "not-addressed"),
        (notice(What.MEMBERSHIP, Membership(group="fjord", version=1, members=())), "kestria", "not-understood"),
        ({**notice(), "surprise": 1}, "kestria", "malformed"),
        ({**notice(), "what": "bomb"}, "kestria", "malformed"),
        ({**notice(), "body": {"about": "x", "result": "maybe"}}, "kestria", "invalid-content"),
        ({**notice(), "addressed_to": ["nordmark", "aurora"]}, "kestria", "malformed"),
    ],
)  # fmt: skip
def test_what_is_refused_and_its_name(
    sqlite_place: Place, done: list[str], obj: Object, sender: str, reason: str
) -> None:
    with sqlite_place.unit("system") as unit:
        outcome = obey.obey(unit, heard(obj), sender=sender)
    assert (outcome.result, outcome.reason, outcome.changed) == ("refused", reason, False)
    assert done == []
