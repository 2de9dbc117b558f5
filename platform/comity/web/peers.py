"""Allied nodes: the public list of with whom this node shares, and for those who take part each step of an admission.

Another node is asked while no transaction is open, since it may be slow. Who may take which step is the services' question; a page
offers what the viewer's role brings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from starlette.responses import Response

from comity.domain.errors import Invalid, NotFound
from comity.http.capability import capability
from comity.http.context import Context, Ctx
from comity.http.route import new_router
from comity.services import admit_peer, list_peers, look_at_node, pause_peer, propose_peer
from comity.services.unit import Unit
from comity.web import peer_view
from comity.web.forms import Field, Sent, SentForm, filled, general
from comity.web.notices import redirect
from comity.web.peer_forms import ADDRESS, AGREEMENT, NAMES, agreement_in, with_agreement
from comity.web.rendering import page

router = new_router(prefix="/peers", include_in_schema=False)

Step = Callable[[Unit, str, Sent], object]


@router.get("")
@capability("public")
def listing(ctx: Ctx) -> Response:
    """With whom this node shares, since when, and what at most."""
    return page(
        ctx,
        "peers/list.html",
        rows=[peer_view.row(one) for one in list_peers.listed(ctx.unit)],
        members=ctx.viewer.signed_in,
        proposes=ctx.viewer.may("change_policy", "propose"),
        takes_part=ctx.viewer.may("change_policy"),
        releases=ctx.viewer.may("release", "yes"),
    )


@router.get("/propose")
@capability("change_policy", "propose")
def form(ctx: Ctx) -> Response:
    """What is needed to begin."""
    return page(ctx, "peers/propose.html", fields=[ADDRESS, *with_agreement(None)], general=[])


@router.post("/propose")
@capability("change_policy", "propose")
def propose(ctx: Ctx, sent: SentForm) -> Response:
    """Look at the node at the address and put it before council."""
    sent.only(ADDRESS.name, *NAMES)
    try:
        offered, now = agreement_in(sent), ctx.now
        ctx.runtime.undo(ctx.unit)  # nobody waits for us while we wait for another node
        found = look_at_node.look(ctx.settings, sent.one(ADDRESS.name), now=now)
        peer = propose_peer.propose(ctx.unit, found=found, agreement=offered, text=sent.one("text"))
    except Invalid as wrong:
        fields = filled((ADDRESS, *AGREEMENT), sent, wrong.problems)
        told = general(fields, wrong.problems)
        return page(ctx, "peers/propose.html", status=422, fields=fields, general=told)
    said = (
        f"{peer.name} is proposed. Somebody else now compares the fingerprint of its key with the other side."
    )
    return redirect(ctx, f"/peers/{peer.node_id}", said)


@router.get("/{node_id}")
@capability("public")
def one(ctx: Ctx, node_id: str) -> Response:
    """One node: what was agreed, and for those who take part how its admission stands."""
    return _page(ctx, node_id)


@router.post("/{node_id}/offer")
@capability("change_policy", "propose")
def offer(ctx: Ctx, node_id: str, sent: SentForm) -> Response:
    """Put another agreement before council."""
    sent.only(*NAMES)
    try:
        propose_peer.offer(ctx.unit, node_id=node_id, agreement=agreement_in(sent), text=sent.one("text"))
    except Invalid as wrong:
        return _page(ctx, node_id, status=422, fields=filled(AGREEMENT, sent, wrong.problems), wrong=wrong)
    return redirect(ctx, f"/peers/{node_id}", "The agreement is before council. Every voice is asked again.")


@router.post("/{node_id}/refresh")
@capability("change_policy", "propose")
def refresh(ctx: Ctx, node_id: str, sent: SentForm) -> Response:
    """Look at the node again."""
    sent.only()
    peer, now = list_peers.one(ctx.unit, node_id=node_id).peer, ctx.now
    known = propose_peer.known_keys(ctx.unit, node_id=node_id)
    try:
        ctx.runtime.undo(ctx.unit)
        found = look_at_node.look(ctx.settings, peer.base_url, known=known, now=now)
        propose_peer.refresh(ctx.unit, node_id=node_id, found=found)
    except Invalid as wrong:
        return _page(ctx, node_id, status=422, wrong=wrong)
    return redirect(ctx, f"/peers/{node_id}", "What the node says of itself is up to date here.")


@router.post("/{node_id}/{verb}")
@capability("change_policy")
def step(ctx: Ctx, node_id: str, verb: str, sent: SentForm) -> Response:
    """One step by the hand of the viewer; the services say whose hand it may be."""
    act, done = _STEPS.get(verb, (None, ""))
    if act is None:
        raise NotFound
    sent.only("text", "fingerprint")
    try:
        act(ctx.unit, node_id, sent)
    except Invalid as wrong:
        return _page(ctx, node_id, status=422, wrong=wrong, typed=sent)
    return redirect(ctx, f"/peers/{node_id}", done)


_STEPS: Final[dict[str, tuple[Step, str]]] = {
    "confirm": (
        lambda unit, node, sent: propose_peer.confirm(
            unit, node_id=node, fingerprint=sent.one("fingerprint"), how=sent.one("text")
        ),
        "The fingerprint is confirmed.",
    ),
    "review": (
        lambda unit, node, sent: admit_peer.review_profiles(unit, node_id=node, text=sent.one("text")),
        "The review of the legal profiles is recorded.",
    ),
    "acknowledge": (
        lambda unit, node, sent: admit_peer.acknowledge(unit, node_id=node, text=sent.one("text")),
        "Your acknowledgement is recorded.",
    ),
    "agree": (
        lambda unit, node, sent: admit_peer.vote(unit, node_id=node, agrees=True, text=sent.one("text")),
        "Your voice is recorded.",
    ),
    "disagree": (
        lambda unit, node, sent: admit_peer.vote(unit, node_id=node, agrees=False, text=sent.one("text")),
        "Your voice is recorded.",
    ),
    "apply": (
        lambda unit, node, _: admit_peer.apply(unit, node_id=node),
        "What council decided is in force.",
    ),
    "pause": (
        lambda unit, node, sent: pause_peer.pause(unit, node_id=node, reason=sent.one("text")),
        "The exchange with this node is paused.",
    ),
    "resume": (
        lambda unit, node, sent: pause_peer.resume(unit, node_id=node, reason=sent.one("text")),
        "The exchange with this node goes on.",
    ),
    "end": (
        lambda unit, node, sent: pause_peer.end(unit, node_id=node, reason=sent.one("text")),
        "The exchange with this node has ended.",
    ),
}


def _page(
    ctx: Context,
    node_id: str,
    *,
    status: int = 200,
    fields: Sequence[Field] = (),
    wrong: Invalid | None = None,
    typed: Sent | None = None,
) -> Response:
    ally = list_peers.one(ctx.unit, node_id=node_id)
    admission = list_peers.admission(ctx.unit, ally.peer)
    shown = peer_view.admission(admission, ally.peer) if admission else None
    data: dict[str, Any] = {
        "ally": peer_view.ally(ally),
        "admission": shown,
        "may": peer_view.offered(ctx.viewer, ally.peer, admission),
        "fields": list(fields) or with_agreement(ally.peer.agreement),
        "general": general(fields, wrong.problems) if wrong else [],
        "typed": {"text": typed.one("text"), "fingerprint": typed.one("fingerprint")} if typed else {},
    }
    return page(ctx, "peers/one.html", status=status, **data)
