"""What a record rests on: who must have agreed, and how narrow it becomes while an input is in doubt."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.audience import Audience, Stage, audience_of
from comity.domain.handling import AudienceChoice, Caveat, Handling
from comity.domain.inputs import beyond, citations, narrowed, uncovered
from comity.domain.kinds.registry import kind
from comity.domain.roles import Role, Sector
from comity.domain.tlp import TLP
from comity.domain.tokens import ANY, AccessToken

ORGS = ("uni-north", "uni-south", "firm-optics")


def published(handling: Handling, organization: str = "gov-security-office") -> Audience:
    return audience_of(
        handling,
        stage=Stage.LIVE,
        node="nordmark",
        organization=organization,
        author=f"person-of-{organization}",
        assigned=frozenset(),
        trust_group="fjord",
    )


def marked(tlp: TLP, *organizations: str, **more: Any) -> Handling:
    return Handling(tlp=tlp, audience=AudienceChoice(organizations=organizations), **more)


DERIVED = "uni-north"


@pytest.mark.parametrize(
    ("source", "derived", "asked"),
    [
        (marked(TLP.CLEAR), marked(TLP.CLEAR), set()),
        (marked(TLP.GREEN), marked(TLP.GREEN), set()),
        (marked(TLP.GREEN), marked(TLP.CLEAR), {ANY}),
        (marked(TLP.AMBER, DERIVED), marked(TLP.GREEN), {"group:fjord"}),
        (marked(TLP.AMBER, DERIVED), marked(TLP.CLEAR), {ANY}),
        (marked(TLP.AMBER, DERIVED), marked(TLP.AMBER), set()),
        (marked(TLP.AMBER, DERIVED), marked(TLP.AMBER, "uni-south"), {"org:uni-south"}),
        (marked(TLP.AMBER, DERIVED, "uni-south"), marked(TLP.AMBER, "uni-south"), set()),
        (marked(TLP.AMBER_STRICT, DERIVED), marked(TLP.AMBER), {"org:uni-north"}),
        (marked(TLP.GREEN, orcon=True), marked(TLP.GREEN), {"group:fjord"}),
        (marked(TLP.CLEAR, orcon=True), marked(TLP.CLEAR), {ANY}),
        (marked(TLP.GREEN, DERIVED), marked(TLP.GREEN), {"group:fjord"}),
        (
            Handling(tlp=TLP.GREEN, audience=AudienceChoice(roles=(Role.RESEARCHER,))),
            marked(TLP.GREEN),
            {"group:fjord"},
        ),
        (marked(TLP.GREEN, releasable_to=("node:nordmark",)), marked(TLP.GREEN), {"group:fjord"}),
    ],
)
def test_whoever_learns_more_by_it_needs_a_yes(source: Handling, derived: Handling, asked: set[str]) -> None:
    assert beyond(published(source), published(derived, DERIVED)) == asked


def test_the_originator_need_not_ask_itself_for_onward_use() -> None:
    own = marked(TLP.GREEN, orcon=True)
    assert beyond(published(own), published(marked(TLP.GREEN))) == set()
    assert beyond(published(marked(TLP.AMBER)), published(marked(TLP.GREEN))) == {"group:fjord"}


def test_a_yes_covers_what_it_names_and_what_lies_in_it() -> None:
    needed = {AccessToken("org:uni-south"), AccessToken("org:firm-optics")}
    assert uncovered(needed, ["org:uni-south"]) == {"org:firm-optics"}
    assert uncovered(needed, ["group:fjord"]) == set()
    assert uncovered({ANY}, ["group:fjord"]) == {ANY}
    assert uncovered({ANY}, [ANY]) == set()
    assert uncovered({AccessToken("person:x")}, ["group:fjord"]) == {"person:x"}
    assert uncovered({AccessToken("group:fjord")}, ["org:uni-south"]) == {"group:fjord"}


def test_every_place_that_names_a_record_is_found() -> None:
    content = {
        "title": "After RSI-kestria-ADV-2026-123456",
        "body": "See https://x.example/records/01933e0f-1111-7222-8333-444455556666.",
        "claims": [{"text": "x", "derived_from": ["RSI-nordmark-DDN-2026-111111#c2"]}],
        "related": [{"ref": "RSI-nordmark-BPR-2026-222222", "relation": "builds_on"}, {"ref": " "}, "odd"],
    }
    found = {(one.key, one.relation) for one in citations(kind("advisory"), content)}
    assert found == {
        ("RSI-kestria-ADV-2026-123456", ""),
        ("01933e0f-1111-7222-8333-444455556666", ""),
        ("RSI-nordmark-DDN-2026-111111", "copied_from"),
        ("RSI-nordmark-BPR-2026-222222", "builds_on"),
    }


def test_what_nobody_may_use_leaves_the_record_to_its_own_organization() -> None:
    for handling in (marked(TLP.CLEAR), marked(TLP.GREEN, "uni-south"), marked(TLP.AMBER, "uni-south")):
        audience = published(narrowed(handling, [None]), DERIVED)
        assert audience.tlp is TLP.AMBER_STRICT
        assert audience.organizations == {"org:uni-north"}
    assert narrowed(marked(TLP.RED), [None]).tlp is TLP.RED


def test_a_narrower_input_leaves_those_who_read_both() -> None:
    source = published(marked(TLP.AMBER, "uni-north", "uni-south"))
    found = published(narrowed(marked(TLP.GREEN), [source]), "uni-north")
    assert found.tlp is TLP.AMBER
    assert found.organizations == {"org:gov-security-office", "org:uni-north", "org:uni-south"}
    found = published(narrowed(marked(TLP.AMBER, "firm-optics", "uni-south"), [source]), "uni-north")
    assert found.organizations == {"org:uni-north", "org:uni-south"}
    found = published(narrowed(marked(TLP.GREEN, "firm-optics"), [source]), "uni-north")
    assert found.organizations == {"org:uni-north"}
    assert found.tlp.restriction >= TLP.AMBER.restriction
    here = published(marked(TLP.GREEN, releasable_to=("node:nordmark",)))
    assert published(narrowed(marked(TLP.GREEN), [here]), "uni-north").releasable == {"node:nordmark"}


handlings = st.builds(
    Handling,
    tlp=st.sampled_from([one for one in TLP if one is not TLP.RED]),
    audience=st.builds(
        AudienceChoice,
        organizations=st.sets(st.sampled_from(ORGS)).map(tuple),
        sectors=st.sets(st.sampled_from(Sector), max_size=2).map(tuple),
        roles=st.sets(st.sampled_from([Role.READER, Role.RESEARCHER]), max_size=1).map(tuple),
    ),
    releasable_to=st.sets(st.sampled_from(["node:nordmark", "node:kestria", "group:fjord"])).map(tuple),
)


@given(handlings, handlings, st.sampled_from(ORGS))
def test_what_follows_the_stricter_rule_goes_to_nobody_beyond(
    mine: Handling, theirs: Handling, organization: str
) -> None:
    """After narrowing nobody is left who would need a yes, except readers in the record's own organization; nobody is gained."""
    source, before = published(theirs), published(mine, organization)
    after = published(narrowed(mine, [source]), organization)
    assert after.tlp.restriction >= max(before.tlp.restriction, source.tlp.restriction)
    assert beyond(source, after) <= {f"org:{organization}"}
    for old, new in ((before.organizations, after.organizations), (before.sectors, after.sectors)):
        assert ANY in old or new <= old
    assert Caveat.NOENF.value.lower() in after.caveats
