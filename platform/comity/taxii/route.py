"""The route class of this door: media types first, then the same one thread and one transaction as everywhere.

A page of a thousand objects is made in two statements, so what a framework does around an endpoint would cost more than the
endpoint. This class asks of it no more than the path: endpoints take a `Ctx` and the names in their path, and answer with bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from comity.domain.errors import NotFound
from comity.http.context import Context
from comity.http.route import Handler, OneThreadRoute
from comity.taxii.messages import must_accept, must_be_envelope


class TaxiiRoute(OneThreadRoute):
    """An endpoint is `(ctx, **path)`; one that is posted to reads `ctx.body`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.called = endpoint
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        """As FastAPI's, without parsing into models: TAXII has its own grammar of parameters and its own errors."""
        return self.answer

    async def answer(self, request: Request, turn: CapacityLimiter | None = None) -> Response:
        """The whole way from a request to its answer. With `turn` it reads in its turn, and waits for a writer after that."""
        must_accept(request.headers.get("accept"))
        if any("\0" in name for name in request.path_params.values()):  # PostgreSQL has no such text
            raise NotFound
        ctx = Context(request)
        if request.method == "POST":
            must_be_envelope(request.headers.get("content-type"))
            ctx.body = await request.body()
        endpoint = partial(self.called, ctx, **request.path_params)
        attempt = partial(ctx.attempt, self.capability, endpoint, writes=self.writes)
        response = await run_sync(attempt, limiter=turn)
        if ctx.unfinished:
            await run_sync(ctx.finish)
        return cast("Response", response)
