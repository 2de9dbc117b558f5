"""With whom this node shares: the allied nodes as everybody may know them. Council's steps are taken at a screen, by no program."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from pydantic import Field

from comity.api.shapes import Shape
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services import list_peers
from comity.services.list_peers import Ally

router = new_router(prefix="/peers", tags=["peers"])


class AgreementOut(Shape):
    """What was agreed; nothing beyond it is exchanged."""

    kinds: list[str]
    highest_marking: str
    purposes: list[str]
    ends_on: date


class PeerOut(Shape):
    """An allied node. `admitted_at` is null where council has not decided yet, which only those who take part see."""

    node_id: str
    name: str
    country: str
    address: str
    state: str
    state_since: datetime
    admitted_at: datetime | None
    agreement: AgreementOut | None
    silent_since: datetime | None = Field(
        description="Since when an answer to a recall is overdue; told to members alone."
    )
    two_histories: bool = Field(
        description="Its transparency log was caught showing two histories; told to members alone."
    )

    @classmethod
    def of(cls, ally: Ally) -> Self:
        """What the viewer may know of it."""
        peer, agreed = ally.peer, ally.peer.agreement
        return cls(
            node_id=peer.node_id,
            name=peer.name,
            country=peer.country,
            address=peer.base_url,
            state=peer.state.value,
            state_since=peer.state_since,
            admitted_at=peer.admitted_at,
            agreement=None
            if agreed is None
            else AgreementOut(
                kinds=list(agreed.kinds),
                highest_marking=agreed.highest_marking.value,
                purposes=list(agreed.purposes),
                ends_on=agreed.ends_on,
            ),
            silent_since=ally.silent_since,
            two_histories=ally.two_histories,
        )


class Peers(Shape):
    """The nodes that the caller may know of, by name."""

    items: list[PeerOut]


@router.get("")
@capability("public")
def listing(ctx: Ctx) -> Peers:
    """With whom this node shares."""
    return Peers(items=[PeerOut.of(one) for one in list_peers.listed(ctx.unit)])


@router.get("/{node_id}")
@capability("public")
def one(ctx: Ctx, node_id: str) -> PeerOut:
    """One allied node."""
    return PeerOut.of(list_peers.one(ctx.unit, node_id=node_id))
