"""When the readers of a record are the same, when somebody is left out, and that versions always move forward."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.access import releasable_to, sent_to, visible_to
from comity.domain.audience import Audience, Stage, audience_of
from comity.domain.feed import addressed, loses_somebody, next_version, same_readers
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.peer import Peer
from comity.domain.roles import Role, Sector
from comity.domain.rules import allows
from comity.domain.tlp import TLP
from comity.domain.viewer import Viewer

NOW = datetime(2026, 11, 25, 9, 0, 0, 123456, tzinfo=UTC)
PEER = Peer("there", frozenset({"g1"}), TLP.AMBER_STRICT)
WORK = ("draft", "read_green", "read_amber")


def audience(handling: Handling, stage: Stage = Stage.LIVE) -> Audience:
    return audience_of(
        handling,
        stage=stage,
        node="here",
        organization="org-a",
        author="ann",
        assigned=frozenset(),
        trust_group="g1",
    )


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


handlings = st.builds(
    Handling,
    tlp=st.sampled_from(TLP),
    audience=st.builds(
        AudienceChoice,
        sectors=st.lists(st.sampled_from(Sector), max_size=2, unique=True).map(tuple),
        roles=st.lists(st.sampled_from([Role.READER, Role.RESEARCHER]), max_size=2, unique=True).map(tuple),
        organizations=some(["org-a", "org-b"]),
        persons=some(["ann", "bo"]),
    ),
    releasable_to=some(["node:there", "group:g1", "org:org-b"]),
)
peers = st.builds(
    Peer,
    node=st.sampled_from(["there", "elsewhere"]),
    groups=st.frozensets(st.sampled_from(["g1", "g2"])),
    highest=st.sampled_from(TLP),
)


@given(old=handlings, new=handlings, peer=peers)
def test_no_node_loses_a_record_in_silence(old: Handling, new: Handling, peer: Peer) -> None:
    """Whenever a node was sent the one and is not sent the other, the change counts as a loss."""
    before, after = audience(old), audience(new)
    had = allows(sent_to(peer), before.facts())
    if had and not allows(sent_to(peer), after.facts()):
        assert loses_somebody(before, after)


@given(old=handlings, new=handlings, peer=peers)
def test_the_same_readers_are_the_same_for_every_node(old: Handling, new: Handling, peer: Peer) -> None:
    before, after = audience(old), audience(new, Stage.ENDED)
    if same_readers(before, after):
        assert not loses_somebody(before, after)
        assert allows(sent_to(peer), before.facts()) == allows(sent_to(peer), after.facts())


def test_more_readers_is_no_loss() -> None:
    narrow = audience(Handling(tlp=TLP.GREEN, audience=AudienceChoice(organizations=("org-b",))))
    wide = audience(Handling(tlp=TLP.GREEN))
    assert not loses_somebody(narrow, wide)
    assert loses_somebody(wide, narrow)
    assert loses_somebody(wide, audience(Handling(tlp=TLP.AMBER)))


def test_who_works_on_it_takes_nothing_away() -> None:
    one = audience(Handling(tlp=TLP.GREEN))
    assert same_readers(one, replace(one, workers=frozenset()))


@pytest.mark.parametrize(
    "choice", [AudienceChoice(persons=("bo",)), AudienceChoice(organizations=("org-b",))]
)
def test_what_is_for_people_or_organizations_here_stays_here(choice: AudienceChoice) -> None:
    """S24: a GREEN record for named readers of this node is nothing for another node of the same trust group."""
    assert allows(sent_to(PEER), audience(Handling(tlp=TLP.GREEN)).facts())
    assert not allows(sent_to(PEER), audience(Handling(tlp=TLP.GREEN, audience=choice)).facts())


def test_a_notice_is_for_the_node_it_names_and_for_no_person() -> None:
    facts = addressed(owner="secretariat", to=["there"], tlp=TLP.GREEN).facts()
    other = replace(PEER, node="elsewhere")
    reader = Viewer(
        node="here",
        person="ann",
        organization="org-a",
        roles=frozenset({Role.READER}),
        groups=frozenset({"g1"}),
        powers={name: frozenset({"yes", "marking"}) for name in WORK},
    )
    assert allows(sent_to(PEER), facts)
    assert not allows(sent_to(other), facts)
    assert not allows(visible_to(reader), facts)
    assert not allows(releasable_to(PEER), facts)


def test_versions_move_forward_even_when_the_clock_does_not() -> None:
    first = next_version(NOW, None)
    assert first == NOW.replace(microsecond=123000)
    second = next_version(NOW, first)
    assert second == first + timedelta(milliseconds=1)
    assert next_version(NOW - timedelta(days=1), second) > second
    assert next_version(NOW + timedelta(days=1), second) == first + timedelta(days=1)
