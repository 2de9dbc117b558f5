"""One log line a request: method, the route's pattern (not the address), status, milliseconds and the request's id."""

from __future__ import annotations

import time
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from comity.log import logger


class AccessLog:
    """Pure ASGI, outermost. Gives every request an id of its own; one that a caller sends is not believed."""

    def __init__(self, app: ASGIApp, *, propagate: bool = False) -> None:
        self.app = app
        self.propagate = propagate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, began, status = uuid4().hex, time.perf_counter(), 500
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            # The 500 page is sent and the place is logged; the server's own log would repeat the error's words.
            if self.propagate:
                raise
        finally:
            logger().info(
                "request",
                method=scope["method"],
                route=getattr(scope.get("route"), "path", "-"),
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 1),
                request_id=request_id,
            )
