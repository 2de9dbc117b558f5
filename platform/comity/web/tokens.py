"""API and feed tokens of one's own: issue, see, revoke. The secret is shown once and never again."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from comity.domain.errors import Invalid
from comity.domain.scopes import SAYS
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import tokens
from comity.web.forms import Field, SentForm, filled
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(prefix="/account/tokens", include_in_schema=False)

FORM: Final = (
    Field("name", "Name", hint="What will use it, such as “library alert script”.", max_length=100),
    Field(
        "scopes",
        "What it may do",
        widget="choices",
        options=tuple((scope.value, says) for scope, says in SAYS.items()),
    ),
    Field("days", "Days until it ends", widget="number", hint="1 to 365.", value="90"),
    Field(
        "networks",
        "Only from these networks",
        widget="lines",
        required=False,
        hint="One a line, such as 192.0.2.0/24. Leave empty to allow any.",
    ),
)


@router.get("")
@capability("signed-in")
def listed(ctx: Ctx) -> Response:
    """One's tokens without their secrets, and the form."""
    return _page(ctx)


@router.post("")
@capability("signed-in")
def issue(ctx: Ctx, sent: SentForm) -> Response:
    """A new token; its secret is on the answer and nowhere else."""
    sent.only(*(field.name for field in FORM))
    days = sent.one("days")
    try:
        issued = tokens.issue(
            ctx.unit,
            name=sent.one("name"),
            scopes=sent.many("scopes"),
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0,
            networks=sent.one("networks").split(),
        )
    except Invalid as wrong:
        return _page(ctx, status=422, fields=filled(FORM, sent, wrong.problems))
    response = _page(ctx, issued=issued)
    response.headers["cache-control"] = "no-store"
    return response


@router.post("/revoke")
@capability("signed-in")
def revoke(ctx: Ctx, sent: SentForm) -> Response:
    """End one of one's own tokens."""
    tokens.revoke(ctx.unit, token_id=sent.one("id"))
    return redirect(ctx, "/account/tokens", "The token has ended.")


def _page(
    ctx: Context, *, status: int = 200, fields: list[Field] | None = None, issued: Any = None
) -> Response:
    shown = fields if fields is not None else list(FORM)
    listed = tokens.listed(ctx.unit)
    return page(
        ctx, "account/tokens.html", status=status, fields=shown, issued=issued, tokens=listed, now=ctx.now
    )
