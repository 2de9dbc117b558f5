"""Who can be named as the recipient of something, and what each is called: the community, organizations here, allied nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.domain.tokens import ANY
from comity.services.read import find_record, marking_of
from comity.services.unit import Unit
from comity.storage import organizations, peers


@dataclass(frozen=True)
class Recipient:
    """`token` as it is stored; `name` for people."""

    token: str
    name: str


def recipients(unit: Unit, ref: str) -> Sequence[Recipient]:
    """For a request about this record, without those for whom it is meant anyway."""
    record = find_record(unit, ref)
    tlp = marking_of(unit, record)
    group = unit.node.trust_group
    found = [Recipient(f"group:{group}", group)] if group and tlp.restriction > TLP.GREEN.restriction else []
    if tlp is not TLP.CLEAR or record.is_published:
        found.append(Recipient(ANY, ""))
    found += [
        Recipient(f"org:{one.id}", one.name)
        for one in organizations.listed(unit.db, kind="member")
        if one.id not in (record.organization, unit.viewer.organization)
    ]
    return [*found, *_nodes(unit, record)]


def _nodes(unit: Unit, record: Record) -> list[Recipient]:
    known = peers.admitted(unit.db, unit.viewer, now=unit.now)
    return [Recipient(f"node:{one.node_id}", one.name) for one in known if one.node_id != record.origin_node]


def recipient(unit: Unit, token: str) -> Recipient:
    """One that was named, with the name it has here. An organization of an ally is `org:<node>.<id>`."""
    head, _, name = token.partition(":")
    if head == "node":
        peer = peers.get(unit.db, unit.viewer, name)
        return Recipient(token, peer.name if peer else name)
    if head != "org":
        return Recipient(token, name)
    node, _, inner = name.partition(".")
    peer = peers.get(unit.db, unit.viewer, node) if inner else None
    if peer is not None:
        named = {str(one["id"]): str(one.get("name") or one["id"]) for one in peer.organizations}
        return Recipient(token, f"{named.get(inner, inner)} ({peer.name})")
    return Recipient(token, organizations.names(unit.db, {name}).get(name, name))
