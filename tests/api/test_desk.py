"""The editorial life through the API: triage, votes, holds, withdrawals, appeals, replies; and tokens without the scope."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
from starlette.testclient import TestClient

from comity.domain.errors import StepUpNeeded
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.record import Record
from comity.domain.scopes import Scope
from comity.domain.tlp import TLP
from comity.services import tokens
from tests.api.conftest import WRITE, Service
from tests.factories import person_id
from tests.story import THREE_SECTORS, grades, noted, reading

EDITORIAL = (*WRITE, "write:editorial")
ABSENT = "RSI-nordmark-ADV-2026-000001"


def at_desk(service: Service, who: str) -> TestClient:
    return service.caller(who, *EDITORIAL)


def voted(caller: TestClient, ref: str, **ballot: Any) -> Any:
    etag = caller.get(f"/records/{ref}/desk").headers["etag"]
    body = {"decision": "approve", **ballot}
    return caller.put(f"/records/{ref}/desk/vote", json=body, headers={"if-match": etag})


def under_review(service: Service, **more: Any) -> Record:
    story = service.story
    return story.in_review(story.submitted(story.drafted(**more)))


def test_a_record_goes_from_triage_to_publication(service: Service) -> None:
    record = service.story.submitted(service.story.drafted())
    editor = at_desk(service, "editor")
    path = f"/records/{record.ref}/desk"
    desk = editor.get(path).json()
    assert "triage" in desk["steps"]
    found = {one["account"]: one for one in desk["candidates"]}
    assert found[person_id("reviewer_uni")]["sector"] == "academia"
    assert editor.post(f"{path}/begin").status_code == 409
    given = [vars(one) for one in grades(desk["content"])]
    assert editor.put(f"{path}/grades", json={"grades": given}).status_code == 200
    asked = {"reviewers": [person_id(who) for who in THREE_SECTORS]}
    for _ in "again":
        assert editor.post(f"{path}/reviewers", json=asked).status_code == 200
    assert editor.post(f"{path}/begin").json()["state"] == "in_review"
    first = at_desk(service, "reviewer_uni")
    assert voted(first, record.ref).json()["state"] == "in_review"
    assert voted(first, record.ref).json()["state"] == "in_review", "the same voice twice is one"
    desk = first.get(path).json()
    assert desk["own_decision"] == "approve"
    assert desk["candidates"] is None
    assert voted(at_desk(service, "reviewer_ngo"), record.ref).json()["state"] == "published"


def test_an_unknown_reviewer_is_named(service: Service) -> None:
    record = service.story.submitted(service.story.drafted())
    editor = at_desk(service, "editor")
    answer = editor.post(f"/records/{record.ref}/desk/reviewers", json={"reviewers": ["nobody"]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reviewers")
    back = editor.post(f"/records/{record.ref}/desk/send-back", json={"reason_code": "whim", "text": "No."})
    assert (back.status_code, back.json()["errors"][0]["field"]) == (422, "reason_code")
    back = editor.post(
        f"/records/{record.ref}/desk/send-back", json={"reason_code": "missing_source", "text": "Add one."}
    )
    assert back.json()["state"] == "changes_requested"


def test_a_vote_is_for_the_version_that_was_read(service: Service) -> None:
    record = under_review(service)
    caller = at_desk(service, "reviewer_uni")
    path = f"/records/{record.ref}/desk/vote"
    assert caller.put(path, json={"decision": "approve"}).json()["errors"][0]["field"] == "If-Match"
    late = caller.put(path, json={"decision": "approve"}, headers={"if-match": '"another"'})
    assert late.status_code == 409
    silent = voted(caller, record.ref, decision="reject", reason_code="out_of_scope")
    assert (silent.status_code, {one["field"] for one in silent.json()["errors"]}) == (422, {"comment"}), (
        silent.text
    )
    assert caller.get(f"/records/{record.ref}/desk").json()["own_decision"] is None


def test_an_amber_desk_opens_with_a_logged_purpose(service: Service) -> None:
    handling = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    record = under_review(service, handling=handling, title="The instrument at the northern site")
    caller = at_desk(service, "reviewer_uni")
    path = f"/records/{record.ref}/desk"
    closed = caller.get(path)
    assert (closed.status_code, closed.json()["errors"][0]["field"]) == (422, "purpose")
    assert "northern site" not in closed.text
    blind = caller.put(f"{path}/vote", json={"decision": "approve"}, headers={"if-match": '"x"'})
    assert (blind.status_code, blind.json()["errors"][0]["field"]) == (422, "purpose")
    assert caller.get(f"{path}?purpose=curiosity").status_code == 422
    assert "northern site" in caller.get(f"{path}?purpose=review_or_edit").text
    assert voted(caller, record.ref).status_code == 200


def test_a_hold_is_asked_for_answered_and_renewed(service: Service) -> None:
    story = service.story
    record = story.in_review(
        story.submitted(story.drafted("contributor_ngo"), "contributor_ngo"),
        ("reviewer_gov", "reviewer_uni", "reviewer_firm"),
    )
    path = f"/records/{record.ref}/hold"
    asking = at_desk(service, "reviewer_gov")
    body = {"reason_code": "ongoing_operation", "text": "Work is under way."}
    late = asking.post(path, json={**body, "ends_at": (story.now + timedelta(days=15)).isoformat()})
    assert (late.status_code, late.json()["errors"][0]["field"]) == (422, "ends_at")
    naive = asking.post(path, json={**body, "ends_at": "2026-11-05T09:00:00"})
    assert (naive.status_code, naive.json()["errors"][0]["field"]) == (422, "ends_at")
    good = {**body, "ends_at": (story.now + timedelta(days=3)).isoformat()}
    assert asking.post(path, json=good).status_code == 201
    assert asking.post(path, json=good).status_code == 404, "not offered a second time"
    states = [
        at_desk(service, who).put(f"{path}/answer", json={"agrees": True}).json()["state"]
        for who in ("reviewer_uni", "reviewer_firm")
    ]
    assert states == ["in_review", "held"]
    assert asking.put(f"{path}/renewal", json={"agrees": True, "new_end": good["ends_at"]}).status_code == 404


def test_a_withdrawal_is_asked_for_and_acknowledged(service: Service) -> None:
    record = service.story.published()
    path = f"/records/{record.ref}/withdrawal"
    liaison = at_desk(service, "liaison")
    wrong = liaison.post(path, json={"reason_code": "whim", "text": "We would rather not."})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "reason_code")
    good = {"reason_code": "overtaken", "text": "A newer notice says more."}
    assert at_desk(service, "contributor").post(path, json=good).status_code == 404
    assert liaison.post(path, json=good).json()["state"] == "published"
    assert liaison.post(path, json=good).status_code == 404
    assert liaison.post(f"{path}/acknowledgement").status_code == 403
    assert at_desk(service, "editor").post(f"{path}/acknowledgement").json()["state"] == "withdrawn"


def test_an_appeal_is_raised_looked_at_and_decided(service: Service) -> None:
    record = service.story.published()
    path = f"/records/{record.ref}/appeals"
    raised = at_desk(service, "researcher").post(path, json={"grounds": "The second statement is wrong."})
    assert raised.status_code == 201, raised.text
    assert at_desk(service, "researcher").get(path).status_code == 404
    officer = at_desk(service, "ombudsperson")
    listed = officer.get(path)
    assert [one["id"] for one in listed.json()["items"]] == [raised.json()["id"]]
    assert person_id("researcher") not in listed.text
    one = f"{path}/{raised.json()['id']}"
    look = {"passes": True, "text": "There is something in it."}
    assert officer.post(f"{one}/first-look", json=look).json()["under_dispute"]
    assert officer.post(f"{one}/first-look", json=look).status_code == 409
    names = ("council_uni", "council_firm", "council_ngo")
    unfit = officer.put(
        f"{one}/panel", json={"panel": [person_id("reviewer_uni"), person_id("council_firm")]}
    )
    assert (unfit.status_code, unfit.json()["errors"][0]["field"]) == (422, "panel")
    assert officer.put(f"{one}/panel", json={"panel": [person_id(who) for who in names]}).status_code == 200
    body = {"outcome": "dismissed", "text": "It stands."}
    assert officer.put(f"{one}/decision", json=body).status_code == 404
    assert at_desk(service, "council_uni").get(path).json()["items"][0]["grounds"]
    marked = [
        at_desk(service, who).put(f"{one}/decision", json=body).json()["under_dispute"] for who in names
    ]
    assert marked == [True, True, False]
    assert officer.post(f"{path}/999999/first-look", json=look).status_code == 404


def test_a_reply_is_entered_unedited(service: Service) -> None:
    record = noted(service.story)
    officer = at_desk(service, "ombudsperson")
    entity = str(record.facts["subjects"][0]["id"])
    body = {"entity": entity, "words": "We left that programme in 2024. <b>Ask us.</b>"}
    assert officer.put(f"/records/{record.ref}/replies", json=body).status_code == 200
    replies = reading(service.story, "ombudsperson", record).replies
    assert [one.text for one in replies] == [body["words"]]
    assert at_desk(service, "editor").put(f"/records/{record.ref}/replies", json=body).status_code == 403


STEPS: Final[tuple[tuple[str, str, Any], ...]] = (
    ("GET", "/desk", None),
    ("PUT", "/desk/vote", {"decision": "approve"}),
    ("PUT", "/desk/grades", {"grades": [{"path": "sources.0", "reliability": "B", "credibility": "2"}]}),
    ("POST", "/desk/reviewers", {"reviewers": ["x"]}),
    ("POST", "/desk/reviewers/x/release", {"text": "x"}),
    ("POST", "/desk/begin", None),
    ("POST", "/desk/send-back", {"reason_code": "missing_source", "text": "Add one."}),
    ("POST", "/hold", {"reason_code": "x", "text": "x", "ends_at": "2026-11-05T09:00:00Z"}),
    ("PUT", "/hold/answer", {"agrees": True}),
    ("PUT", "/hold/renewal", {"agrees": True, "new_end": "2026-11-05T09:00:00Z"}),
    ("POST", "/withdrawal", {"reason_code": "error", "text": "x"}),
    ("POST", "/withdrawal/acknowledgement", None),
    ("POST", "/appeals", {"grounds": "x"}),
    ("GET", "/appeals", None),
    ("POST", "/appeals/1/first-look", {"passes": True, "text": "x"}),
    ("PUT", "/appeals/1/panel", {"panel": []}),
    ("PUT", "/appeals/1/decision", {"outcome": "dismissed", "text": "x"}),
    ("PUT", "/replies", {"entity": "x", "words": "x"}),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), STEPS, ids=[f"{m} {p}" for m, p, _ in STEPS])
@pytest.mark.parametrize("who", ["contributor_ngo", "reviewer_gov", "ombudsperson", "council_gov"])
def test_a_hidden_record_answers_as_an_absent_one(
    service: Service, who: str, method: str, path: str, body: Any
) -> None:
    hidden = under_review(service, tlp=TLP.AMBER, title="Nobody else may know of this")
    caller = at_desk(service, who)
    told = [
        caller.request(method, f"/records/{ref}{path}", json=body, headers={"if-match": '"x"'})
        for ref in (hidden.ref, ABSENT)
    ]
    assert told[0].status_code in (403, 404)
    assert (told[0].status_code, told[0].content) == (told[1].status_code, told[1].content)
    assert "Nobody else" not in told[0].text


@pytest.mark.parametrize(("method", "path", "body"), STEPS, ids=[f"{m} {p}" for m, p, _ in STEPS])
def test_a_token_for_drafting_takes_no_step_of_the_desk(
    service: Service, method: str, path: str, body: Any
) -> None:
    """S11: each of these people may take some of the steps at a screen, and their program none."""
    record = under_review(service)
    for who in ("editor", "reviewer_uni", "ombudsperson", "liaison"):
        caller = service.caller(who, *WRITE)
        answer = caller.request(
            method, f"/records/{record.ref}{path}", json=body, headers={"if-match": '"x"'}
        )
        assert answer.status_code == 403, (who, answer.text)


def test_only_a_session_with_a_second_factor_gives_the_scope_away(service: Service) -> None:
    with service.story.unit("reviewer_uni") as unit:
        unit.viewer = service.story.world.viewer("reviewer_uni", second_factor=False)
        with pytest.raises(StepUpNeeded):
            tokens.issue(unit, name="desk", scopes=[Scope.WRITE_EDITORIAL])


def test_a_draft_is_thrown_away_and_a_reviewer_taken_off(service: Service) -> None:
    story = service.story
    mine = story.drafted("contributor")
    author = service.caller("contributor", *WRITE)
    assert service.caller("contributor_ngo", *WRITE).delete(f"/records/{mine.ref}/draft").status_code == 404
    assert author.delete(f"/records/{mine.ref}/draft").status_code == 204
    assert author.delete(f"/records/{mine.ref}/draft").status_code == 404
    record = story.submitted(story.drafted("contributor"), "contributor")
    assert author.delete(f"/records/{record.ref}/draft").status_code == 409
    record = story.in_review(record, (*THREE_SECTORS, "reviewer_gov"))
    story.voted(record, "reviewer_uni")
    editor, path = at_desk(service, "editor"), f"/records/{record.ref}/desk/reviewers"
    why = {"text": "On leave until March."}
    assert editor.post(f"{path}/{person_id('reviewer_uni')}/release", json=why).status_code == 409
    assert editor.post(f"{path}/{person_id('reviewer_gov')}/release", json=why).status_code == 200
    unknown = editor.post(f"{path}/nobody/release", json=why)
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "reviewer")
