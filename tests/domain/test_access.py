"""The access laws of the house, on the policy itself: each with an item that could leak and a viewer who must not learn of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.domain.access import body_visible_to, indexed_for, may_read, releasable_to, why_readable
from comity.domain.audience import Audience, Stage, audience_of
from comity.domain.handling import AudienceChoice, Caveat, Handling
from comity.domain.peer import Peer
from comity.domain.roles import Role, Sector
from comity.domain.rules import allows
from comity.domain.tlp import TLP, parse_tlp, strictest
from comity.domain.tokens import BadToken, token
from comity.domain.viewer import Viewer
from tests.factories import PEOPLE, World, person_id

WORLD = World()
OWNER = "gov-security-office"
EVERYBODY = ("public", *PEOPLE)


def item(
    tlp: TLP, *, stage: Stage = Stage.LIVE, assigned: frozenset[str] = frozenset(), **handling: object
) -> Audience:
    """A record of the government office, by its liaison."""
    return audience_of(
        Handling.model_validate({"tlp": tlp, **handling}),
        stage=stage,
        node=WORLD.node.node_id,
        organization=OWNER,
        author=person_id("liaison"),
        assigned=frozenset(token(name) for name in assigned),
        trust_group=WORLD.node.trust_group,
    )


def readers(audience: Audience) -> set[str]:
    return {who for who in EVERYBODY if may_read(WORLD.viewer(who), audience)}


def test_clear_is_for_anyone() -> None:
    assert readers(item(TLP.CLEAR)) == set(EVERYBODY)


def test_green_is_for_members_and_not_for_the_public_or_the_operator() -> None:
    assert readers(item(TLP.GREEN)) == set(EVERYBODY) - {"public", "node_admin"}


def test_amber_is_for_those_who_need_to_know_in_the_recipient_organizations() -> None:
    audience = item(TLP.AMBER, audience={"organizations": ["uni-north"]})
    assert readers(audience) == {"liaison", "researcher", "security_officer"}


def test_amber_without_a_recipient_stays_with_its_owner() -> None:
    assert readers(item(TLP.AMBER)) == {"liaison"}


def test_a_client_reads_amber_and_not_amber_strict() -> None:
    world = WORLD.client_of("firm-optics", "uni-north")
    client = world.viewer("contributor")
    named = AudienceChoice(organizations=("uni-north",))
    assert may_read(client, item(TLP.AMBER, audience=named))
    assert not may_read(client, item(TLP.AMBER_STRICT, audience=named))


def test_red_is_for_named_readers_only() -> None:
    audience = item(TLP.RED, audience={"persons": [person_id("researcher")]})
    assert readers(audience) == {"researcher", "liaison"}


def test_red_that_names_nobody_is_read_by_its_author_alone() -> None:
    assert readers(item(TLP.RED)) == {"liaison"}


def test_red_is_in_nobodys_index() -> None:
    """H-03: not even in that of its named readers."""
    audience = item(TLP.RED, audience={"persons": [person_id("researcher")]})
    assert not allows(indexed_for(WORLD.viewer("researcher")), audience.facts())


def test_a_reviewer_reads_red_only_when_asked_and_named() -> None:
    asked = item(TLP.RED, assigned=frozenset({f"person:{person_id('reviewer_uni')}"}))
    both = item(
        TLP.RED,
        assigned=frozenset({f"person:{person_id('reviewer_uni')}"}),
        audience={"persons": [person_id("reviewer_uni")]},
    )
    named = item(TLP.RED, audience={"persons": [person_id("reviewer_uni")]})
    reviewer = WORLD.viewer("reviewer_uni")
    assert [may_read(reviewer, one) for one in (asked, named, both)] == [False, False, True]


def test_the_node_administrator_reads_nothing_above_clear() -> None:
    administrator = WORLD.viewer("node_admin")
    for tlp in (TLP.GREEN, TLP.AMBER, TLP.AMBER_STRICT, TLP.RED):
        for stage in Stage:
            audience = item(
                tlp,
                stage=stage,
                audience={"organizations": ["operator"], "persons": [person_id("node_admin")]},
                assigned=frozenset({f"person:{person_id('node_admin')}", "role:node_admin"}),
            )
            assert not may_read(administrator, audience), (tlp, stage)


def test_the_auditor_reads_nothing_above_green() -> None:
    auditor = WORLD.viewer("auditor")
    assert may_read(auditor, item(TLP.GREEN))
    assert not may_read(auditor, item(TLP.AMBER, audience={"organizations": ["ombuds-office"]}))


@pytest.mark.parametrize(
    ("choice", "inside", "outside"),
    [
        ({"sectors": ["academia"]}, "researcher", "contributor"),
        ({"roles": ["research_security_officer"]}, "security_officer", "researcher"),
        ({"organizations": ["uni-south"]}, "researcher_south", "researcher"),
        ({"persons": [person_id("researcher")]}, "researcher", "researcher_south"),
    ],
)
def test_an_audience_narrows(choice: dict[str, list[str]], inside: str, outside: str) -> None:
    audience = item(TLP.GREEN, audience=choice)
    assert may_read(WORLD.viewer(inside), audience)
    assert not may_read(WORLD.viewer(outside), audience)


@pytest.mark.parametrize("tlp", [TLP.AMBER, TLP.AMBER_STRICT])
def test_an_audience_never_widens(tlp: TLP) -> None:
    """Naming a sector, a role or a person of another organization does not make that organization a recipient."""
    choice = {"sectors": ["academia"], "roles": ["researcher"], "persons": [person_id("researcher")]}
    assert not may_read(WORLD.viewer("researcher"), item(tlp, audience=choice))


def test_an_empty_group_means_nobody() -> None:
    audience = replace(item(TLP.GREEN), organizations=frozenset(), workers=frozenset())
    assert readers(audience) == set()


def test_rel_limits_to_those_listed() -> None:
    audience = item(TLP.GREEN, caveats=[Caveat.REL], releasable_to=["org:uni-north"])
    assert readers(audience) == {"liaison", "researcher", "security_officer", "organization_admin"}


def test_a_viewer_of_another_node_is_no_local_member() -> None:
    """Flags are scoped to the node that set them (class S3)."""
    stranger = replace(WORLD.viewer("researcher"), node="elsewhere", groups=frozenset())
    assert not may_read(stranger, item(TLP.GREEN))


@pytest.mark.parametrize("tlp", list(TLP))
def test_a_draft_is_for_its_author_and_those_assigned(tlp: TLP) -> None:
    audience = item(tlp, stage=Stage.WORK, audience={"organizations": ["uni-north"]})
    assert readers(audience) == {"liaison"}
    given = item(tlp, stage=Stage.WORK, assigned=frozenset({f"person:{person_id('reviewer_ngo')}"}))
    assert readers(given) == {"liaison"} | ({"reviewer_ngo"} if tlp is not TLP.RED else set())


def test_those_who_worked_on_a_narrowed_record_keep_reading_it() -> None:
    audience = item(
        TLP.GREEN,
        audience={"roles": ["research_security_officer"]},
        assigned=frozenset({f"person:{person_id('reviewer_ngo')}"}),
    )
    assert readers(audience) == {"security_officer", "liaison", "reviewer_ngo"}


@pytest.mark.parametrize("tlp", list(TLP))
def test_what_is_sealed_is_for_nobody(tlp: TLP) -> None:
    assert readers(item(tlp, stage=Stage.SEALED, audience={"organizations": ["uni-north"]})) == set()


def test_a_tombstone_is_seen_by_former_readers_without_a_body() -> None:
    audience = item(TLP.GREEN, stage=Stage.TOMBSTONE)
    researcher = WORLD.viewer("researcher")
    assert may_read(researcher, audience)
    assert not allows(body_visible_to(researcher), audience.facts())
    assert not may_read(WORLD.viewer("public"), audience)


def test_an_organization_that_is_not_verified_gives_its_people_nothing() -> None:
    unverified = Viewer(node=WORLD.node.node_id, person="person-x", powers=WORLD.viewer("public").powers)
    assert not may_read(unverified, item(TLP.GREEN))
    assert may_read(unverified, item(TLP.CLEAR))


def test_reasons_are_given_to_those_who_may_read_and_to_nobody_else() -> None:
    audience = item(TLP.AMBER, audience={"organizations": ["uni-north"]})
    assert any(
        "organization is one of its named recipients" in why
        for why in why_readable(WORLD.viewer("researcher"), audience)
    )
    assert why_readable(WORLD.viewer("reader"), audience) == []


def test_red_and_unnamed_amber_never_leave_for_a_peer() -> None:
    """F-02, F-04."""
    ally = Peer(node="north-sea", groups=frozenset({"fjord"}), highest=TLP.RED)
    leaves = {tlp: allows(releasable_to(ally), item(tlp).facts()) for tlp in TLP}
    assert leaves == {
        TLP.CLEAR: True,
        TLP.GREEN: True,
        TLP.AMBER: False,
        TLP.AMBER_STRICT: False,
        TLP.RED: False,
    }
    named = item(TLP.AMBER, releasable_to=["node:north-sea"])
    assert allows(releasable_to(ally), named.facts())
    assert not allows(releasable_to(replace(ally, highest=TLP.GREEN)), named.facts())
    assert not allows(releasable_to(replace(ally, groups=frozenset())), item(TLP.GREEN).facts())


def test_a_system_viewer_says_why() -> None:
    with pytest.raises(ValueError, match="reason"):
        Viewer.system("nordmark", "")
    assert may_read(Viewer.system("nordmark", "rebuild the index"), item(TLP.RED))


def test_an_unknown_marking_is_read_as_the_most_restrictive() -> None:
    assert parse_tlp("TLP:PURPLE") is TLP.RED
    assert parse_tlp("tlp:white") is TLP.CLEAR
    assert parse_tlp("TLP: AMBER+STRICT") is TLP.AMBER_STRICT
    assert strictest([]) is TLP.RED
    assert strictest([TLP.GREEN, TLP.AMBER_STRICT, TLP.AMBER]) is TLP.AMBER_STRICT


@pytest.mark.parametrize(
    "text", ["org:Uni", "org:a b", "org:é", "sector:*", "org:", "", "org:a\n", "org:" + "a" * 200]
)
def test_tokens_are_lowercase_ascii_of_one_grammar(text: str) -> None:
    with pytest.raises(BadToken):
        token(text)


@pytest.mark.parametrize("role", list(Role))
def test_no_role_alone_reads_amber_of_another_organization(role: Role) -> None:
    """The matrix says “marking” or “assigned”, never “all”."""
    from comity import policies

    powers = policies.roles().powers("public", role)
    viewer = replace(
        WORLD.viewer("researcher"), roles=frozenset({role}), powers=powers, sector=Sector.ACADEMIA
    )
    assert not may_read(viewer, item(TLP.AMBER))
    assert not may_read(viewer, item(TLP.AMBER_STRICT))
