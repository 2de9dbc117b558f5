"""Turns every way a request can fail into one `Failure`, and a failure into `application/problem+json` (RFC 9457).

An unknown address, a path that does not parse and `NotFound` become the same failure, so nobody can tell them apart (H-04).
An error nobody foresaw says nothing but its request id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from comity.domain.errors import ComityError, Invalid, NotFound, Problem, TooLarge, TooMany

JSON: Final = "application/problem+json"
_SENTENCES: Final = {
    400: ("unreadable", "That could not be read. Please check how it was sent."),
    405: ("method-not-allowed", "This address does not take that method."),
    413: (TooLarge.code, TooLarge.sentence),
}


@dataclass(frozen=True)
class Failure:
    """What the caller is told."""

    status: int
    code: str
    sentence: str
    problems: Sequence[Problem] = ()
    headers: dict[str, str] = field(default_factory=dict)


def failure_of(error: Exception) -> Failure:
    """Never raises, and never tells what it was not meant to."""
    match error:
        case Invalid():
            return Failure(error.status, error.code, error.sentence, error.problems)
        case TooMany():
            return Failure(
                error.status, error.code, error.sentence, headers={"Retry-After": str(error.retry_after)}
            )
        case ComityError():
            headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
            return Failure(error.status, error.code, error.sentence, headers=headers)
        case RequestValidationError():
            return _unparsed(error)
        case HTTPException():
            return _by_status(error)
        case _:
            return Failure(500, ComityError.code, ComityError.sentence)


def problem_json(request: Request, failure: Failure) -> JSONResponse:
    """RFC 9457, with the fields that need attention in `errors`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": failure.sentence,
        "status": failure.status,
        "code": failure.code,
    }
    if failure.problems:
        body["errors"] = [
            {"field": item.field, "code": item.code, "message": item.message} for item in failure.problems
        ]
    if failure.status >= 500:
        body["request_id"] = getattr(request.state, "request_id", "")
    return JSONResponse(body, failure.status, headers=failure.headers, media_type=JSON)


def _unparsed(error: RequestValidationError) -> Failure:
    """FastAPI's own checks, by field. What was typed is not repeated."""
    if any(item["loc"][0] == "path" for item in error.errors()):
        return failure_of(NotFound())
    problems = [
        Problem("body", "json", str(item["ctx"]["error"]))
        if item["type"] == "json_invalid"
        else Problem(_field(item["loc"]), item["type"], item["msg"])
        for item in error.errors()
    ]
    return Failure(Invalid.status, Invalid.code, Invalid.sentence, problems)


def _field(place: Sequence[object]) -> str:
    return ".".join(str(part)[:80] for part in place[1:]) or str(place[0])


def _by_status(error: HTTPException) -> Failure:
    if error.status_code == 404:
        return failure_of(NotFound())
    code, sentence = _SENTENCES.get(error.status_code, ("refused", "That was refused."))
    return Failure(error.status_code, code, sentence, headers=dict(error.headers or {}))
