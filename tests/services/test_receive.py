"""The inbox: only signed notices of the node that posts them are taken, and each is answered by name."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from comity.domain.errors import NotAllowed, NotFound, SignInNeeded
from comity.domain.notice import Answer, Notice, Outcome, What
from comity.domain.peer import Agreement, KnownPeer, Peer, PeerState
from comity.domain.signing import PublicKey, SigningKey, sign
from comity.domain.tlp import TLP
from comity.domain.viewer import Viewer
from comity.services import collect, obey
from comity.services.deposit import deposit
from comity.services.unit import Unit
from comity.stix.notices import notice_to_stix
from comity.storage import collections, peers
from tests.factories import NODE
from tests.story import NOW, Story

KESTRIA, LUMEN = (SigningKey(node, OKPKey.generate_key("Ed25519")) for node in ("kestria", "lumen"))
HEARD: list[tuple[Notice, str, bool]] = []


def ally(node: str = "kestria") -> Viewer:
    return Viewer.allied(NODE.node_id, Peer(node, frozenset({"fjord"}), TLP.GREEN))


@pytest.fixture
def inbox(story: Story, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a node that knows two others, and understands answers."""

    def heard(unit: Unit, notice: Notice, sender: str) -> Outcome:
        HEARD.append((notice, sender, unit.viewer.is_system))
        return Outcome("applied")

    monkeypatch.setitem(obey.HANDLERS, What.ANSWER, heard)
    monkeypatch.delitem(obey.HANDLERS, What.RECALL, raising=False)
    with story.unit("system") as unit:
        for key in (KESTRIA, LUMEN):
            peers.add(unit.db, a_peer(key.node))
            public = {name: str(value) for name, value in key.key.as_dict(private=False).items()}
            peers.put_key(unit.db, PublicKey(key.node, key.kid, public, NOW - timedelta(days=9)))
        found = collections.by_alias(unit.db, "inbox")
    assert found is not None
    HEARD.clear()
    return found.id


def a_peer(node: str) -> KnownPeer:
    agreement = Agreement(
        kinds=("advisory",), highest_marking=TLP.GREEN, purposes=("x",), ends_on=NOW.date() + timedelta(9)
    )
    return KnownPeer(
        node_id=node,
        name=node.title(),
        country="SE",
        base_url=f"https://{node}.example.org",
        state=PeerState.ADMITTED,
        agreement=agreement,
        proposed_at=NOW,
        state_since=NOW,
    )


def a_notice(key: SigningKey = KESTRIA, *, to: str = "nordmark", origin: str = "") -> dict[str, Any]:
    name = "comity-notice--00000000-0000-4000-8000-000000000001"
    notice = Notice(
        id=name, what=What.ANSWER, origin=origin or key.node, to=to, tlp=TLP.GREEN, at=NOW,
        body=Answer(about=name, result="applied"),
    )  # fmt: skip
    return sign(notice_to_stix(notice), key)


def posted(story: Story, inbox: str, *objects: dict[str, Any], by: str = "kestria") -> dict[str, Any]:
    with story.world.unit(story.engine, ally(by), now=NOW) as unit:
        raw = json.dumps({"objects": objects}).encode()
        found: dict[str, Any] = json.loads(deposit(unit, collection_id=inbox, raw=raw))
    return found


def test_a_notice_of_the_node_that_posts_it_is_obeyed_as_a_job_of_the_node(story: Story, inbox: str) -> None:
    status = posted(story, inbox, a_notice())
    assert (status["success_count"], status["failure_count"]) == (1, 0)
    ((notice, sender, as_job),) = HEARD
    assert (notice.what, sender, as_job) == (What.ANSWER, "kestria", True)


def test_what_is_not_taken_is_told_by_name_and_the_rest_is_taken(story: Story, inbox: str) -> None:
    altered = a_notice() | {"addressed_to": ["nordmark"], "created": "2026-11-01T00:00:00.000Z"}
    unsigned = {name: value for name, value in a_notice().items() if name != "extensions"}
    unknown = sign(unsigned, SigningKey("kestria", OKPKey.generate_key("Ed25519")))
    record = {"type": "report", "id": "report--00000000-0000-4000-8000-000000000001"}
    status = posted(
        story, inbox, altered, unsigned, unknown, a_notice(LUMEN), a_notice(origin="lumen"), a_notice(to="lumen"),
        record, a_notice(),
    )  # fmt: skip
    assert status["success_count"] == 1
    assert [one["message"].split(":")[0] for one in status["failures"]] == [
        "bad-signature", "unsigned", "unknown-key", "foreign-origin", "foreign-origin", "not-addressed", "not-a-notice",
    ]  # fmt: skip
    assert len(HEARD) == 1


def test_only_the_node_that_posted_reads_its_status_and_nobody_reads_the_inbox(
    story: Story, inbox: str
) -> None:
    status = posted(story, inbox, a_notice())
    for who, may in ((ally(), True), (ally("lumen"), False), (story.world.viewer("editor"), False)):
        with story.world.unit(story.engine, who, now=NOW, writes=False) as unit:
            if may:
                assert json.loads(collect.status(unit, status_id=status["id"])) == status
                with pytest.raises(NotAllowed):
                    collect.page(unit, collection_id=inbox, query=read_all())
            else:
                with pytest.raises(NotFound):
                    collect.status(unit, status_id=status["id"])


def read_all() -> Any:
    from comity.domain.taxii import read_query

    return read_query([])


@pytest.mark.parametrize(
    ("who", "refused"), [("public", SignInNeeded), ("editor", NotFound), ("federation_officer", NotFound)]
)
def test_no_person_posts_to_the_inbox(story: Story, inbox: str, who: str, refused: type[Exception]) -> None:
    with pytest.raises(refused), story.unit(who) as unit:
        deposit(unit, collection_id=inbox, raw=json.dumps({"objects": [a_notice()]}).encode())
    assert HEARD == []
