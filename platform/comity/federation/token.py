"""`/federation/v1/token`: a machine of an allied node proves itself with a signed assertion and gets a token for five minutes.

OAuth 2 client credentials (RFC 6749 §4.4) with `private_key_jwt` (RFC 7523 §2.2). Every refusal reads alike, so that nobody learns
from it which nodes exist here or how far an admission is. Refuses to know keys and admissions: the service does.
"""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.responses import JSONResponse, Response

from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import authorize_peer

router = new_router(prefix="/federation/v1", include_in_schema=False)

MOST_BYTES: Final = 20_000
MOST_FIELDS: Final = 20


async def fields(request: Request) -> dict[str, str] | None:
    """The form of a token request. None for what is none, is too large, or says one thing twice (RFC 6749 §3.2)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind != "application/x-www-form-urlencoded" or len(body) > MOST_BYTES:
        return None
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, strict_parsing=True
        )
    except ValueError:
        return None
    found = dict(pairs)
    return found if len(found) == len(pairs) else None


@router.post("/token")
@capability("public")
def token(ctx: Ctx, given: Annotated[dict[str, str] | None, Depends(fields)]) -> Response:
    """A token, or a refusal that tells nothing."""
    answer = authorize_peer.authorize(ctx.unit, given or {})
    if answer.proved:
        ctx.keep()  # an assertion that was used is used up, and the node was heard, whatever the answer is
    return JSONResponse(answer.body, status_code=answer.status, headers={"cache-control": "no-store"})
