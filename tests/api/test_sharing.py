"""Sharing through the API: the same steps as on the pages, under the scope of the desk, and no release by a program."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from starlette.testclient import TestClient

from comity.domain.kinds.registry import kind
from comity.domain.tlp import TLP
from tests.api.conftest import WRITE, Service

EDITORIAL = (*WRITE, "write:editorial")
REVIEWERS = ("reviewer_gov", "reviewer_uni", "reviewer_ngo")
ABSENT = "RSI-nordmark-ADV-2026-000001"


def by(service: Service, who: str) -> TestClient:
    return service.caller(who, *EDITORIAL)


def test_onward_use_is_asked_for_and_answered(service: Service) -> None:
    record = service.story.published("contributor", REVIEWERS)
    path = f"/records/{record.ref}/onward-requests"
    asking = by(service, "researcher")
    wrong = asking.post(path, json={"recipient": "person:x", "purpose": "cite"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "recipient")
    made = asking.post(path, json={"recipient": "any", "purpose": "cite", "passage": "One line."})
    assert (made.status_code, made.json()["state"], made.json()["version"]) == (201, "open", "1.0")
    request = made.json()["id"]
    answer = f"{path}/{request}/answer"
    assert by(service, "liaison").post(answer, json={"answer": "yes"}).status_code == 404
    assert by(service, "liaison").get(path).json()["items"] == []
    author = by(service, "contributor")
    assert author.post(answer, json={"answer": "no"}).json()["errors"][0]["field"] == "text"
    assert author.post(answer, json={"answer": "yes"}).json()["state"] == "yes"
    assert author.post(answer, json={"answer": "yes"}).status_code == 409
    assert [one["state"] for one in asking.get(path).json()["items"]] == ["yes"]


def test_a_correction_is_proposed_and_decided(service: Service) -> None:
    record = service.story.published("contributor", REVIEWERS)
    path = f"/records/{record.ref}/proposals"
    claim = deepcopy(kind("due_diligence_note").example["claims"][0])
    asking = by(service, "researcher")
    wrong = asking.post(path, json={"text": "x", "claim": {**claim, "nationality": "x"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "claim.nationality")
    first = asking.post(path, json={"text": "It was in June.", "claim": claim})
    second = asking.post(path, json={"text": "It was in July."})
    assert (first.status_code, second.status_code) == (201, 201)
    assert by(service, "liaison").get(path).json()["items"] == []
    assert len(by(service, "editor").get(path).json()["items"]) == 2
    author = by(service, "contributor")
    refusal = f"{path}/{second.json()['id']}/refusal"
    assert by(service, "liaison").post(refusal, json={"text": "No."}).status_code == 404
    assert author.post(refusal, json={"text": "Our source is newer."}).json()["state"] == "declined"
    taken = author.post(f"{path}/{first.json()['id']}/acceptance")
    assert taken.json()["ref"] == record.ref
    assert author.post(f"{path}/{first.json()['id']}/acceptance").status_code == 409
    states = {
        one["id"]: one["state"] for one in asking.get(path).json()["items"]
    }  # both made at one moment: in any order
    assert states == {first.json()["id"]: "accepted", second.json()["id"]: "declined"}


def test_a_tear_line_is_torn_off(service: Service) -> None:
    record = service.story.published("contributor", REVIEWERS)
    path = f"/records/{record.ref}/tear-lines"
    author = by(service, "contributor")
    pieces = [one["path"] for one in author.get(path).json()["passages"]]
    assert "summary" in pieces
    assert author.post(path, json={"tlp": "AMBER", "passages": ["summary"]}).status_code == 422
    made = author.post(path, json={"tlp": "CLEAR", "passages": ["summary"]})
    assert (made.status_code, made.json()["state"]) == (201, "draft")
    assert author.get(path).json()["items"] == [made.json()["ref"]]
    other = by(service, "researcher")
    assert other.get(path).json() == {"items": [], "passages": []}
    assert other.post(path, json={"tlp": "CLEAR", "passages": ["summary"]}).status_code == 404


def test_no_program_releases_and_nobody_else_reads_what_was_decided(service: Service) -> None:
    record = service.story.published()
    path = f"/records/{record.ref}/releases"
    assert by(service, "liaison").get(path).json() == {"items": []}
    assert by(service, "liaison").post(path, json={}).status_code == 405
    assert by(service, "researcher").get(path).json() == {"items": []}


CALLS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/releases", None),
    ("GET", "/onward-requests", None),
    ("POST", "/onward-requests", {"recipient": "any", "purpose": "cite"}),
    ("POST", "/onward-requests/x/answer", {"answer": "yes"}),
    ("GET", "/proposals", None),
    ("POST", "/proposals", {"text": "x"}),
    ("POST", "/proposals/x/acceptance", None),
    ("POST", "/proposals/x/refusal", {"text": "x"}),
    ("GET", "/tear-lines", None),
    ("POST", "/tear-lines", {"tlp": "CLEAR", "passages": ["summary"]}),
    ("POST", "/inputs/review", {"text": "x"}),
)


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=[f"{m} {p}" for m, p, _ in CALLS])
def test_what_is_not_the_callers_is_not_there(service: Service, method: str, path: str, body: Any) -> None:
    hidden = service.story.drafted("contributor", tlp=TLP.AMBER)
    caller = by(service, "contributor_ngo")
    answers = [caller.request(method, f"/records/{ref}{path}", json=body) for ref in (hidden.ref, ABSENT)]
    assert [one.status_code for one in answers] == [404, 404]
    bare = service.caller("contributor_ngo", *WRITE)
    public = service.story.published("contributor", REVIEWERS)
    if method == "POST":
        assert bare.request(method, f"/records/{public.ref}{path}", json=body).status_code in (403, 404)
