"""Who the caller is here, and what waits for them. For the caller alone."""

from __future__ import annotations

from collections.abc import Iterable

from comity.api.shapes import Shape
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services.worklist import Item, worklist

router = new_router(prefix="/me", tags=["me"])


class MeOut(Shape):
    """The caller as the rules see them. `scopes` are those of the token."""

    account: str
    organization: str | None
    sector: str | None
    roles: list[str]
    may: dict[str, list[str]]
    scopes: list[str] | None


class WorkItem(Shape):
    """One record that waits."""

    ref: str
    kind: str
    state: str
    tlp: str
    title: str
    waiting_for: str


class Work(Shape):
    """Lists by what is to be done; empty for roles the caller does not hold."""

    mine: list[WorkItem]
    triage: list[WorkItem]
    to_review: list[WorkItem]
    reviewed: list[WorkItem]
    withdrawals: list[WorkItem]
    disputes: list[WorkItem]
    replies: list[WorkItem]
    holds: list[WorkItem]


@router.get("")
@capability("signed-in")
def me(ctx: Ctx) -> MeOut:
    """The caller's organization, roles and powers, narrowed to the scopes of the token."""
    viewer = ctx.viewer
    return MeOut(
        account=viewer.person or "",
        organization=viewer.organization,
        sector=viewer.sector.value if viewer.sector else None,
        roles=sorted(viewer.roles),
        may={action: sorted(words) for action, words in sorted(viewer.powers.items()) if words},
        scopes=None if viewer.scopes is None else sorted(viewer.scopes),
    )


@router.get("/work")
@capability("signed-in")
def work(ctx: Ctx) -> Work:
    """What waits for whom, as far as this token may read it."""
    found = worklist(ctx.unit)
    return Work(
        mine=_items(found.mine),
        triage=_items(found.triage),
        to_review=_items(found.to_review),
        reviewed=_items(found.reviewed),
        withdrawals=_items(found.withdrawals),
        disputes=_items(found.disputes),
        replies=_items(found.replies),
        holds=_items(found.holds),
    )


def _items(found: Iterable[Item]) -> list[WorkItem]:
    return [
        WorkItem(
            ref=one.record.ref,
            kind=one.record.kind,
            state=one.record.state.value,
            tlp=one.tlp,
            title=one.title,
            waiting_for=one.waiting_for,
        )
        for one in found
    ]
