"""Trust groups, for those who take part in admissions: who is in which, and for the federation officer the list to replace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from comity.domain.errors import Invalid
from comity.domain.trust_group import TrustGroup
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import keep_group
from comity.web.forms import SentForm
from comity.web.notices import redirect
from comity.web.rendering import page

router = new_router(prefix="/trust-groups", include_in_schema=False)


@router.get("")
@capability("change_policy")
def listing(ctx: Ctx) -> Response:
    """Every group that this node knows of."""
    return _page(ctx)


@router.post("")
@capability("change_policy", "propose")
def begin(ctx: Ctx, sent: SentForm) -> Response:
    """A new group of our own."""
    sent.only("group", "hidden")
    try:
        made = keep_group.begin(ctx.unit, group_id=sent.one("group"), hidden=sent.ticked("hidden"))
    except Invalid as wrong:
        return _page(ctx, status=422, told=[problem.message for problem in wrong.problems])
    return redirect(ctx, "/trust-groups", f"The group {made.id} has begun. Nobody is in it yet.")


@router.post("/{group_id}")
@capability("change_policy", "propose")
def replace_members(ctx: Ctx, group_id: str, sent: SentForm) -> Response:
    """The whole list anew."""
    sent.only("members")
    try:
        keep_group.replace_members(ctx.unit, group_id=group_id, members=sent.many("members"))
    except Invalid as wrong:
        return _page(ctx, status=422, told=[problem.message for problem in wrong.problems])
    return redirect(
        ctx, "/trust-groups", "The list is replaced, and every node that was in it or is in it is told."
    )


def _page(ctx: Context, *, status: int = 200, told: Sequence[str] = ()) -> Response:
    begins = ctx.viewer.may("change_policy", "propose")
    groups = [_shown(ctx, group, begins=begins) for group in keep_group.listed(ctx.unit)]
    return page(ctx, "peers/groups.html", status=status, groups=groups, begins=begins, told=list(told))


def _shown(ctx: Context, group: TrustGroup, *, begins: bool) -> dict[str, Any]:
    shown = {name: getattr(group, name) for name in ("id", "owner", "version", "members", "hidden")}
    ours = begins and group.owner == ctx.node.node_id
    choices = [
        (one.node_id, one.name, one.node_id in group.members)
        for one in keep_group.candidates(ctx.unit, group.id)
    ]
    return shown | {"choices": choices if ours else None}
