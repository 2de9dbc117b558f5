"""What the API refuses, and that a refusal tells nothing: peers S1, S2, S11, S13, S21, S34, S36."""

from __future__ import annotations

from typing import Any

import pytest

from comity.domain.tlp import TLP
from tests.api.conftest import READ, WRITE, Service
from tests.story import example

HOSTILE = {
    "a key twice": b'{"kind": "advisory", "kind": "best_practice", "content": {}}',
    "not a number": b'{"kind": "advisory", "content": {"title": NaN}}',
    "a huge number": b'{"kind": "advisory", "content": {"title": 1' + b"0" * 400 + b"}}",
    "an infinite number": b'{"kind": "advisory", "content": {"title": 1e999}}',
    "deep nesting": b'{"kind": "advisory", "content": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
    "half a pair": b'{"kind": "advisory", "content": {"title": "\\ud800"}}',
    "a list": b"[]",
    "a wrong type": b'{"kind": ["advisory"], "content": {}}',
    "no content": b'{"kind": "advisory"}',
    "a marking nobody knows": b'{"kind": "advisory", "content": {}, "handling": {"tlp": "PURPLE"}}',
    "not JSON": b"{'kind'",
    "UTF-16": '{"kind": "advisory"}'.encode("utf-16"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_are_named_and_change_nothing(service: Service, name: str) -> None:
    caller = service.caller("contributor", *WRITE)
    answer = caller.post("/records", content=HOSTILE[name], headers={"content-type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"]
    assert caller.get("/me/work").json()["mine"] == []


@pytest.mark.parametrize(
    "extra",
    ["id", "ref", "author", "organization", "state", "audience_id", "published_revision_id", "assigned"],
)
def test_nothing_but_content_and_handling_is_taken(service: Service, extra: str) -> None:
    caller = service.caller("contributor", *WRITE)
    mine = service.story.drafted("contributor")
    other = service.story.drafted("liaison")
    values: dict[str, Any] = {
        "id": other.id,
        "ref": other.ref,
        "author": "person-editor",
        "state": "published",
    }
    body = {"content": example(), extra: values.get(extra, "x")}
    etag = caller.get(f"/records/{mine.ref}/draft").headers["etag"]
    answer = caller.put(f"/records/{mine.ref}", json=body, headers={"if-match": etag})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == extra
    assert caller.get(f"/records/{mine.ref}/draft").headers["etag"] == etag


def test_absent_and_forbidden_are_one_answer_on_every_child(service: Service) -> None:
    hidden = service.story.drafted("liaison", tlp=TLP.AMBER, title="Nobody else may know of this")
    caller = service.caller("contributor_ngo", *WRITE)
    for method, path, body in (
        ("GET", "", None), ("GET", "/versions", None), ("GET", "/versions/0.1", None), ("GET", "/claims", None),
        ("GET", "/compare?old=0.1&new=1.0", None), ("GET", "/draft", None), ("POST", "/take-back", {}),
        ("POST", "/submit", {}), ("POST", "/preflight", {}), ("POST", "/corrections", {}), ("DELETE", "/corrections", None),
        ("PUT", "", {"content": example()}), ("POST", "/corrections/minor", {"content": example(), "note": "typo"}),
        ("GET", "?purpose=oversight", None),
    ):  # fmt: skip
        headers = {"if-match": '"x"'}
        for known in (hidden.ref, hidden.uid):
            forbidden = caller.request(method, f"/records/{known}{path}", json=body, headers=headers)
            absent = caller.request(
                method, f"/records/RSI-nordmark-ADV-2026-000001{path}", json=body, headers=headers
            )
            assert forbidden.status_code == absent.status_code == 404, (
                method,
                path,
                forbidden.text,
                absent.text,
            )
            assert forbidden.content == absent.content
            assert "Nobody else" not in forbidden.text


@pytest.mark.parametrize("name", ["token", "access_token", "API_KEY"])
def test_a_token_in_the_address_is_refused(service: Service, name: str) -> None:
    token = service.token("reader", *READ)
    answer = service.caller().get("/records", params={name: token})
    assert answer.status_code == 422
    assert token not in answer.text


def test_a_session_cookie_means_nothing_here_and_an_id_is_no_token(service: Service) -> None:
    caller = service.caller()
    caller.cookies.set("comity", "anything")
    assert caller.get("/me").status_code == 401
    for wrong in ("person-editor", "cmt_" + "a" * 43, ""):
        answer = service.caller(token=wrong or "x").get("/records")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=id; DROP TABLE record", "sort"),
        ("page=0", "page"),
        ("limit=100000", "limit"),
        ("order_by=title", "order_by"),
        ("q=" + "x" * 401, "q"),
    ],
)
def test_search_takes_only_what_it_lists(service: Service, query: str, field: str) -> None:
    answer = service.caller("reader", *READ).get(f"/records?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_a_scope_only_takes_away(service: Service) -> None:
    reading = service.caller("contributor", *READ)
    assert reading.post("/records", json={"kind": "advisory", "content": {}}).status_code == 403
    reader = service.caller("reader", *WRITE)
    assert reader.post("/records", json={"kind": "advisory", "content": {}}).status_code == 403
    assert service.caller().post("/records", json={"kind": "advisory", "content": {}}).status_code == 401


def test_a_draft_is_written_seen_saved_and_handed_in(service: Service) -> None:
    caller = service.caller("contributor", *WRITE)
    made = caller.post(
        "/records",
        json={"kind": "advisory", "content": {"title": "Half a draft"}, "handling": {"tlp": "GREEN"}},
    )
    assert made.status_code == 201
    ref, first = made.json()["ref"], made.headers["etag"]
    assert made.json()["problems"] == [] or all(one["code"] for one in made.json()["problems"])
    stopped = caller.post(f"/records/{ref}/submit", json={})
    assert stopped.status_code == 422
    assert "summary" in {one["field"] for one in stopped.json()["errors"]}
    saved = caller.put(f"/records/{ref}", json={"content": example()}, headers={"if-match": first})
    assert saved.status_code == 200
    late = caller.put(f"/records/{ref}", json={"content": {"title": "Late"}}, headers={"if-match": first})
    assert late.status_code == 409
    assert caller.get(f"/records/{ref}/draft").json()["content"]["title"] == example()["title"]
    readers = caller.post(f"/records/{ref}/preflight", json={}).json()
    assert readers["after"]["people"] > 0
    assert readers["before"]["people"] == 0
    assert readers["attribution_mode"] == "organization"
    assert caller.post(f"/records/{ref}/submit", json={}).json()["state"] == "triage"
    assert caller.post(f"/records/{ref}/take-back").json()["state"] == "changes_requested"


def test_nobody_counts_the_readers_or_reviewers_of_what_another_wrote(service: Service) -> None:
    """The pre-flight knows every reader by organization, so it is its author's: a reader meets what nobody can find."""
    record = service.story.published("liaison", tlp=TLP.GREEN)
    reader = service.caller("contributor", *READ, *WRITE)
    assert reader.get(f"/records/{record.ref}").status_code == 200
    absent = reader.post("/records/RSI-nordmark-ADV-2026-100000/preflight", json={})
    for handling in (None, {"tlp": "AMBER", "audience": {"organizations": ["uni-north"]}}):
        answer = reader.post(f"/records/{record.ref}/preflight", json={"handling": handling})
        assert (answer.status_code, answer.text) == (absent.status_code, absent.text)
    author = service.caller("liaison", *WRITE)
    assert author.post(f"/records/{record.ref}/preflight", json={}).status_code == 200
