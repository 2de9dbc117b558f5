"""Posting to shelves: what is taken, what is refused and why, and what nobody may do there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from comity.domain.signing import SIGNATURE
from comity.domain.tlp import TLP
from comity.stix.vocabulary import EXTENSION_ID
from tests.taxii.conftest import BOTH, READ, V1, V2, WRITE, Server, an_object, stix_id

AMBER = [TLP.AMBER.stix_marking_id]
CLEAR = [TLP.CLEAR.stix_marking_id]


def test_a_bad_object_is_told_and_the_others_are_taken(server: Server) -> None:
    program = server.program("researcher")
    poison: list[dict[str, Any]] = [
        {"objects": 1}, an_object(2, type="malware"), an_object(3, spec_version="2.0"), an_object(4, "tomorrow"),
        an_object(5, object_marking_refs=AMBER), an_object(6, extensions={SIGNATURE: {}}),
        an_object(7, extensions={EXTENSION_ID: {"kind": "advisory"}}), an_object(8, type_="comity-notice"),
        {"id": stix_id(9)}, an_object(10, object_marking_refs=["marking-definition--" + stix_id(1)[-36:]]),
    ]  # fmt: skip
    status = program.post(an_object(1), *poison, an_object(11))
    assert (status["status"], status["total_count"], status["success_count"], status["failure_count"]) == (
        "complete", 12, 2, 10,
    )  # fmt: skip
    assert [one["id"] for one in status["successes"]] == [stix_id(1), stix_id(11)]
    assert [one["message"].split(":")[0] for one in status["failures"]] == [
        "type", "id", "spec-version", "time", "marking", "exchanged", "exchanged", "exchanged", "type", "marking",
    ]  # fmt: skip
    assert {one["id"] for one in program.objects()} == {stix_id(1), stix_id(11)}
    read = program.client.get(f"/taxii2/exchange/status/{status['id']}/")
    assert read.json() == status


def test_the_same_again_changes_nothing_and_another_content_is_refused(server: Server) -> None:
    program = server.program("researcher")
    program.post(an_object(1))
    date = program.get("manifest/").json()["objects"][0]["date_added"]
    again = program.post(an_object(1), an_object(1), json.loads(json.dumps(an_object(1, created=V1))))
    assert (again["success_count"], again["failure_count"]) == (3, 0)
    assert [one["date_added"] for one in program.objects("manifest/", match_version="all")] == [date]
    for changed in (an_object(1, name="Another"), an_object(1, marks=[True, 1.5, True, None, "岸"])):
        refused = program.post(changed)
        assert refused["failures"][0]["message"].startswith("differs")
    assert program.objects() == [an_object(1)]


def test_the_same_version_twice_in_one_envelope_is_stored_once(server: Server) -> None:
    program = server.program("researcher")
    status = program.post(an_object(1), an_object(1), an_object(1, name="Another"), an_object(1, V2))
    assert (status["success_count"], status["failure_count"]) == (3, 1)
    assert len(program.objects(match_version="all")) == 2


def test_a_cyber_observable_is_kept_once_and_has_no_owner(server: Server) -> None:
    shelf = server.open_shelf("open", ("node:nordmark",), ("any",))
    address = {"type": "ipv4-addr", "id": stix_id(1, "ipv4-addr"), "value": "203.0.113.7"}
    first, second = server.program("researcher"), server.program("researcher_south")
    first.post(address, at=shelf)
    assert second.post(address, at=shelf)["successes"][0]["message"] == "It was here already."
    assert second.post({**address, "x_seen": 2}, at=shelf)["success_count"] == 1
    assert len(first.objects(at=shelf, match_version="all")) == 2
    assert first.objects(at=shelf) == [{**address, "x_seen": 2}]


def test_only_the_organization_that_put_it_there_adds_versions_or_deletes(server: Server) -> None:
    shelf = server.open_shelf("open", ("node:nordmark",), ("any",))
    mine, other = server.program("researcher"), server.program("researcher_south")
    colleague = server.program("organization_admin")
    mine.post(an_object(1), at=shelf)
    refused = other.post(an_object(1, V2, name="Taken over"), at=shelf)
    assert refused["failures"][0]["message"].startswith("another-organization")
    assert other.delete(stix_id(1), at=shelf).status_code == 403
    assert mine.objects(at=shelf) == [an_object(1)]
    assert colleague.post(an_object(1, V2), at=shelf)["success_count"] == 1
    assert colleague.delete(stix_id(1), at=shelf, match_version=V1).status_code == 200
    assert mine.objects(at=shelf, match_version="all") == [an_object(1, V2)]
    assert colleague.delete(stix_id(1), at=shelf).status_code == 200
    assert mine.objects(at=shelf) == []


def test_a_delete_that_deletes_nothing_says_so_and_one_that_does_stays_done(server: Server) -> None:
    """OpenTAXII 0.9.3 answered 200 to the first, and did not commit the second (OpenTAXII#275)."""
    program = server.program("researcher")
    program.post(an_object(1), an_object(1, V2))
    assert program.delete(stix_id(2)).status_code == 404
    assert program.delete(stix_id(1), match_version="2000-01-01T00:00:00Z").status_code == 404
    assert program.delete(stix_id(1), match_version="last").status_code == 200
    assert server.program("researcher").objects() == [an_object(1)]
    assert program.delete(stix_id(1)).status_code == 200
    for path in ("", "versions/"):
        assert server.program("researcher").get(f"objects/{stix_id(1)}/{path}").status_code == 404
    assert program.post(an_object(1))["success_count"] == 1


HOSTILE = {
    "a key twice": b'{"objects": [{"type": "x", "type": "indicator"}]}',
    "not a number": b'{"objects": [{"confidence": NaN}]}',
    "a huge number": b'{"objects": [{"confidence": 1' + b"0" * 400 + b"}]}",
    "an infinite number": b'{"objects": [{"confidence": 1e999}]}',
    "deep nesting": b'{"objects": [' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"]}",
    "half a pair": b'{"objects": [{"name": "\\ud800"}]}',
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "not JSON": b"{'objects'",
    "cut off": b'{"objects": [',
    "UTF-16": '{"objects": []}'.encode("utf-16"),
    "no objects": b"{}",
    "an empty list": b'{"objects": []}',
    "no list": b'{"objects": {"a": 1}}',
    "a list of texts": b'{"objects": ["x"]}',
    "too many": b'{"objects": [' + b"{}," * 5000 + b"{}]}",
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_envelope_is_refused_and_changes_nothing(server: Server, name: str) -> None:
    program = server.program("researcher")
    answer = program.send(HOSTILE[name])
    assert answer.status_code == 422, answer.text
    assert answer.json()["http_status"] == "422"
    assert answer.json()["title"]
    assert program.get().json() == {}


def test_an_envelope_above_the_limit_is_refused(server: Server) -> None:
    program = server.program("researcher")
    most = program.client.get("/taxii2/exchange/").json()["max_content_length"]
    answer = program.send({"objects": [an_object(1, name="x" * most)]})
    assert (answer.status_code, answer.json()["http_status"]) == (413, "413")
    assert program.get().json() == {}


@pytest.mark.parametrize(
    ("alias", "code"), [("records", 403), ("inbox", 404), ("read-only", 403), ("nothing", 404)]
)
def test_nobody_posts_where_they_may_not(server: Server, alias: str, code: int) -> None:
    server.open_shelf("read-only", ("node:nordmark",))
    at = stix_id(1)[-36:] if alias == "nothing" else server.collection(alias)
    program = server.program("researcher")
    assert program.send({"objects": [an_object(1)]}, at=at).status_code == code
    assert program.delete(stix_id(1), at=at).status_code == code


@pytest.mark.parametrize(("who", "scopes", "code"), [
    ("researcher", WRITE, 202), ("researcher", READ, 403), ("researcher", ("write:drafts",), 403), ("reader", BOTH, 403),
    ("researcher_south", BOTH, 403), ("", (), 401),
])  # fmt: skip
def test_posting_takes_scope_role_and_name(
    server: Server, who: str, scopes: tuple[str, ...], code: int
) -> None:
    assert server.program(who, *scopes).send({"objects": [an_object(1)]}).status_code == code


def test_a_status_is_for_its_owner_and_for_a_day(server: Server) -> None:
    program = server.program("researcher")
    path = f"/taxii2/exchange/status/{program.post(an_object(1))['id']}/"
    assert program.client.get(path).status_code == 200
    for other in (server.program("organization_admin"), server.program("researcher_south")):
        hidden, absent = (
            other.client.get(one) for one in (path, f"/taxii2/exchange/status/{stix_id(1)[-36:]}/")
        )
        assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert server.program().client.get(path).status_code == 401
    server.story.now += timedelta(days=1, minutes=1)
    program.post(an_object(2))
    assert program.client.get(path).status_code == 404


def test_an_object_goes_to_whom_its_marking_goes(server: Server) -> None:
    shelf = server.open_shelf("open", ("any",), ("org:uni-north",))
    program = server.program("researcher")
    program.post(an_object(1, object_marking_refs=CLEAR), an_object(2), an_object(1, V2), at=shelf)
    assert [one["id"] for one in program.objects(at=shelf)] == [stix_id(2), stix_id(1)]
    public = server.program()
    assert public.objects(at=shelf) == [an_object(1, object_marking_refs=CLEAR)]
    assert public.get(f"objects/{stix_id(1)}/versions/", at=shelf).json()["versions"] == [V1]
    hidden, absent = (public.get(f"objects/{stix_id(number)}/", at=shelf) for number in (2, 3))
    assert (hidden.status_code, hidden.content) == (404, absent.content)
    assert server.program("node_admin", *READ).objects(at=shelf) == public.objects(at=shelf)


def test_an_unmarked_object_takes_the_marking_of_its_shelf(server: Server) -> None:
    shelf = server.open_shelf("clear", ("any",), ("org:uni-north",), TLP.CLEAR)
    server.program("researcher").post(an_object(1), at=shelf)
    assert server.program().objects(at=shelf) == [an_object(1)]


def test_posts_and_deletes_are_in_the_log_without_content(server: Server) -> None:
    program = server.program("researcher")
    program.post(an_object(1, name="A secret lantern"), an_object(2, object_marking_refs=AMBER))
    program.delete(stix_id(1))
    with server.story.unit("system", writes=False) as unit:
        from comity.storage import audit

        logged = {link.entry.action: link.entry for link in audit.links(unit.db, unit.viewer)}
    assert logged["shelf.posted"].details == {"taken": 1, "refused": 1}
    assert logged["shelf.posted"].actor == "person-researcher"
    assert logged["shelf.deleted"].details == {"object": stix_id(1), "versions": 1}
    assert "lantern" not in str(logged)
