"""Refusals that are made before a route is known (another site, a body over the limit) are told like every other failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from comity.domain.errors import ComityError, NotAllowed, TooLarge
from comity.http.cross_site import REFUSED

Answer = Callable[[Request, Exception], Response]
_RETOLD: Final[dict[int, ComityError]] = {403: NotAllowed(REFUSED), 413: TooLarge()}


class Retold:
    """Replaces a plain-text 403 or 413 of an inner layer by `answer(request, error)`."""

    def __init__(self, app: ASGIApp, *, answer: Answer) -> None:
        self.app = app
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal: ComityError | None = None

        async def hold_back(message: Message) -> None:
            nonlocal refusal
            if message["type"] == "http.response.start" and _is_plain(message):
                refusal = _RETOLD.get(message["status"])
            if refusal is None:
                await send(message)

        await self.app(scope, receive, hold_back)
        if refusal is not None:
            response = await run_in_threadpool(self.answer, Request(scope), refusal)
            await response(scope, receive, send)


def _is_plain(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/plain")
