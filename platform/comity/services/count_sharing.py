"""What the transparency report says of sharing: releases, requests to pass a record on, proposed corrections (G-43)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from comity.services.unit import Unit
from comity.storage import onward, proposals, releases

Rows = list[tuple[str, ...]]


def counted(system: Unit, since: datetime, until: datetime) -> Iterator[tuple[str, tuple[str, ...], Rows]]:
    """Title, columns and rows of each table, for what was asked for in the time. `until` is not included."""
    here = system.node.node_id
    yield (
        "Releases of restricted records asked for, by allied node",
        ("node", "outcome"),
        [(one.node_id, one.state) for one in releases.between(system.db, since, until)],
    )
    yield (
        "Requests to pass a record on",
        ("asked", "outcome"),
        [
            (_way(one.outward, one.node_id, here), one.state)
            for one in onward.between(system.db, since, until)
        ],
    )
    yield (
        "Corrections proposed to an originator",
        ("proposed", "outcome"),
        [
            (_way(one.outward, one.node_id, here), one.state)
            for one in proposals.between(system.db, since, until)
        ],
    )


def _way(outward: bool, node: str, here: str) -> str:
    if outward:
        return "to another node"
    return "within this node" if node == here else "by another node"
