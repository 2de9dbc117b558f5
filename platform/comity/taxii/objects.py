"""What is in a collection: objects, one object, its versions, the manifest, and posting and deleting (TAXII 2.1 §5.3 to §5.8)."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from comity.domain.errors import Unreadable
from comity.domain.taxii import BadQuery, Match, Query, read_query, stamp
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.services import collect, deliver, deposit, shelve
from comity.services.collect import Answer, Listing
from comity.taxii.messages import STIX, dated, message, resource
from comity.taxii.route import TaxiiRoute
from comity.taxii.server import ROOT

IN: Final = ROOT + "collections/{collection_id}/"

router = APIRouter(route_class=TaxiiRoute, include_in_schema=False)


@router.get(IN + "objects/")
@capability("public")
def objects(ctx: Ctx, collection_id: str) -> Response:
    """§5.4."""
    query = _query(ctx)
    answer = collect.page(ctx.unit, collection_id=collection_id, query=query)
    _note(ctx, collection_id, query.match, answer)
    return _page(answer)


@router.post(IN + "objects/")
@capability("named")
def post(ctx: Ctx, collection_id: str) -> Response:
    """§5.5."""
    status = deposit.deposit(ctx.unit, collection_id=collection_id, raw=ctx.body)
    return message(status.encode(), status=202)


@router.get(IN + "objects/{object_id}/")
@capability("public")
def one(ctx: Ctx, collection_id: str, object_id: str) -> Response:
    """§5.6."""
    query = _query(ctx)
    answer = collect.one(ctx.unit, collection_id=collection_id, object_id=object_id, query=query)
    _note(ctx, collection_id, collect.only(object_id, query.match), answer)
    return _page(answer)


@router.delete(IN + "objects/{object_id}/")
@capability("named")
def delete(ctx: Ctx, collection_id: str, object_id: str) -> Response:
    """§5.7: every version, unless the filter names some."""
    query = _query(ctx)
    named = query.match.versions if "match[version]" in ctx.request.query_params else None
    shelve.take_away(ctx.unit, collection_id=collection_id, object_id=object_id, versions=named)
    return message(b"{}")


@router.get(IN + "objects/{object_id}/versions/")
@capability("public")
def versions(ctx: Ctx, collection_id: str, object_id: str) -> Response:
    """§5.8."""
    query = _query(ctx)
    found = collect.versions(ctx.unit, collection_id=collection_id, object_id=object_id, query=query)
    return _listing(found, "versions", [entry.version for entry in found.entries])


@router.get(IN + "manifest/")
@capability("public")
def manifest(ctx: Ctx, collection_id: str) -> Response:
    """§5.3."""
    found = collect.manifest(ctx.unit, collection_id=collection_id, query=_query(ctx))
    listed = [
        {
            "id": entry.stix_id,
            "date_added": stamp(entry.added_us),
            "version": entry.version,
            "media_type": STIX,
        }
        for entry in found.entries
    ]
    return _listing(found, "objects", listed)


def _note(ctx: Context, collection_id: str, match: Match, answer: Answer) -> None:
    """What an allied node takes is written down before it leaves: whoever has a record is told when it is called back."""
    peer = ctx.viewer.peer
    if peer is None:
        return
    taken = collect.served(ctx.unit, collection_id=collection_id, match=match, answer=answer)
    if taken:
        listed = [(one.stix_id, one.version) for one in taken]
        ctx.afterwards(partial(deliver.note_fetched, node=peer.node, page=listed))


def _query(ctx: Context) -> Query:
    try:
        return read_query(ctx.request.query_params.multi_items())
    except BadQuery as bad:
        raise Unreadable(str(bad)) from bad


def _page(answer: Answer) -> Response:
    return dated(answer.body, answer.first, answer.last)


def _listing(found: Listing, name: str, listed: list[Any]) -> Response:
    if not listed:
        return resource({})
    led = {"more": True, "next": found.cursor} if found.cursor else {"more": False}
    body = json.dumps({**led, name: listed}, ensure_ascii=False, separators=(",", ":")).encode()
    return dated(body, found.entries[0].added_us, found.entries[-1].added_us)
