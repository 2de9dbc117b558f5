"""Who is let in, which media types are spoken, and that every failure is a TAXII error message that tells nothing it should not."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from comity.services import collect
from tests.taxii.conftest import MEDIA, READ, Server, an_object, stix_id

ROOT = "/taxii2/exchange/"
UNKNOWN = stix_id(9)[-36:]


def is_error(answer: Any, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA
    body = answer.json()
    assert body["title"]
    assert body["http_status"] == str(status)


def addresses(server: Server) -> list[str]:
    at = f"{ROOT}collections/{server.shelf}/"
    one = f"{at}objects/{stix_id(1)}/"
    return [
        "/taxii2/",
        ROOT,
        f"{ROOT}collections/",
        at,
        f"{at}objects/",
        f"{at}manifest/",
        one,
        f"{one}versions/",
    ]


@pytest.fixture
def everything(server: Server) -> list[str]:
    program = server.program("researcher")
    status = program.post(an_object(1))
    return [*addresses(server), f"{ROOT}status/{status['id']}/"]


ACCEPTED = [
    MEDIA, "application/taxii+json", "application/taxii+json; version=2.1", 'application/taxii+json;version="2.1"', "*/*", "",
    "application/*", f"application/xml, {MEDIA}", f"{MEDIA};q=0.5, */*;q=0.1", "APPLICATION/TAXII+JSON;VERSION=2.1",
]  # fmt: skip
REFUSED = [
    "application/xml", "application/json", "application/taxii+json;version=2.0", "application/taxii+json;version=9.9", "text/*",
    f"{MEDIA};q=0", f"{MEDIA};q=0.000", "application/stix+json;version=2.1", "nonsense",
]  # fmt: skip


@pytest.mark.parametrize("accept", ACCEPTED)
def test_media_types_that_are_spoken(server: Server, everything: list[str], accept: str) -> None:
    program = server.program("researcher", accept=accept)
    for address in everything:
        found = (
            server.program("researcher").client.get(address)
            if "status" in address
            else program.client.get(address)
        )
        assert found.status_code == 200, (address, found.text)
        assert found.headers["content-type"] == MEDIA


@pytest.mark.parametrize("accept", REFUSED)
def test_media_types_that_are_not(server: Server, everything: list[str], accept: str) -> None:
    program = server.program("researcher", accept=accept)
    for address in everything:
        is_error(program.client.get(address), 406)
    is_error(program.send({"objects": [an_object(2)]}), 406)
    assert server.program("researcher").get(f"objects/{stix_id(2)}/").status_code == 404


NO_ENVELOPE = [
    "application/json",
    "application/taxii+json;version=2.0",
    "",
    "text/plain",
    "*/*",
    "application/*",
]


@pytest.mark.parametrize("given", NO_ENVELOPE)
def test_a_body_that_is_said_to_be_something_else_is_refused(server: Server, given: str) -> None:
    program = server.program("researcher")
    is_error(program.send({"objects": [an_object(1)]}, **{"content-type": given}), 415)
    assert program.get().json() == {}


def test_what_is_not_there_is_told_in_the_words_of_the_standard(server: Server) -> None:
    client = server.program("researcher").client
    for path in (
        "/taxii2/nothing/",
        "/taxii2/nothing/collections/",
        f"{ROOT}nothing/",
        f"{ROOT}collections",
        f"{ROOT}%00/",
    ):
        is_error(client.get(path), 404)
    at = f"{ROOT}collections/{server.shelf}/"
    for method, path in (
        ("PUT", f"{at}objects/"),
        ("DELETE", at),
        ("POST", ROOT),
        ("PATCH", f"{at}manifest/"),
        ("DELETE", "/taxii2/"),
    ):
        is_error(client.request(method, path), 405)


@pytest.mark.parametrize(
    "path", ["", "objects/", "manifest/", f"objects/{stix_id(1)}/", f"objects/{stix_id(1)}/versions/"]
)
def test_absent_and_forbidden_collections_are_one_answer(server: Server, path: str) -> None:
    hidden = server.open_shelf("hidden", ("org:uni-south",), ("org:uni-south",))
    server.program("researcher_south").post(an_object(1), at=hidden)
    for who, status in (("researcher", 404), ("", 401)):
        program = server.program(who)
        found = [
            program.get(path, at=at)
            for at in (hidden, server.collection("inbox"), UNKNOWN, "no-uuid", hidden.upper())
        ]
        for answer in found:
            is_error(answer, status)
        assert len({answer.content for answer in found}) == 1
        for answer in (program.send({"objects": [an_object(1)]}, at=at) for at in (hidden, UNKNOWN)):
            is_error(answer, status)
        for answer in (program.delete(stix_id(1), at=at) for at in (hidden, UNKNOWN)):
            is_error(answer, status)
    listed = server.program("researcher").client.get(f"{ROOT}collections/").json()["collections"]
    assert {one["alias"] for one in listed} == {"records", "shelf"}


def test_a_collection_that_is_only_written_to_says_so(server: Server) -> None:
    at = server.open_shelf("drop", (), ("org:uni-north",))
    program = server.program("researcher")
    program.post(an_object(1), at=at)
    for path in ("objects/", "manifest/", f"objects/{stix_id(1)}/", f"objects/{stix_id(2)}/versions/"):
        is_error(program.get(path, at=at), 403)
    assert program.get("", at=at).json()["can_read"] is False
    assert program.get("", at=at).json()["can_write"] is True


def test_nobody_is_asked_for_a_name_where_anybody_may_read(server: Server) -> None:
    client = server.program().client
    assert client.get("/taxii2/").status_code == 200
    assert [one["alias"] for one in client.get(f"{ROOT}collections/").json()["collections"]] == ["records"]
    assert client.get(ROOT).status_code == 200
    assert server.program().get(at=server.collection("records")).json() == {}


def test_everybody_is_asked_for_a_name_where_nobody_may_read_without_one(server: Server) -> None:
    from comity.services import keep_shelves

    with server.story.unit("federation_officer") as unit:
        keep_shelves.name_users(unit, alias="records", readers=["node:nordmark"])
    client = server.program().client
    for path in (ROOT, f"{ROOT}collections/", f"{ROOT}collections/{UNKNOWN}/", f"{ROOT}status/{UNKNOWN}/"):
        answer = client.get(path)
        is_error(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert "Basic " in answer.headers["www-authenticate"]


def test_a_program_that_speaks_basic_alone_sends_its_token_as_the_password(server: Server) -> None:
    secret = server.token("researcher", *READ)
    for name in ("token", "", "anything", "a@b"):
        given = "Basic " + b64encode(f"{name}:{secret}".encode()).decode()
        assert server.program(authorization=given).get().status_code == 200


@pytest.mark.parametrize("given", [
    "Basic", "Basic !!!", "Basic " + b64encode(b"nocolon").decode(), "Basic " + b64encode(b"a:b").decode(), "Bearer x.y.z",
    "Nonsense abc", "Bearer", "", "Bearer person-researcher", "Basic " + b64encode(b"\xff:\xff").decode(), "Bearer cmt_" + "a" * 43,
])  # fmt: skip
def test_credentials_that_do_not_work_are_an_error_even_where_none_are_needed(
    server: Server, given: str
) -> None:
    program = server.program(authorization=given)
    for answer in (program.get(), program.client.get(ROOT), program.send({"objects": [an_object(1)]})):
        is_error(answer, 401)
        assert answer.headers["www-authenticate"]


def test_a_token_in_the_address_and_a_session_mean_nothing(server: Server) -> None:
    secret = server.token("researcher", *READ)
    answer = server.program().get(access_token=secret)
    is_error(answer, 422)
    assert secret not in answer.text
    program = server.program()
    program.client.cookies.set("comity", "anything")
    is_error(program.get(), 401)


def test_no_header_makes_a_program_somebody_else(server: Server) -> None:
    program = server.program(
        "reader", *READ, **{"x-forwarded-user": "person-researcher", "x-taxii-node": "kestria"}
    )
    is_error(program.send({"objects": [an_object(1)]}), 403)


def test_a_request_that_cannot_be_read_is_named(server: Server) -> None:
    program = server.program("researcher")
    for params in ({"limit": "0"}, {"added_after": "yesterday"}, {"match_version": "newest"}, {"next": "x"}):
        is_error(program.get(**params), 400)
        is_error(program.get("manifest/", **params), 400)
        is_error(program.get(f"objects/{stix_id(1)}/", **params), 400)
    is_error(program.delete(stix_id(1), match_version="newest"), 400)


def test_an_error_nobody_foresaw_says_nothing_but_its_id(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("SELECT body FROM taxii_object")

    monkeypatch.setattr(collect, "page", fail)
    program = server.program("researcher")
    answer = program.get()
    is_error(answer, 500)
    assert answer.json()["error_id"] == answer.headers["x-request-id"]
    assert "SELECT" not in answer.text


def test_head_is_answered_as_get(server: Server) -> None:
    program = server.program("researcher")
    answer = program.client.head(f"{ROOT}collections/{server.shelf}/objects/")
    assert (answer.status_code, answer.content) == (200, b"")


def test_what_the_server_says_of_itself(server: Server) -> None:
    client = server.program("researcher").client
    found = client.get("/taxii2/").json()
    assert found["default"] in found["api_roots"]
    assert found["contact"] == "desk@example.org"
    root = client.get(ROOT).json()
    assert root["versions"] == [MEDIA]
    assert root["max_content_length"] == 50_000
    listed = client.get(f"{ROOT}collections/").json()["collections"]
    assert client.get(f"{ROOT}collections/{server.shelf}/").json() in listed


def test_what_a_reading_request_has_to_write_is_written(server: Server) -> None:
    """The day on which a token was last used: it waits for the write lock after the reading is over, on no reader's time."""
    program = server.program("researcher")
    program.get()
    with server.story.unit("researcher", writes=False) as unit:
        from comity.services import tokens

        (token,) = tokens.listed(unit)
    assert token.last_used_on is not None


def test_the_short_way_and_the_long_one_give_the_same_answers(server: Server) -> None:
    """A GET is answered before the framework is asked; HEAD, which is a GET without its body, and errors are too."""
    program = server.program("researcher")
    program.post(an_object(1))
    for address in addresses(server):
        got, headed = program.client.get(address), program.client.head(address)
        assert (headed.status_code, headed.headers["content-type"]) == (200, got.headers["content-type"])
        for name in ("x-request-id", "x-content-type-options", "content-security-policy", "cache-control"):
            assert got.headers[name]
