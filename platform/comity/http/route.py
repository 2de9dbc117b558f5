"""The route class of every entrance: capability first, then one thread for the unit of work, the endpoint and the commit."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from comity.http.capability import Capability, declared
from comity.http.context import Context
from comity.http.strict_json import StrictRequest

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class OneThreadRoute(APIRoute):
    """`route.capability` and `route.writes` are readable by tests. An endpoint is a plain `def` that takes a `Context`."""

    capability: Capability
    writes: bool

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.capability = declared(endpoint)
        if inspect.iscoroutinefunction(endpoint):
            raise TypeError(
                f"{endpoint.__qualname__} is async: it would hold a transaction on the event loop"
            )
        self.writes = self.capability.writes_for(set(options.get("methods") or {"GET"}))
        super().__init__(path, self._in_one_thread(endpoint), **options)

    def get_route_handler(self) -> Handler:
        """Input that does not parse is answered only to those who may call at all."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            try:
                return await handle(StrictRequest(request.scope, request.receive))
            except RequestValidationError:
                await run_in_threadpool(self._check_alone, request)
                raise

        return checked

    def _in_one_thread(self, endpoint: Callable[..., Any]) -> Callable[..., Any]:
        names = [
            name
            for name, hint in inspect.get_annotations(endpoint, eval_str=True).items()
            if _is_context(hint)
        ]
        if len(names) != 1:
            raise TypeError(f"{endpoint.__module__}.{endpoint.__qualname__} must take exactly one Ctx")

        @functools.wraps(endpoint)
        def in_one_thread(**given: Any) -> Any:
            ctx: Context = given[names[0]]
            return ctx.run(self.capability, functools.partial(endpoint, **given), writes=self.writes)

        return in_one_thread

    def _check_alone(self, request: Request) -> None:
        ctx = Context(request)
        with ctx.opened(writes=False):
            ctx.check(self.capability)


def new_router(*, prefix: str = "", tags: list[str] | None = None, **options: Any) -> APIRouter:
    """A router whose routes are all `OneThreadRoute`. `include_in_schema=False` for pages."""
    return APIRouter(prefix=prefix, tags=list(tags or []), route_class=OneThreadRoute, **options)


def _is_context(hint: Any) -> bool:
    return hint is Context or getattr(hint, "__origin__", None) is Context
