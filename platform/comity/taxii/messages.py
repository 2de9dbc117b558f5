"""Media types and messages of TAXII 2.1 (§1.6.8, §3.6): what is asked for, what is answered, and how a failure is told.

Every failure under these addresses is an error message of the standard, also one that is made before a route is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from comity.domain.errors import ComityError
from comity.domain.taxii import stamp
from comity.http.problems import Failure

MEDIA: Final = "application/taxii+json;version=2.1"
STIX: Final = "application/stix+json;version=2.1"
FIRST: Final = "X-TAXII-Date-Added-First"
LAST: Final = "X-TAXII-Date-Added-Last"
_TYPE: Final = "application/taxii+json"
_ANY: Final = frozenset({"*/*", "application/*"})
_CHALLENGE: Final = 'Bearer realm="comity", Basic realm="comity", charset="UTF-8"'


class NotAcceptable(ComityError):
    """The caller takes no media type that this door has."""

    status = 406
    code = "not-acceptable"
    sentence = f"This answers as {MEDIA}. Name it in the Accept header."


class UnsupportedMedia(ComityError):
    """The body is said to be something else."""

    status = 415
    code = "unsupported-media-type"
    sentence = f"Send an envelope as {MEDIA}."


def must_accept(accept: str | None) -> None:
    """Raises `NotAcceptable` unless one of the listed media ranges is ours; none at all means any (RFC 9110 §12.5.1)."""
    if accept is None or accept == MEDIA or not accept.strip():
        return
    if not any(_is_ours(one, ranges=True) for one in accept.split(",")):
        raise NotAcceptable


def must_be_envelope(content_type: str | None) -> None:
    """Raises `UnsupportedMedia` unless the body is said to be TAXII 2.1 JSON."""
    if content_type != MEDIA and not _is_ours(content_type or "", ranges=False):
        raise UnsupportedMedia


def _is_ours(text: str, *, ranges: bool) -> bool:
    media, *given = (part.strip().lower() for part in text.split(";"))
    parameters = dict(one.split("=", 1) for one in given if "=" in one)
    quality = parameters.pop("q", "1").strip()
    if ranges and quality.replace(".", "").strip("0") == "":
        return False
    if media in _ANY:
        return ranges
    return media == _TYPE and parameters.get("version", "2.1").strip(' "') == "2.1"


def message(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer whose JSON is made already."""
    return Response(body, status, headers=headers, media_type=MEDIA)


def resource(value: Mapping[str, Any]) -> Response:
    """An answer that is small."""
    return message(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def dated(body: bytes, first: int | None, last: int | None) -> Response:
    """A page, with the moments at which its first and last object were added (§5.4)."""
    if first is None or last is None:
        return message(body)
    return message(body, headers={FIRST: stamp(first), LAST: stamp(last)})


def error_message(request: Request, failure: Failure) -> Response:
    """§3.6.1. A failure that nobody foresaw says nothing but the id of its request."""
    said: dict[str, Any] = {
        "title": failure.sentence,
        "error_code": failure.code,
        "http_status": str(failure.status),
    }
    if failure.problems:
        said["details"] = {one.field: one.message for one in failure.problems}
    if failure.status >= 500:
        said["error_id"] = str(getattr(request.state, "request_id", ""))
    headers = dict(failure.headers)
    if failure.status == 401:
        headers["WWW-Authenticate"] = _CHALLENGE
    return Response(json.dumps(said), failure.status, headers=headers, media_type=MEDIA)
