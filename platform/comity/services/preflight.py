"""The audience pre-flight: before anything is submitted, exactly who will read it, and who gains or loses access by this edit.

Computed by the same rule that enforces access, over every account that can sign in; nothing here knows a policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from comity.domain.access import may_read_body
from comity.domain.audience import Audience, Stage
from comity.domain.errors import NotFound
from comity.domain.handling import AttributionMode, Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.domain.viewer import Viewer
from comity.services.draft import full_content
from comity.services.settle import audience_for
from comity.services.unit import Unit
from comity.storage import organizations, people, records, revisions


@dataclass(frozen=True)
class Group:
    """People of one organization. `sector` is empty for the secretariat and the operator."""

    node: str
    organization: str
    name: str
    sector: str
    people: int


@dataclass(frozen=True)
class Readers:
    """Who can read: by organization, with totals by sector. `anyone` is true when people who are not signed in can read too."""

    anyone: bool
    groups: Sequence[Group]

    @property
    def people(self) -> int:
        """Head-count of those who sign in."""
        return sum(group.people for group in self.groups)

    @property
    def by_sector(self) -> Mapping[str, int]:
        """Head-count by sector, government first."""
        found: dict[str, int] = {}
        for group in self.groups:
            found[group.sector] = found.get(group.sector, 0) + group.people
        return found

    @property
    def by_node(self) -> Mapping[str, int]:
        """Head-count by node."""
        found: dict[str, int] = {}
        for group in self.groups:
            found[group.node] = found.get(group.node, 0) + group.people
        return found


@dataclass(frozen=True)
class Portion:
    """Claims that carry a stricter marking, and who reads them."""

    tlp: TLP
    claims: int
    readers: Readers


@dataclass(frozen=True)
class Preflight:
    """`before` is who reads the version in force now; without one, nobody does. `gains` and `loses` are the difference."""

    tlp: TLP
    after: Readers
    before: Readers
    gains: Readers
    loses: Readers
    portions: Sequence[Portion]
    nodes_beyond: Sequence[str]
    attribution_mode: AttributionMode


def preflight(unit: Unit, *, ref: str, handling: Handling | None = None) -> Preflight:
    """The audience of the working version of `ref` once it is published, under `handling` or the one saved with it.

    For its author alone: who else reads a record, and who reviewed it, is nobody else's to count.
    """
    record = records.get(unit.db, unit.viewer, ref)
    working = revisions.get(unit.db, unit.viewer, record.working_revision_id) if record else None
    if record is None or working is None or record.author != unit.viewer.person:
        raise NotFound
    chosen = handling or working.handling
    everybody = people.viewers(unit.db)
    after = _read_by(everybody, audience_for(unit, record, chosen, Stage.LIVE))
    before = _now(unit, record, everybody)
    public = Viewer.public(unit.node.node_id)
    anyone_after = may_read_body(public, audience_for(unit, record, chosen, Stage.LIVE))
    anyone_before = before is not None and before[1]
    old = before[0] if before else frozenset()
    names = {
        one.id: (one.name, one.sector.value if one.sector else "")
        for one in organizations.listed(unit.db, states=())
    }

    def readers(who: Iterable[Viewer], anyone: bool) -> Readers:
        return Readers(anyone, _grouped(unit.node.node_id, who, names))

    new = frozenset(after)
    return Preflight(
        tlp=chosen.tlp,
        after=readers(new, anyone_after),
        before=readers(old, anyone_before),
        gains=readers(new - old, anyone_after and not anyone_before),
        loses=readers(old - new, anyone_before and not anyone_after),
        portions=_portions(unit, record, full_content(unit, working), chosen, everybody, names),
        nodes_beyond=_beyond(unit, chosen),
        attribution_mode=chosen.attribution_mode,
    )


def _read_by(everybody: Sequence[Viewer], audience: Audience) -> frozenset[Viewer]:
    return frozenset(viewer for viewer in everybody if may_read_body(viewer, audience))


def _now(unit: Unit, record: Record, everybody: Sequence[Viewer]) -> tuple[frozenset[Viewer], bool] | None:
    revision = revisions.get(unit.db, unit.viewer, record.published_revision_id)
    if revision is None:
        return None
    audience = audience_for(unit, record, revision.handling, Stage.LIVE)
    return _read_by(everybody, audience), may_read_body(Viewer.public(unit.node.node_id), audience)


def _grouped(node: str, who: Iterable[Viewer], names: Mapping[str, tuple[str, str]]) -> list[Group]:
    counts: dict[str, int] = {}
    for viewer in who:
        home = viewer.organization or ""
        counts[home] = counts.get(home, 0) + 1
    groups = [
        Group(
            node,
            home,
            names.get(home, (home or "No verified organization", ""))[0],
            names.get(home, ("", ""))[1],
            count,
        )
        for home, count in counts.items()
    ]
    return sorted(groups, key=lambda group: (group.sector or "~", group.name))


def _portions(
    unit: Unit,
    record: Record,
    content: Mapping[str, object],
    handling: Handling,
    everybody: Sequence[Viewer],
    names: Mapping[str, tuple[str, str]],
) -> list[Portion]:
    marks: dict[TLP, int] = {}
    claims = content.get("claims")
    for claim in claims if isinstance(claims, list) else []:
        mark = str(claim.get("tlp") or "")
        if mark in TLP._value2member_map_ and TLP(mark).restriction > handling.tlp.restriction:
            marks[TLP(mark)] = marks.get(TLP(mark), 0) + 1
    found = []
    for mark, count in sorted(marks.items(), key=lambda one: one[0].restriction):
        who = _read_by(everybody, audience_for(unit, record, handling.tightened(mark), Stage.LIVE))
        found.append(Portion(mark, count, Readers(False, _grouped(unit.node.node_id, who, names))))
    return found


def _beyond(unit: Unit, handling: Handling) -> list[str]:
    """Where it may go beyond this node, in words of the handling itself."""
    listed = [name for name in handling.releasable_to if name != f"node:{unit.node.node_id}"]
    if handling.tlp is TLP.CLEAR:
        return ["any node", *listed]
    if handling.tlp is TLP.GREEN and not listed:
        return [f"group:{unit.node.trust_group}"]
    return listed if handling.tlp is not TLP.RED else []
