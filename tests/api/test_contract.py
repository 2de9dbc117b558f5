"""The API does what its own description says, whatever is sent (peers row 66)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from starlette.testclient import TestClient

from tests.api.conftest import WRITE, Service

KNOWN = {HTTPStatus(code) for code in (200, 201, 401, 403, 404, 405, 409, 413, 422)}


def test_every_operation_keeps_its_description(service: Service) -> None:
    """A few generated calls for each operation: never a 5xx, always a JSON that the description or RFC 9457 knows."""
    described = service.caller().get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    schema = schemathesis.openapi.from_dict(described)
    caller = service.caller("contributor", *WRITE)
    called = [_called(caller, found) for found in schema.get_all_operations()]
    assert sum(called) > 60


def _called(caller: TestClient, found: Any) -> int:
    """How many generated calls of one operation could be sent; each must be answered as described."""
    answers = []

    @settings(max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=found.ok().as_strategy())
    def call(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url="http://127.0.0.1:8400")
        sent.pop("cookies", None)
        given_headers = sent["headers"].items()
        sent["headers"] = {k: v for k, v in given_headers if k.lower() != "authorization" and v.isascii()}
        try:
            answer = caller.request(**sent)
        except (UnicodeEncodeError, ValueError):
            return  # no client could send it
        answers.append(answer)
        what = f"{case.method} {case.path}: {answer.status_code} {answer.text[:300]}"
        assert answer.status_code in KNOWN, what
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", what
            assert {"type", "title", "status", "code"} <= answer.json().keys(), what

    call()
    return len(answers)


def test_the_description_names_every_resource(service: Service) -> None:
    paths = service.caller().get("/openapi.json").json()["paths"]
    assert {
        "/api/v1/records",
        "/api/v1/records/{ref}",
        "/api/v1/records/{ref}/submit",
        "/api/v1/kinds/{name}/schema",
    } <= paths.keys()
    assert not [path for path in paths if not path.startswith("/api/v1/")], "pages are not in it"
