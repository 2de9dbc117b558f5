"""The pages about allied nodes: open to all in what was agreed, and an admission step by step for those who take part."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from comity.domain.descriptor import fingerprint
from comity.domain.errors import Invalid, Problem
from comity.domain.notice import Notice, Recall, What
from comity.domain.peer import PeerState, Purpose
from comity.domain.tlp import TLP
from comity.services import look_at_node, sign
from comity.stix.notices import notice_id
from comity.storage import notices, trust_groups
from tests import allies
from tests.services.test_admit_peer import KEY, WHY, found
from tests.web.conftest import Browser, Portal

HOW = "By telephone with their officer, whom we have met."
FORM = {
    "address": "https://sudland.example", "kinds": ["advisory", "best_practice"], "highest_marking": "AMBER",
    "purposes": ["inform_community"], "ends_on": "2029-12-31", "groups": "fjord", "accepts_disputes": "on", "text": WHY,
}  # fmt: skip


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, portal: Portal) -> list[str]:
    """Stands in for the other node. The database must not be locked while it is asked."""
    asked: list[str] = []

    def look(settings: Any, address: str, *, known: Any = (), now: Any) -> Any:
        with portal.world.unit(portal.engine, "system") as unit:  # a writer waits for nobody
            unit.audit("test.write")
        asked.append(address)
        if "wrong" in address:
            raise Invalid(
                [Problem("address", "no-node", "Nothing at this address says that it is such a node.")]
            )
        return found()

    monkeypatch.setattr(look_at_node, "look", look)
    return asked


@pytest.fixture
def put(portal: Portal) -> Any:
    """`put(ally)` writes an ally before the pages are asked."""

    def write(ally: Any = None, **changes: Any) -> None:
        with portal.world.unit(portal.engine, "system") as unit:
            allies.put(unit.db, ally or allies.known(**changes))

    return write


def test_everybody_sees_with_whom_the_node_shares_and_not_whom_it_considers(
    browser: Browser, put: Any
) -> None:
    put(agreement=allies.AGREEMENT.model_copy(update={"highest_marking": TLP.GREEN}))
    put(allies.known("wanted", state=PeerState.PROPOSED, admitted_at=None))
    text = browser().get("/peers").text
    assert "Sudland Exchange" in text
    assert "TLP:GREEN" in text
    assert "Wanted Exchange" not in text
    assert browser().get("/peers/wanted").status_code == 404
    assert browser("researcher").get("/peers/wanted").status_code == 404
    page = browser().get("/peers/sudland").text
    assert "12 January 2026" in page
    assert Purpose.INFORM_COMMUNITY.sentence in page
    for hidden in ("Fingerprint of its key", "Legal profiles side by side", "Vote yes", "Pause or end"):
        assert hidden not in page
    assert "Wanted Exchange" in browser("council_uni").get("/peers").text
    api = browser().get("/api/v1/peers").json()["items"]
    assert [(one["node_id"], one["agreement"]["highest_marking"]) for one in api] == [("sudland", "GREEN")]
    assert browser().get("/api/v1/peers/sudland").json() == api[0]
    assert browser().get("/api/v1/peers/wanted").status_code == 404


def test_an_admission_goes_from_the_address_to_force_on_the_pages(
    browser: Browser, network: list[str]
) -> None:
    officer = browser("federation_officer")
    assert officer.get("/peers/propose").status_code == 200
    sent = officer.post("/peers/propose", data=FORM)
    assert sent.headers["location"] == "/peers/sudland", sent.text
    assert network == ["https://sudland.example"]
    page = officer.get("/peers/sudland").text
    assert " ".join(fingerprint(KEY.kid)[at : at + 4] for at in range(0, 64, 4)) in page
    assert "Nobody has yet confirmed" in page
    refused = officer.post("/peers/sudland/confirm", data={"fingerprint": fingerprint(KEY.kid), "text": HOW})
    assert refused.status_code == 403
    council = browser("council_uni")
    wrong = council.post("/peers/sudland/confirm", data={"fingerprint": "ab12", "text": HOW})
    assert wrong.status_code == 422
    assert "This is not the fingerprint" in wrong.text
    assert HOW in wrong.text
    for who, verb, data in (
        ("council_uni", "confirm", {"fingerprint": fingerprint(KEY.kid), "text": HOW}),
        ("federation_officer", "review", {"text": "Both keep AMBER from disclosure."}),
        ("data_protection_officer", "acknowledge", {"text": ""}),
        ("council_gov", "agree", {"text": ""}),
        ("council_uni", "agree", {"text": "A good partner."}),
        ("council_firm", "disagree", {"text": "I would rather wait a year."}),
        ("council_ngo", "agree", {"text": ""}),
    ):
        answer = browser(who).post(f"/peers/sudland/{verb}", data=data)
        assert answer.status_code == 303, (who, verb, answer.text)
    seen = council.get("/peers/sudland").text
    assert "University of the South" in seen
    assert "I would rather wait a year." in seen
    assert "Put it into force" not in seen
    admin = browser("node_admin")
    assert "Put it into force" in admin.get("/peers/sudland").text
    assert admin.post("/peers/sudland/apply", data={}).status_code == 303
    page = browser("researcher").get("/peers/sudland").text
    assert "In exchange" in page
    assert "We have admitted the other node and wait for its decision." in page
    assert "wait for its decision" not in browser().get("/peers/sudland").text
    assert admin.post("/peers/sudland/pause", data={"text": "They asked us to wait."}).status_code == 303
    assert "They asked us to wait." in browser().get("/peers/sudland").text
    assert officer.post("/peers/sudland/resume", data={"text": "They asked us to go on."}).status_code == 303
    assert officer.post("/peers/sudland/refresh", data={}).status_code == 303
    offer = {name: value for name, value in FORM.items() if name != "address"}
    assert officer.post("/peers/sudland/offer", data=offer | {"highest_marking": "GREEN"}).status_code == 303
    assert "Nobody has yet read the two legal profiles" in officer.get("/peers/sudland").text
    assert officer.post("/peers/sudland/end", data={"text": "They closed their node."}).status_code == 303
    assert "Ended" in browser().get("/peers").text


def test_what_was_typed_is_kept_and_nothing_happens(browser: Browser, network: list[str]) -> None:
    officer = browser("federation_officer")
    for change, said in (
        ({"address": "https://wrong.example"}, "Nothing at this address"),
        ({"ends_on": "soon"}, "Enter the last day"),
        ({"ends_on": "2020-01-01"}, "lies before today"),
        ({"kinds": []}, "is needed|fits|hint asks|at least"),
        ({"text": "No"}, "Say in a sentence why"),
    ):
        answer = officer.post("/peers/propose", data=FORM | change)
        assert answer.status_code == 422, change
        assert any(part in answer.text for part in said.split("|")), (change, answer.text)
        assert 'value="GREEN"' in answer.text
    assert browser("council_uni").get("/peers/sudland").status_code == 404
    strange = officer.post("/peers/propose", data=FORM | {"state": "admitted"})
    assert strange.status_code == 422


def test_others_take_no_step(browser: Browser, put: Any) -> None:
    put()
    for who in ("researcher", "editor", "auditor", "liaison"):
        assert browser(who).get("/peers/propose").status_code == 403
        assert (
            browser(who).post("/peers/sudland/pause", data={"text": "We would like that."}).status_code == 403
        )
        assert browser(who).get("/trust-groups").status_code == 403
    for who in ("council_uni", "data_protection_officer"):
        assert (
            browser(who).post("/peers/sudland/pause", data={"text": "We would like that."}).status_code == 403
        )
    assert browser("council_uni").post("/peers/sudland/unknown", data={}).status_code == 404
    assert browser("council_uni").post("/peers/nowhere/agree", data={}).status_code == 404
    assert browser().post("/peers/sudland/pause", data={"text": "We would like that."}).status_code in (
        303,
        401,
    )


def test_members_see_a_mark_on_a_node_that_does_not_answer_and_the_public_does_not(
    browser: Browser, put: Any, portal: Portal
) -> None:
    """J-11.5."""
    put()
    due = portal.moment - timedelta(hours=1)
    body = Recall(
        uid="01a19b7c-a680-7f1f-a64c-e12bd17b6698", reason_code="error", action="delete", due_at=due
    )
    with portal.world.unit(portal.engine, "system") as unit:
        notice = Notice(
            id=notice_id(uuid4()), what=What.RECALL, origin="nordmark", to="sudland", tlp=TLP.GREEN,
            at=portal.moment - timedelta(days=1), body=body,
        )  # fmt: skip
        notices.add(unit.db, notice, record_uid=body.uid, due_at=due, state=notices.OPEN)
    for path in ("/peers", "/peers/sudland"):
        assert "No answer to a recall since 2 March 2026" in browser("researcher").get(path).text
        assert "No answer" not in browser().get(path).text
    with portal.world.unit(portal.engine, "system") as unit:
        notices.close(unit.db, notice.id, "done", at=portal.moment)
    assert "No answer" not in browser("researcher").get("/peers").text


def test_trust_groups_are_kept_on_their_page(browser: Browser, portal: Portal) -> None:
    with portal.world.unit(portal.engine, "system") as unit:
        sign.ensure_key(unit)
        agreed = allies.AGREEMENT.model_copy(update={"groups": ("quiet",)})
        allies.put(unit.db, allies.known(agreement=agreed), in_groups=False)
    officer = browser("federation_officer")
    assert officer.post("/trust-groups", data={"group": "Quiet!"}).status_code == 422
    assert officer.post("/trust-groups", data={"group": "quiet", "hidden": "on"}).status_code == 303
    assert "Sudland Exchange" in officer.get("/trust-groups").text
    assert officer.post("/trust-groups/quiet", data={"members": ["nowhere"]}).status_code == 422
    assert officer.post("/trust-groups/quiet", data={"members": ["sudland"]}).status_code == 303
    assert "sudland" in browser("council_uni").get("/trust-groups").text
    assert "Replace the list" not in browser("council_uni").get("/trust-groups").text
    assert officer.post("/trust-groups/unknown", data={"members": []}).status_code == 404
    assert officer.post("/trust-groups/quiet", data={}).status_code == 303
    with portal.world.unit(portal.engine, "system") as unit:
        group = trust_groups.get(unit.db, "quiet")
        assert group is not None
        assert (group.version, group.members, group.hidden) == (3, (), True)
