"""Puts the entrances together: routes, the layers around them, and one way to answer every failure. It decides nothing else.

Layers from the outside in: log and request id, security headers, failures retold, last resort and body limit (FastAPI's own),
cross-site guard, routes. The first three are outside FastAPI's stack, so that its own refusals pass through them too, and so is
the short way of machines that read over TAXII.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from traceback import extract_tb

import anyio.to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from comity.api import routes as api
from comity.config import STATIC, Settings, get_settings
from comity.domain.errors import Busy, ComityError
from comity.federation import routes as federation
from comity.http.access_log import AccessLog
from comity.http.cross_site import CrossSiteGuard
from comity.http.head import Head
from comity.http.headers import SecurityHeaders
from comity.http.identity import TAXII, takes_tokens
from comity.http.problems import failure_of, problem_json
from comity.http.retold import Retold
from comity.log import logger, set_up
from comity.services.runtime import Runtime
from comity.taxii import routes as taxii
from comity.taxii.door import Door
from comity.taxii.messages import error_message
from comity.web import routes as web
from comity.web.assets import Assets
from comity.web.failures import failure_page

API_PREFIX = "/api/v1"
FORM_AROUND_A_FILE = 64_000


class Portal(FastAPI):
    """FastAPI inside the layers that no answer escapes."""

    settings: Settings
    propagate: bool

    def build_middleware_stack(self) -> ASGIApp:
        """Everything, also what FastAPI answers by itself, gets an id and the headers."""
        alone = self.state.runtime.reads_best_alone
        door = Door(super().build_middleware_stack(), answer=answer, one_by_one=alone)
        told = Retold(door, answer=answer)
        headed = SecurityHeaders(Head(told), secure=self.settings.secure_cookies)
        return AccessLog(headed, propagate=self.propagate)


def create_app(
    settings: Settings | None = None, *, runtime: Runtime | None = None, propagate: bool = False
) -> FastAPI:
    """The whole service. For tests: `runtime` brings a database and a clock, `propagate` lets unforeseen errors out."""
    settings = settings or get_settings()
    runtime = runtime or Runtime(settings)
    set_up(as_json=settings.log_json)
    app = Portal(
        title="Comity",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        max_body_size=settings.max_body_bytes,
        middleware=[Middleware(CrossSiteGuard, public_url=settings.public_url)],
    )
    app.settings, app.propagate = settings, propagate
    app.state.runtime = runtime
    for router in web.UPLOADS:
        app.include_router(router, max_body_size=settings.max_attachment_bytes + FORM_AROUND_A_FILE)
    for router in web.ROUTERS:
        app.include_router(router)
    for router in (*federation.ROUTERS, *taxii.ROUTERS):
        app.include_router(router)
    for router in api.ROUTERS:
        app.include_router(router, prefix=API_PREFIX)
    app.mount("/static", Assets(directory=STATIC), name="static")
    for kind in (ComityError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, answer)
    return app


def answer(request: Request, error: Exception) -> Response:
    """One failure, as a page or as problem+json, by the door and by what the caller accepts. Runs in a worker thread."""
    failure = failure_of(error)
    if failure.status >= 500 and not isinstance(error, Busy):  # a busy node says so, and that is no fault
        _remember(request, error)
    if request.url.path.startswith(TAXII):
        return error_message(request, failure)
    if takes_tokens(request.url.path) or "text/html" not in request.headers.get("accept", "text/html"):
        return problem_json(request, failure)
    try:
        return failure_page(request, failure)
    except Exception as second:  # noqa: BLE001  the page about the failure failed: say it plainly
        _remember(request, second)
        return problem_json(request, failure_of(second))


def _remember(request: Request, error: Exception) -> None:
    """Where it happened, for the log alone. Not the error's own words: those of a database or a validator quote content."""
    frames = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in extract_tb(error.__traceback__)[-8:]
    ]
    request_id = getattr(request.state, "request_id", "")
    logger().error("failed", request_id=request_id, error=type(error).__name__, frames=frames)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """As many threads as database connections, so that none ever waits for another's."""
    runtime: Runtime = app.state.runtime
    anyio.to_thread.current_default_thread_limiter().total_tokens = runtime.settings.threads
    yield
    runtime.close()
