"""The transparency log over HTTP: signed heads, paths of hashes, and where witnesses bring their cosignatures.

Heads and hashes are for anybody: they tell how many leaves there are and nothing of what these say. Notes are C2SP signed notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Query
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import JSONResponse, Response

from comity.domain.proof import in_base64
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import prove, sign_head, witness

router = new_router(prefix="/federation/v1/ledger", include_in_schema=False)

_TEXT: Final = "text/plain; charset=utf-8"
Size = Annotated[int, Query(ge=1, le=2**53 - 1)]
Index = Annotated[int | None, Query(ge=0, le=2**53 - 1)]
Hash = Annotated[str | None, Query(pattern=r"^[0-9a-f]{64}$", description="Hash of the leaf, in hex.")]


class CosignatureIn(BaseModel):
    """What a witness brings: the line it would put under the head of `size`."""

    model_config = ConfigDict(extra="forbid")

    size: Annotated[int, Query(ge=1, le=2**53 - 1)]
    line: Annotated[str, StringConstraints(min_length=10, max_length=400)]


@router.get("/checkpoint")
@capability("public")
def checkpoint(ctx: Ctx) -> Response:
    """The newest signed head with the lines of its witnesses."""
    return _note(sign_head.served(ctx.unit, prove.newest(ctx.unit)))


@router.get("/inclusion")
@capability("public")
def inclusion(ctx: Ctx, size: Size, index: Index = None, leaf: Hash = None) -> Response:
    """That a leaf, named by its number or its hash, is in the tree of `size`."""
    found, path = prove.inclusion(
        ctx.unit, size=size, index=index, leaf=bytes.fromhex(leaf) if leaf else None
    )
    return _json({"index": found, "size": size, "proof": _texts(path.hashes)})


@router.get("/consistency")
@capability("public")
def consistency(ctx: Ctx, first: Size, second: Size) -> Response:
    """That the tree of `second` begins with that of `first`."""
    path = prove.consistency(ctx.unit, first=first, second=second)
    return _json({"first": first, "second": second, "proof": _texts(path.hashes)})


@router.get("/seen/{node}")
@capability("public")
def seen(ctx: Ctx, node: str) -> Response:
    """The newest head of another node's log that this node saw and cosigned: by comparing these, a split log is found."""
    return _note(witness.seen_of(ctx.unit, node))


@router.post("/cosignature")
@capability("public", writes=True)
def cosignature(ctx: Ctx, given: CosignatureIn) -> Response:
    """A witness brings its line, which proves who it is: only a node that is admitted here can sign one that counts."""
    witness.take_cosignature(ctx.unit, size=given.size, line=given.line)
    return Response(status_code=204)


def _texts(hashes: Sequence[bytes]) -> list[str]:
    return list(in_base64(hashes))


def _note(text: str) -> Response:
    return Response(text, media_type=_TEXT, headers={"cache-control": "no-cache"})


def _json(said: dict[str, object]) -> Response:
    return JSONResponse(said)
