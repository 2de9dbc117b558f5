"""The pages “where it is and, if not, why not”, the same over the API, and the form that takes a record down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from comity.app import create_app
from comity.config import Settings
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import tell, tokens, withdraw
from comity.services.authorize_peer import PREFIX
from comity.services.mint import digest, mint
from comity.services.runtime import Runtime
from comity.storage import deliveries, peer_tokens, peers
from comity.storage.peer_tokens import PeerToken
from tests.allies import AGREEMENT
from tests.factories import make_world
from tests.feed import admit, fetch, open_exchange
from tests.services.test_carry import A, B, withdrawn
from tests.services.test_recall import answers
from tests.story import Story
from tests.web.conftest import BROWSER, ORIGIN, Portal


class Desk:
    """A service on a story's database, and windows for its people."""

    def __init__(self, story: Story, path: Path, stack: ExitStack) -> None:
        self.story, self.stack = story, stack
        runtime = Runtime(
            Settings(data_dir=path, threads=2), engine=story.engine, clock=lambda: self.story.now
        )
        self.app = create_app(Settings(data_dir=path, threads=2), runtime=runtime, propagate=True)
        self.portal = Portal(self.app, story.engine, story.world, runtime, story.now)

    def window(self, who: str = "") -> TestClient:
        client = TestClient(self.app, base_url=ORIGIN, headers=BROWSER, follow_redirects=False)
        self.stack.enter_context(client)
        self.portal.moment = self.story.now
        if who:
            client.cookies.set("comity", self.portal.sign_in(who))
        return client

    def text(self, who: str, path: str, status: int = 200) -> str:
        answer = self.window(who).get(path)
        assert answer.status_code == status, answer.text
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))

    def machine(self, node: str) -> TestClient:
        """The machine of an ally, with a token of five minutes."""
        secret = mint(PREFIX)
        with self.story.unit("system") as unit:
            known = peers.get(unit.db, unit.viewer, node)
            assert known is not None
            kept = PeerToken(node, self.story.now + timedelta(minutes=5), known.epoch)
            peer_tokens.add(unit.db, kept, digest(secret))
        headers = {"authorization": f"Bearer {secret}", "accept": "application/taxii+json;version=2.1"}
        return self.stack.enter_context(TestClient(self.app, base_url=ORIGIN, headers=headers))

    @property
    def feed(self) -> str:
        with self.story.unit("system", writes=False) as unit:
            return f"/taxii2/exchange/collections/{tell.feed_id(unit)}/"

    def states(self, record: Record) -> dict[str, str]:
        """What is written down of a record, by node."""
        with self.story.unit("system", writes=False) as unit:
            return {one.node_id: one.state for one in deliveries.of_record(unit.db, record.id)}

    def api(self, who: str, path: str) -> Any:
        with self.story.unit(who) as unit:
            secret = tokens.issue(unit, name="test", scopes=("read:records",)).secret
        headers = {"authorization": f"Bearer {secret}"}
        client = self.stack.enter_context(TestClient(self.app, base_url=ORIGIN, headers=headers))
        return client.get(f"/api/v1{path}")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    engine, world = make_world(tmp_path / "node.db")
    story = Story(engine, world)
    open_exchange(story, A, B)
    with ExitStack() as stack:
        yield Desk(story, tmp_path, stack)
    engine.dispose()


def test_each_node_and_why_it_is_not_there(desk: Desk) -> None:
    only_practices = AGREEMENT.model_copy(update={"kinds": ("best_practice",)})
    admit(desk.story, "thalassa", agreement=only_practices)
    record = desk.story.published(tlp=TLP.GREEN)
    fetch(desk.story, A)
    text = desk.text("liaison", f"/records/{record.ref}/deliveries")
    assert "Fetched, no answer yet" in text
    assert "In the feed, not fetched yet" in text
    assert "The agreement does not cover this kind of record." in text
    items = desk.api("liaison", f"/records/{record.ref}/deliveries").json()["items"]
    assert {one["node"]: one["state"] for one in items} == {
        A: "fetched",
        B: "waiting",
        "thalassa": "withheld",
    }


def test_what_an_ally_fetches_is_written_down_before_it_leaves(desk: Desk) -> None:
    """J-11 begins here: whoever has a record is known, page by page, and nobody else is."""
    records = [desk.story.published(tlp=TLP.GREEN) for _ in range(3)]
    machine = desk.machine(A)
    taken = machine.get(f"{desk.feed}objects/", params={"limit": 2})
    assert taken.status_code == 200, taken.text
    assert [desk.states(one) for one in records] == [{A: "fetched"}, {A: "fetched"}, {}]
    rest = machine.get(f"{desk.feed}objects/", params={"next": taken.json()["next"]})
    assert len(rest.json()["objects"]) == 1
    assert desk.states(records[2]) == {A: "fetched"}
    one = rest.json()["objects"][0]["id"]
    assert desk.machine(B).get(f"{desk.feed}objects/{one}/").status_code == 200
    assert [desk.states(one) for one in records] == [
        {A: "fetched"},
        {A: "fetched"},
        {A: "fetched", B: "fetched"},
    ]
    machine.get(f"{desk.feed}manifest/")
    desk.api("researcher", "/records")
    withdrawn(desk.story, records[2])
    for name in (A, B):
        got = desk.machine(name).get(f"{desk.feed}objects/", params={"match[type]": "comity-notice"}).json()
        assert [one["what"] for one in got["objects"]] == ["recall"]


def test_amber_waits_for_a_decision(desk: Desk) -> None:
    record = desk.story.published(tlp=TLP.AMBER)
    text = desk.text("liaison", f"/records/{record.ref}/deliveries")
    assert "It leaves by a release decision alone" in text


def test_the_recall_page_counts_and_names_who_is_silent(desk: Desk) -> None:
    record = desk.story.published(tlp=TLP.GREEN)
    for name in (A, B):
        fetch(desk.story, name)
    withdrawn(desk.story, record)
    answers(desk.story, A, "done")
    desk.story.now += timedelta(hours=25)
    text = desk.text("federation_officer", f"/records/{record.ref}/deliveries")
    assert "1 of 2 nodes confirmed" in text
    assert "Kestria Exchange silent since 2026-11-03 09:00 UTC" in text
    assert "People there may already have read it." in text
    assert desk.api("editor", f"/records/{record.ref}/deliveries").json()["confirmed"] == 1
    told = desk.text("reader", "/peers")
    assert "No answer to a recall since" in told
    assert record.ref not in told


@pytest.mark.parametrize("who", ["reader", "researcher", "contributor", "node_admin", ""])
def test_for_everybody_else_the_page_does_not_exist(desk: Desk, who: str) -> None:
    """S36: where a record went is told to its originator and to those who look after the exchange."""
    record = desk.story.published(tlp=TLP.GREEN)
    fetch(desk.story, A)
    wanted = 404 if who else 303
    for ref in (record.ref, "RSI-nordmark-ADV-2026-000000"):
        answer = desk.window(who).get(f"/records/{ref}/deliveries")
        assert answer.status_code in (wanted, 401), who
        if who:
            assert desk.api(who, f"/records/{ref}/deliveries").status_code == 404
            page = desk.window(who).get(f"/records/{record.ref}").text
            assert "/deliveries" not in page


def test_the_overview_is_for_the_federation_officer(desk: Desk) -> None:
    one, two = desk.story.published(tlp=TLP.GREEN), desk.story.published(tlp=TLP.CLEAR)
    fetch(desk.story, A)
    withdrawn(desk.story, one)
    text = desk.text("federation_officer", "/exchange/deliveries")
    assert one.ref in text
    assert two.ref in text
    assert "Called back, waiting for its answer" in text
    assert "Recalls answered in time: 0; late: 0; waiting: 1; silent past the deadline: 0." in text
    filtered = desk.text("federation_officer", f"/exchange/deliveries?state=fetched&node={A}")
    assert two.ref in filtered
    assert one.ref not in filtered
    assert desk.window("liaison").get("/exchange/deliveries").status_code == 403
    items = desk.api("federation_officer", "/exchange/deliveries?state=recalled").json()["items"]
    assert [one["ref"] for one in items] == [one.ref]
    assert "/exchange/deliveries" in desk.window("federation_officer").get("/peers").text


def test_the_record_page_leads_there(desk: Desk) -> None:
    record = desk.story.published(tlp=TLP.GREEN)
    assert f"/records/{record.ref}/deliveries" in desk.window("liaison").get(f"/records/{record.ref}").text


def test_the_form_says_who_has_it_and_asks_what_they_shall_do(desk: Desk) -> None:
    record = desk.story.published(tlp=TLP.GREEN)
    window = desk.window("liaison")
    assert "allied nodes" not in window.get(f"/records/{record.ref}/withdraw").text
    fetch(desk.story, A)
    page = window.get(f"/records/{record.ref}/withdraw").text
    assert "It is at Lorvania Exchange. People there may already have read it" in page
    assert "Kestria" not in page
    form = {"withdraw.reason_code": "error", "withdraw.text": "It was wrong.", "withdraw.replacement": ""}
    half = window.post(
        f"/records/{record.ref}/withdraw", data=form | {"withdraw.action": "delete", "withdraw.hours": ""}
    )
    assert half.status_code == 422
    assert "both, or neither" in half.text
    whole = form | {"withdraw.action": "annotate", "withdraw.hours": "72"}
    assert window.post(f"/records/{record.ref}/withdraw", data=whole).status_code == 303
    with desk.story.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)
    items = desk.api("liaison", f"/records/{record.ref}/deliveries").json()["items"]
    (asked,) = [one["recall"] for one in items if one["recall"]]
    assert (asked["action"], asked["state"]) == ("annotate", "waiting")
