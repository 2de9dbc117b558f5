"""Two answers for whoever keeps the service running: is the process alive, and can it serve. No version, no address."""

from __future__ import annotations

from starlette.responses import PlainTextResponse

from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.log import logger

router = new_router(include_in_schema=False)


@router.get("/healthz")
@capability("public")
def healthz(_ctx: Ctx) -> PlainTextResponse:
    """The process answers; no look at the database."""
    return PlainTextResponse("ok")


@router.get("/readyz")
@capability("public")
def readyz(ctx: Ctx) -> PlainTextResponse:
    """The database answers, has the newest schema, and the node is set up; otherwise 503 with the first thing missing."""
    missing = _missing(ctx)
    return PlainTextResponse(missing or "ready", 503 if missing else 200)


def _missing(ctx: Ctx) -> str:
    try:
        schema = ctx.runtime.schema()
    except Exception as error:  # noqa: BLE001  whatever the driver raises, the answer is "not ready"
        logger().error("database unreachable", error=type(error).__name__)
        return "the database does not answer"
    if not schema.up_to_date:
        return "the database has another schema than this version needs"
    try:
        ctx.node  # noqa: B018
    except LookupError:
        return "this node is not set up"
    return ""
