"""The matrix: who may read what, as a page that lawyers and partners read. Made from the policy itself, over exemplar items,
viewers and peers of an invented node; nothing in here decides. The committed page is `policies/matrix.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from comity import policies
from comity.domain.access import body_visible_to, indexed_for, releasable_to, visible_to, why_readable
from comity.domain.audience import Audience, Stage, audience_of
from comity.domain.handling import AudienceChoice, Caveat, Handling
from comity.domain.peer import Peer
from comity.domain.roles import Role, Sector
from comity.domain.rules import allows
from comity.domain.scopes import Scope, narrowed
from comity.domain.tlp import TLP
from comity.domain.tokens import AccessToken
from comity.domain.viewer import Viewer

NODE: Final = "aurora"
GROUP: Final = "meridian"
OWNER: Final = "uni-north"
AUTHOR: Final = "author"
_CHOSEN: Final = AudienceChoice(organizations=("firm-optics",))
_NAMED: Final = AudienceChoice(persons=("named-researcher",))


@dataclass(frozen=True)
class Item:
    """One exemplar record, by its audience."""

    name: str
    audience: Audience


def _item(name: str, handling: Handling, stage: Stage = Stage.LIVE) -> Item:
    audience = audience_of(
        handling,
        stage=stage,
        node=NODE,
        organization=OWNER,
        author=AUTHOR,
        assigned=frozenset({AccessToken("role:editor"), AccessToken("person:assigned-reviewer")}),
        trust_group=GROUP,
    )
    return Item(name, audience)


def items() -> Sequence[Item]:
    """Every marking, narrowed and not, and at every stage of a record's life. All are of the University of the North."""
    clear, green = Handling(tlp=TLP.CLEAR), Handling(tlp=TLP.GREEN)
    amber = Handling(tlp=TLP.AMBER, audience=_CHOSEN)
    strict = Handling(tlp=TLP.AMBER_STRICT, audience=_CHOSEN)
    red = Handling(tlp=TLP.RED, audience=_NAMED)
    listed = Handling(tlp=TLP.AMBER, releasable_to=("node:borealis",))
    rel = Handling(tlp=TLP.GREEN, caveats=(Caveat.REL,), releasable_to=("node:borealis",))
    sector = Handling(tlp=TLP.GREEN, audience=AudienceChoice(sectors=(Sector.ACADEMIA,)))
    role = Handling(tlp=TLP.GREEN, audience=AudienceChoice(roles=(Role.RESEARCH_SECURITY_OFFICER,)))
    return (
        _item("CLEAR", clear),
        _item("GREEN", green),
        _item("GREEN for academia", sector),
        _item("GREEN for research security officers", role),
        _item("GREEN for one organization", Handling(tlp=TLP.GREEN, audience=_CHOSEN)),
        _item("GREEN, REL to node Borealis", rel),
        _item("AMBER, own organization", Handling(tlp=TLP.AMBER)),
        _item("AMBER for Fjordlys Optics", amber),
        _item("AMBER, own, releasable to Borealis", listed),
        _item("AMBER+STRICT for Fjordlys Optics", strict),
        _item("RED for one named researcher", red),
        *(_item(f"{name}, {said}", handling, stage) for name, handling in _WHOLE for stage, said in _STAGES),
        _item("AMBER body behind a tombstone", amber, Stage.SEALED),
    )


_WHOLE: Final = (
    ("CLEAR", Handling(tlp=TLP.CLEAR)),
    ("GREEN", Handling(tlp=TLP.GREEN)),
    ("AMBER for Fjordlys Optics", Handling(tlp=TLP.AMBER, audience=_CHOSEN)),
    ("RED for one named researcher", Handling(tlp=TLP.RED, audience=_NAMED)),
)
_STAGES: Final = ((Stage.WORK, "not published"), (Stage.ENDED, "expired"), (Stage.TOMBSTONE, "withdrawn"))


def _person(
    name: str,
    organization: str | None,
    sector: Sector | None,
    *roles: Role,
    client_of: str = "",
    scopes: Sequence[Scope] = (),
) -> Viewer:
    powers = policies.roles().powers("public", *roles)
    return Viewer(
        node=NODE,
        person=name,
        organization=organization,
        sector=sector,
        roles=frozenset(roles),
        groups=frozenset({GROUP}) if organization else frozenset(),
        client_of=frozenset({client_of} if client_of else ()),
        powers=narrowed(powers, scopes) if scopes else powers,
        second_factor=True,
        scopes=frozenset(scope.value for scope in scopes) if scopes else None,
    )


def viewers() -> Mapping[str, Viewer]:
    """Nobody, every role at its own place, some elsewhere, a client, an organization that lost its standing, and tokens."""
    academia, industry, rights = Sector.ACADEMIA, Sector.INDUSTRY, Sector.CIVIL_SOCIETY
    officer = Role.RESEARCH_SECURITY_OFFICER
    offices = {
        "Reviewer assigned to it": _person("assigned-reviewer", "ngo-freedom", rights, Role.REVIEWER),
        "Reviewer not assigned": _person("other-reviewer", "uni-south", academia, Role.REVIEWER),
    }
    homes: Mapping[Role, tuple[str, Sector | None]] = {
        Role.OMBUDSPERSON: ("ombuds-office", None),
        Role.AUDITOR: ("ombuds-office", None),
        Role.NODE_ADMIN: ("operator", None),
        Role.COUNCIL_MEMBER: ("ngo-freedom", rights),
        Role.EDITOR: ("secretariat", None),
        Role.INTAKE_OFFICER: ("secretariat", None),
        Role.DATA_PROTECTION_OFFICER: ("secretariat", None),
        Role.FEDERATION_OFFICER: ("secretariat", None),
    }
    for one, (home, sector) in homes.items():
        offices[policies.roles().roles[one].name] = _person(
            f"some-{one.value.replace('_', '-')}", home, sector, one
        )
    return {
        "The public": Viewer.public(NODE, policies.roles().powers("public")),
        "Its author": _person(AUTHOR, OWNER, academia, Role.CONTRIBUTOR),
        "Reader, own organization": _person("some-reader", OWNER, academia, Role.READER),
        "Researcher, own organization": _person("some-researcher", OWNER, academia, Role.RESEARCHER),
        "Security officer, own organization": _person("own-officer", OWNER, academia, officer),
        "Organization administrator, own": _person("own-admin", OWNER, academia, Role.ORGANIZATION_ADMIN),
        "Researcher of another university": _person("far-researcher", "uni-south", academia, Role.RESEARCHER),
        "The named researcher": _person("named-researcher", "uni-south", academia, Role.RESEARCHER),
        "Security officer of Fjordlys Optics": _person("firm-officer", "firm-optics", industry, officer),
        "Security officer of a client of it": _person(
            "client", "firm-lenses", industry, officer, client_of="firm-optics"
        ),
        "Government liaison": _person("liaison", "gov-security", Sector.GOVERNMENT, Role.GOVERNMENT_LIAISON),
        **offices,
        "Account of a suspended organization": _person("suspended", None, None),
        "Own officer's token, read:records": _person("own-officer", OWNER, academia, officer, scopes=_READ),
        "Own officer's token, read:amber too": _person(
            "own-officer", OWNER, academia, officer, scopes=_READ_AMBER
        ),
    }


_READ: Final = (Scope.READ_RECORDS,)
_READ_AMBER: Final = (Scope.READ_RECORDS, Scope.READ_AMBER)


def peers() -> Mapping[str, Peer]:
    """Allied nodes: in the trust group and named, in it and not named, with a low ceiling, and outside."""
    group = frozenset({GROUP})
    return {
        "Node Borealis, up to AMBER+STRICT": Peer("borealis", group, TLP.AMBER_STRICT),
        "Node Borealis, up to GREEN": Peer("borealis", group, TLP.GREEN),
        "Node Zephyr of the trust group": Peer("zephyr", group, TLP.AMBER_STRICT),
        "Node Notus, outside the group": Peer("notus", frozenset(), TLP.AMBER_STRICT),
    }


def cell(viewer: Viewer, audience: Audience) -> str:
    """`reads`, `knows` (a tombstone has no body) or `-`; with `*` where search does not find it for this viewer."""
    facts = audience.facts()
    if not allows(visible_to(viewer), facts):
        return "-"
    word = "reads" if allows(body_visible_to(viewer), facts) else "knows"
    return word if allows(indexed_for(viewer), facts) else f"{word}*"


def page() -> str:
    """The whole page, in Markdown."""
    seen, whos, nodes = items(), viewers(), peers()
    parts = [_HEAD]
    for title, chosen in (("In force", seen[:11]), ("At other stages", seen[11:])):
        rows = [[one.name, *(cell(viewer, one.audience) for viewer in whos.values())] for one in chosen]
        turned = [list(row) for row in zip(*rows, strict=True)]
        parts.append(
            f"## {title}\n\n"
            + _table(["", *turned[0]], [[who, *row] for who, row in zip(whos, turned[1:], strict=True)])
        )
    sent = [
        [name, *("goes" if allows(releasable_to(peer), one.audience.facts()) else "-" for one in seen)]
        for name, peer in nodes.items()
    ]
    turned = [[one.name, *(row[place + 1] for row in sent)] for place, one in enumerate(seen)]
    parts.append("## What may leave for an allied node\n\n" + _table(["", *nodes], turned))
    parts.append("## Why\n\n" + "\n".join(_reasons(seen, whos)) + "\n")
    return "\n".join(parts)


def _reasons(seen: Sequence[Item], whos: Mapping[str, Viewer]) -> list[str]:
    """The sentences the portal shows, each with the first item and viewer for which it is said."""
    first: dict[str, str] = {}
    for one in seen:
        for who, viewer in whos.items():
            for why in why_readable(viewer, one.audience):
                first.setdefault(why, f"- {why} ({who}: {one.name})")
    return list(first.values())


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


_HEAD: Final = """# Who may read what

Written by `make matrix` from the policy in `platform/comity/domain/access.py` and `policies/governance/roles.yaml`; a test fails
while it differs from them. Every record here is of the University of the North on the node Aurora, which is invented; the editor's
office and one reviewer are assigned to it.

`reads`: may read its content. `knows`: may know that it exists, and sees the notice of its withdrawal. `-`: cannot learn that it
exists. `*`: search does not find it for this viewer (RED is never indexed, and work is not published yet).
"""
