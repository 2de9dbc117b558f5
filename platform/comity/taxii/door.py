"""The short way in for what machines ask most: a GET of this door goes straight to its route, inside log, headers and one answer.

Nothing is decided here and nothing is left out that such a request needs: it has no body to bound, no session to guard and no model
to parse. Whatever else comes, posting and unknown addresses among it, takes the way of every other request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from anyio import CapacityLimiter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from comity.http.identity import TAXII
from comity.taxii.route import TaxiiRoute
from comity.taxii.routes import ROUTERS

Answer = Callable[[Request, Exception], Response]
READ: Final[Sequence[TaxiiRoute]] = tuple(
    route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, TaxiiRoute) and not route.writes
)


class Door:
    """Pure ASGI. `answer(request, error)` tells a failure as everywhere. `one_by_one` where the database reads best alone."""

    def __init__(self, app: ASGIApp, *, answer: Answer, one_by_one: bool) -> None:
        self.app = app
        self.answer = answer
        self.turn = CapacityLimiter(1) if one_by_one else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(TAXII):
            for route in READ:
                found = route.path_regex.match(scope["path"])
                if found is not None:
                    scope.update(route=route, path_params=found.groupdict())
                    await self._answered(route, scope, receive, send)
                    return
        await self.app(scope, receive, send)

    async def _answered(self, route: TaxiiRoute, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await route.answer(request, self.turn)
        except Exception as error:  # noqa: BLE001  told like every failure; what nobody foresaw is logged by `answer`
            response = await run_in_threadpool(self.answer, request, error)
        await response(scope, receive, send)
