"""THE policy: who may read what, and to whom a record may be released. Everything else only interprets it.

`visible_to(viewer)` and `releasable_to(peer)` return rules over the facts of an audience (TLP 2.0; product 4.1.3, 4.3, H-01..H-08).
`powers` of the viewer come from `policies/governance/roles.yaml`, so the matrix is data and this module is its meaning.
"""

from __future__ import annotations

from comity.domain.audience import Audience, Stage
from comity.domain.peer import Peer
from comity.domain.rules import EVERYTHING, All, Any, AtMost, Overlaps, Rule, allows, explain
from comity.domain.tlp import TLP
from comity.domain.tokens import ANY, tokens
from comity.domain.viewer import Viewer

_ANYONE = frozenset({ANY})


def visible_to(viewer: Viewer) -> Rule:
    """The rule that an item's facts must satisfy for `viewer` to learn that it exists."""
    kept: Rule | None = viewer.worked_out.get("visible")
    if kept is None:
        kept = viewer.worked_out["visible"] = _visible(viewer)
    return kept


def _visible(viewer: Viewer) -> Rule:
    if viewer.is_system:
        return EVERYTHING
    if viewer.peer is not None:
        return sent_to(viewer.peer)
    published = All((_stages(Stage.LIVE, Stage.ENDED, Stage.TOMBSTONE), Any(_published_readings(viewer))))
    return Any((published, _as_worker(viewer)))


def body_visible_to(viewer: Viewer) -> Rule:
    """As `visible_to`, but for the content: a tombstone has none."""
    if viewer.is_system:
        return EVERYTHING
    kept: Rule | None = viewer.worked_out.get("body")
    if kept is None:
        stages = _stages(Stage.WORK, Stage.LIVE, Stage.ENDED)
        kept = viewer.worked_out["body"] = All((visible_to(viewer), stages))
    return kept


def marked_for(viewer: Viewer) -> Rule:
    """The markings this viewer may read, whatever the stage: for log entries about the making of what is published now."""
    return EVERYTHING if viewer.is_system else Any(_published_readings(viewer))


def indexed_for(viewer: Viewer) -> Rule:
    """What search may draw on: published and never RED (H-03), even for a named reader."""
    labels = (TLP.CLEAR, TLP.GREEN, TLP.AMBER, TLP.AMBER_STRICT)
    return All((visible_to(viewer), _stages(Stage.LIVE, Stage.ENDED, Stage.TOMBSTONE), _tlp(*labels)))


def fetchable_by(viewer: Viewer) -> Rule:
    """What a machine may fetch over TAXII: an allied node what is sent to it, a person's token what is published up to GREEN.

    Stricter records ask a person for a purpose at each opening (H-08), which a machine cannot give.
    """
    if viewer.is_system or viewer.peer is not None:
        return visible_to(viewer)
    kept: Rule | None = viewer.worked_out.get("fetchable")
    if kept is None:
        stages = _stages(Stage.LIVE, Stage.ENDED, Stage.TOMBSTONE)
        kept = All((visible_to(viewer), stages, _tlp(TLP.CLEAR, TLP.GREEN)))
        viewer.worked_out["fetchable"] = kept
    return kept


def _stages(*stages: Stage) -> Rule:
    return Overlaps("stage", frozenset(stage.value for stage in stages))


def _tlp(*labels: TLP, why: str = "") -> Rule:
    return Overlaps("tlp", frozenset(label.token for label in labels), why)


def _released(viewer: Viewer) -> Rule:
    return Overlaps("releasable", viewer.release_tokens)


def _narrowed(viewer: Viewer) -> Rule:
    """The chosen sectors, roles and persons, each `any` where not narrowed."""
    return All(
        (
            Overlaps("sectors", viewer.sector_token | _ANYONE),
            Overlaps("roles", viewer.role_tokens | _ANYONE),
            Overlaps("persons", viewer.person_token | _ANYONE),
        )
    )


def _published_readings(viewer: Viewer) -> tuple[Rule, ...]:
    return (
        _clear(viewer),
        _green(viewer),
        _amber(viewer),
        _amber_strict(viewer),
        _red(viewer),
        _assigned(viewer),
    )


def _clear(viewer: Viewer) -> Rule:
    return All((_tlp(TLP.CLEAR, why="It is marked TLP:CLEAR, which anyone may read."), _released(viewer)))


def _green(viewer: Viewer) -> Rule:
    if not viewer.may("read_green"):
        return Any(())
    organizations = Overlaps("organizations", viewer.organization_token | _ANYONE)
    why = "It is marked TLP:GREEN and you are a verified member of the community it is for."
    return All((_tlp(TLP.GREEN, why=why), organizations, _narrowed(viewer), _released(viewer)))


def _amber(viewer: Viewer) -> Rule:
    if not viewer.may("read_amber", "marking"):
        return Any(())
    recipients = Any(
        (
            Overlaps(
                "organizations",
                viewer.organization_token,
                "Your organization is one of its named recipients.",
            ),
            Overlaps(
                "organizations",
                viewer.provider_tokens,
                "Your organization is a registered client of a named recipient.",
            ),
        )
    )
    why = "It is marked TLP:AMBER and your role may read what your organization receives."
    return All((_tlp(TLP.AMBER, why=why), recipients, _narrowed(viewer), _released(viewer)))


def _amber_strict(viewer: Viewer) -> Rule:
    if not viewer.may("read_amber", "marking"):
        return Any(())
    recipients = Overlaps(
        "organizations", viewer.organization_token, "Your organization is one of its named recipients."
    )
    why = "It is marked TLP:AMBER+STRICT and your role may read what your organization receives."
    return All((_tlp(TLP.AMBER_STRICT, why=why), recipients, _narrowed(viewer), _released(viewer)))


def _red(viewer: Viewer) -> Rule:
    if not viewer.may("read_red"):
        return Any(())
    named = Overlaps(
        "persons", viewer.person_token, "It is marked TLP:RED and you are one of its named recipients."
    )
    assigned = Overlaps("workers", viewer.person_token | viewer.role_tokens, "It was assigned to you.")
    ways: list[Rule] = []
    if viewer.may("read_red", "named"):
        ways.append(named)
    if viewer.may("read_red", "asg_named"):
        ways.append(All((named, assigned)))
    if viewer.may("read_red", "asg"):
        ways.append(assigned)
    return All((_tlp(TLP.RED), Any(tuple(ways))))


def _assigned(viewer: Viewer) -> Rule:
    """Those who worked on a record keep reading it, also where its audience was narrowed past them; RED asks for more (`_red`)."""
    labels: list[TLP] = []
    if viewer.may("read_green"):
        labels.append(TLP.GREEN)
    if viewer.may("read_amber"):
        labels += [TLP.AMBER, TLP.AMBER_STRICT]
    if not labels:
        return Any(())
    working = Overlaps(
        "workers", viewer.person_token | viewer.role_tokens, "You wrote it, or it was assigned to you."
    )
    return All((_tlp(*labels), working))


def _as_worker(viewer: Viewer) -> Rule:
    """Unpublished work: the author and those assigned, within the markings that their roles may read at all."""
    if not viewer.signed_in:
        return Any(())
    working = Overlaps(
        "workers", viewer.person_token | viewer.role_tokens, "You wrote it, or it was assigned to you."
    )
    within = [_tlp(TLP.CLEAR)]
    if viewer.may("read_green"):
        within.append(_tlp(TLP.GREEN))
    if viewer.may("read_amber"):
        within.append(_tlp(TLP.AMBER, TLP.AMBER_STRICT))
    if viewer.may("read_red"):
        within.append(All((_tlp(TLP.RED), Overlaps("persons", viewer.person_token))))
    return All((_stages(Stage.WORK), working, Any(tuple(within))))


def releasable_to(peer: Peer) -> Rule:
    """The rule for what may leave for `peer`: RED never by sync (F-04), AMBER only to what `releasable_to` names (F-02)."""
    named = tokens("node", [peer.node]) | tokens("org", peer.organizations)
    community = tokens("group", peer.groups)
    clear = All(
        (
            _tlp(TLP.CLEAR, why="TLP:CLEAR goes to any node."),
            Overlaps("releasable", named | community | _ANYONE),
        )
    )
    green = All(
        (
            _tlp(TLP.GREEN, why="TLP:GREEN goes to nodes of the trust group."),
            Overlaps("releasable", named | community),
        )
    )
    amber = All(
        (
            _tlp(TLP.AMBER, TLP.AMBER_STRICT, why="The originator named this node or an organization at it."),
            Overlaps("releasable", named),
        )
    )
    ceiling = min(peer.highest.restriction, TLP.AMBER_STRICT.restriction)
    stages = _stages(Stage.LIVE, Stage.ENDED, Stage.TOMBSTONE)
    return All((stages, AtMost("restriction", ceiling), Any((clear, green, amber))))


def sent_to(peer: Peer) -> Rule:
    """What stands in the feed for `peer`: CLEAR and GREEN as they are released, and what is addressed to it by name.

    AMBER travels only inside a release that is addressed (F-02), so a restricted record itself never stands in a feed. What was
    narrowed to organizations or persons of this node stays here: nobody at the other node is among them.
    """
    stages = _stages(Stage.LIVE, Stage.ENDED, Stage.TOMBSTONE)
    to_all = (Overlaps("organizations", _ANYONE), Overlaps("persons", _ANYONE))
    shared = All((stages, _tlp(TLP.CLEAR, TLP.GREEN), releasable_to(peer), *to_all))
    ceiling = min(peer.highest.restriction, TLP.AMBER_STRICT.restriction)
    addressed = All(
        (
            _stages(Stage.ADDRESSED),
            AtMost("restriction", ceiling),
            Overlaps("releasable", tokens("node", [peer.node]), "It is addressed to this node."),
        )
    )
    return Any((shared, addressed))


def may_read(viewer: Viewer, audience: Audience) -> bool:
    """May `viewer` know of a record with this audience?"""
    return allows(visible_to(viewer), audience.facts())


def may_read_body(viewer: Viewer, audience: Audience) -> bool:
    """May `viewer` read the content of a record with this audience?"""
    return allows(body_visible_to(viewer), audience.facts())


def why_readable(viewer: Viewer, audience: Audience) -> list[str]:
    """“You can read this because …”, in plain sentences; empty when the viewer may not read it."""
    if viewer.is_system:
        return [f"A job of the node reads it: {viewer.system_reason}."]
    return list(dict.fromkeys(explain(visible_to(viewer), audience.facts())))
