"""`comity peer`: allied nodes from a terminal: propose, compare a fingerprint, pause, end. Council votes in the portal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer

from comity.cli.open_node import open_node, stop
from comity.config import get_settings
from comity.domain.kinds.registry import KINDS
from comity.domain.peer import Agreement, Purpose
from comity.domain.peering import in_groups
from comity.domain.tlp import TLP
from comity.services import admit_peer, list_peers, look_at_node, pause_peer, propose_peer
from comity.services.runtime import utc_now

app = typer.Typer(help="Allied nodes.", no_args_is_help=True)

Node = Annotated[str, typer.Argument(metavar="NODE", help="Short name of the node.")]
Reason = Annotated[str, typer.Option(help="Why; it is shown on the node's page.")]


@app.command()
def add(
    address: Annotated[str, typer.Argument(help="Address of the node, such as https://node.example.")],
    ends_on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day of the agreement.")],
    why: Annotated[str, typer.Option(help="Why this node; council reads it.")],
    kind: Annotated[
        list[str] | None, typer.Option(help="A kind of record; repeat for more. Without it: all.")
    ] = None,
    highest: Annotated[TLP, typer.Option(help="Highest marking.")] = TLP.GREEN,
    purpose: Annotated[
        list[Purpose] | None,
        typer.Option(help="A purpose; repeat for more. Without it: informing the community."),
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="A trust group to share with it; repeat for more.")
    ] = None,
) -> None:
    """Look at a node and put it before council. Prints the fingerprint that somebody compares with the other side."""
    found = look_at_node.look(get_settings(), address, now=utc_now())
    offered = Agreement(
        kinds=tuple(kind or KINDS),
        highest_marking=highest,
        purposes=tuple(one.value for one in purpose or [Purpose.INFORM_COMMUNITY]),
        ends_on=date(ends_on.year, ends_on.month, ends_on.day),
        groups=tuple(group or ()),
    )
    with open_node() as runtime, runtime.system_unit("peer add") as unit:
        peer = propose_peer.propose(unit, found=found, agreement=offered, text=why)
    typer.echo(f"{peer.name} ({peer.node_id}) is proposed. Its key has the fingerprint")
    typer.echo(f"  {in_groups(peer.fingerprint)}")
    typer.echo("Next: somebody compares it with the other side, and council decides in the portal.")


@app.command("list")
def listing() -> None:
    """Print every known node and where it stands."""
    with open_node() as runtime, runtime.system_unit("peer list", writes=False) as unit:
        for one in list_peers.listed(unit):
            peer = one.peer
            highest = peer.agreement.highest_marking.label if peer.agreement else "-"
            typer.echo(f"{peer.node_id:20} {peer.state.value:10} {highest:18} {peer.base_url}")


@app.command()
def show(node: Node) -> None:
    """Print one node: its key, its agreement, and what is missing before council's decision takes effect."""
    with open_node() as runtime, runtime.system_unit("peer show", writes=False) as unit:
        one = list_peers.one(unit, node_id=node)
        admission = list_peers.admission(unit, one.peer)
    peer = one.peer
    for name, value in (
        ("name", peer.name),
        ("country", peer.country),
        ("address", peer.base_url),
        ("state", f"{peer.state.value} since {peer.state_since:%Y-%m-%d}"),
        ("reason", peer.state_reason),
        ("fingerprint", in_groups(peer.fingerprint)),
        ("agreement", _line(peer.agreement)),
        ("offered", _line(admission.standing.offer) if admission else ""),
        ("waiting", one.waiting),
    ):
        if value:
            typer.echo(f"{name:12} {value}")
    for text in admission.standing.missing if admission and admission.standing.offer else ():
        typer.echo(f"{'missing':12} {text}")


@app.command()
def confirm(
    node: Node,
    fingerprint: Annotated[str, typer.Option(help="As the other side reads it out.")],
    how: Annotated[str, typer.Option(help="With whom you compared it, and how.")],
) -> None:
    """Confirm the key of a node that somebody else proposed."""
    with open_node() as runtime, runtime.system_unit("peer confirm") as unit:
        propose_peer.confirm(unit, node_id=node, fingerprint=fingerprint, how=how)
    typer.echo(f"The key of {node} is confirmed.")


@app.command("apply")
def apply_(node: Node) -> None:
    """Put into force what council decided. Says what is missing where it has not."""
    with open_node() as runtime, runtime.system_unit("peer apply") as unit:
        admit_peer.apply(unit, node_id=node)
    typer.echo(f"What council decided about {node} is in force.")


@app.command()
def pause(node: Node, reason: Reason) -> None:
    """Stop serving and reading a node, at once."""
    with open_node() as runtime, runtime.system_unit("peer pause") as unit:
        pause_peer.pause(unit, node_id=node, reason=reason)
    typer.echo(f"The exchange with {node} is paused.")


@app.command()
def resume(node: Node, reason: Reason) -> None:
    """Take the exchange up again under the same agreement."""
    with open_node() as runtime, runtime.system_unit("peer resume") as unit:
        pause_peer.resume(unit, node_id=node, reason=reason)
    typer.echo(f"The exchange with {node} goes on.")


@app.command()
def end(
    node: Node,
    reason: Reason,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it: to share again, the node is proposed anew.")
    ] = False,
) -> None:
    """End the exchange with a node for good, or close a proposal."""
    if not yes:
        raise stop(f"This ends the exchange with {node} for good. Add --yes to do it.")
    with open_node() as runtime, runtime.system_unit("peer end") as unit:
        pause_peer.end(unit, node_id=node, reason=reason)
    typer.echo(f"The exchange with {node} has ended.")


def _line(agreed: Agreement | None) -> str:
    if agreed is None:
        return ""
    groups = f", groups {', '.join(agreed.groups)}" if agreed.groups else ""
    kinds = ", ".join(agreed.kinds)
    return f"{kinds} up to {agreed.highest_marking.label}, until {agreed.ends_on}{groups}"
