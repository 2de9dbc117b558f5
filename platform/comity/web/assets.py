"""Addresses of static files that change with their content, so that a browser may keep each for a year."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from comity.config import STATIC


@lru_cache(maxsize=256)
def asset(path: str) -> str:
    """`asset("css/base.css")` -> `/static/css/base.css?v=<hash>`. Raises `FileNotFoundError` for a file that is not there."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()
    return f"/static/{path}?v={digest[:16]}"


class Assets(StaticFiles):
    """A file asked for by its hash never changes; one asked for by name alone is looked at again."""

    def file_response(self, *args: object, **options: object) -> Response:
        """As the parent, with a caching rule by the query."""
        response = super().file_response(*args, **options)  # type: ignore[arg-type]
        scope = next(value for value in (*args, *options.values()) if isinstance(value, dict))
        response.headers["cache-control"] = _keep(scope)
        return response


def _keep(scope: Scope) -> str:
    hashed = bytes(scope.get("query_string", b"")).startswith(b"v=")
    return "public, max-age=31536000, immutable" if hashed else "public, max-age=300"
