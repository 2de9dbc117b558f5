"""What programs read and write here: the collections that the reader may use, and for the federation officer the care of them."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from comity.domain.errors import Invalid, SignInNeeded
from comity.domain.shelf import TAKEN
from comity.domain.tlp import TLP
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import collect, keep_shelves
from comity.services.collect import Offered
from comity.web.forms import Field, SentForm, filled
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(prefix="/collections", include_in_schema=False)

_WORDS: Final = "One a line: any, org:…, sector:…, group:… or node:…. This node's own name means its members."
FORM: Final = (
    Field(
        "alias", "Short name", hint="Small letters, digits and dashes, such as “indicators”.", max_length=59
    ),
    Field("title", "Title", max_length=200),
    Field("description", "What it is for", widget="text", required=False, max_length=600),
    Field(
        "tlp",
        "Marking of unmarked objects",
        widget="select",
        options=tuple((one.value, one.label) for one in TAKEN),
        value=TLP.GREEN.value,
    ),
    Field("readers", "Who reads", widget="lines", required=False, hint=_WORDS),
    Field("writers", "Whose programs write", widget="lines", required=False, hint=_WORDS),
)


@router.get("")
@capability("public")
def listed(ctx: Ctx) -> Response:
    """The collections that the reader may use, with their addresses."""
    return _page(ctx)


@router.post("")
@capability("keep_shelves")
def open_shelf(ctx: Ctx, sent: SentForm) -> Response:
    """A new shelf."""
    sent.only(*(field.name for field in FORM))
    try:
        shelf = keep_shelves.open_shelf(
            ctx.unit,
            alias=sent.one("alias"),
            title=sent.one("title"),
            description=sent.one("description"),
            tlp=TLP(sent.one("tlp")) if sent.one("tlp") in TAKEN else TLP.RED,
            readers=sent.one("readers").split(),
            writers=sent.one("writers").split(),
        )
    except Invalid as wrong:
        return _page(ctx, status=422, fields=filled(FORM, sent, wrong.problems))
    return redirect(ctx, "/collections", f"“{shelf.title}” is open.")


@router.post("/close")
@capability("keep_shelves")
def close_shelf(ctx: Ctx, sent: SentForm) -> Response:
    """Take a shelf away with everything on it."""
    sent.only("alias")
    count = keep_shelves.close_shelf(ctx.unit, alias=sent.one("alias"))
    return redirect(ctx, "/collections", f"The shelf is closed, and {count} objects with it.")


def _page(ctx: Context, *, status: int = 200, fields: list[Field] | None = None) -> Response:
    keeps = ctx.viewer.may("keep_shelves")
    kept = keep_shelves.listed(ctx.unit) if keeps else []
    return page(
        ctx,
        "collections/list.html",
        status=status,
        offered=_offered(ctx),
        kept=kept,
        fields=(fields if fields is not None else list(FORM)) if keeps else [],
        root=ctx.settings.public_url.rstrip("/") + "/taxii2/",
        at=ctx.settings.public_url.rstrip("/") + "/taxii2/exchange/collections/",
    )


def _offered(ctx: Context) -> list[Offered]:
    try:
        return collect.offered(ctx.unit)
    except SignInNeeded:
        return []
