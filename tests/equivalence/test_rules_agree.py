"""One policy, one answer: Python, SQL on both databases, both search engines, lists and single reads agree on random worlds.

A world is a handful of random audiences with a record each; a viewer is random too, and need not make sense. What an engine
would show beyond what `allows` says is a leak, and what it would hide is a loss; either fails here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from comity import policies
from comity.domain import rules
from comity.domain.access import body_visible_to, indexed_for, releasable_to, visible_to
from comity.domain.audience import Audience, Stage, audience_of
from comity.domain.handling import AudienceChoice, Caveat, Handling
from comity.domain.lifecycle_facts import State
from comity.domain.peer import Peer
from comity.domain.record import Record
from comity.domain.roles import Role, Sector
from comity.domain.rules import AtMost, Overlaps, Rule, allows
from comity.domain.scopes import Scope, narrowed
from comity.domain.tlp import TLP
from comity.domain.tokens import AccessToken
from comity.domain.viewer import Viewer
from comity.search.port import Document, Query
from comity.services.engines import index_for
from comity.storage import audiences, records
from comity.storage.engine import open_session
from tests.factories import make_database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ORGANIZATIONS = ["org-a", "org-b", "org-c"]
PERSONS = ["ann", "bo", "cy"]
RELEASES = ["node:here", "node:there", "group:g1", "group:g2", "org:org-a", "org:org-b"]


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


choices = st.builds(
    AudienceChoice,
    sectors=st.lists(st.sampled_from(Sector), max_size=2, unique=True).map(tuple),
    roles=st.lists(st.sampled_from(Role), max_size=2, unique=True).map(tuple),
    organizations=some(ORGANIZATIONS),
    persons=some(PERSONS),
)
handlings = st.builds(
    Handling,
    tlp=st.sampled_from(TLP),
    audience=st.one_of(st.just(AudienceChoice()), choices),
    releasable_to=some(RELEASES),
    orcon=st.booleans(),
    caveats=st.lists(st.sampled_from(Caveat), max_size=3, unique=True).map(tuple),
)
audience_facts = st.builds(
    audience_of,
    handlings,
    stage=st.sampled_from(Stage),
    node=st.just("here"),
    organization=st.sampled_from(ORGANIZATIONS),
    author=st.sampled_from(PERSONS),
    assigned=st.frozensets(
        st.sampled_from([AccessToken("role:editor"), AccessToken("role:reviewer"), AccessToken("person:bo")]),
        max_size=2,
    ),
    trust_group=st.just("g1"),
)


@st.composite
def viewers(draw: st.DrawFn) -> Viewer:
    if draw(st.integers(0, 9)) == 0:
        return Viewer.public("here", policies.roles().powers("public"))
    roles = draw(st.frozensets(st.sampled_from(Role), max_size=3))
    powers = policies.roles().powers("public", *sorted(roles))
    scopes = draw(st.none() | st.frozensets(st.sampled_from(Scope), max_size=3))
    return Viewer(
        node="here",
        person=draw(st.sampled_from(PERSONS)),
        organization=draw(st.none() | st.sampled_from(ORGANIZATIONS)),
        sector=draw(st.none() | st.sampled_from(Sector)),
        roles=roles,
        groups=draw(st.frozensets(st.sampled_from(["g1", "g2"]))),
        client_of=draw(st.frozensets(st.sampled_from(ORGANIZATIONS), max_size=1)),
        powers=powers if scopes is None else narrowed(powers, scopes),
        second_factor=draw(st.booleans()),
        scopes=None if scopes is None else frozenset(scope.value for scope in scopes),
    )


peers = st.builds(
    Peer,
    node=st.sampled_from(["here", "there", "elsewhere"]),
    groups=st.frozensets(st.sampled_from(["g1", "g2"])),
    highest=st.sampled_from(TLP),
    organizations=st.frozensets(st.sampled_from(ORGANIZATIONS), max_size=1),
)
leaves: st.SearchStrategy[Rule] = st.one_of(
    st.builds(Overlaps, st.just("stage"), st.frozensets(st.sampled_from([stage.value for stage in Stage]))),
    st.builds(Overlaps, st.just("tlp"), st.frozensets(st.sampled_from([label.token for label in TLP]))),
    st.builds(Overlaps, st.just("owner"), st.frozensets(st.sampled_from(["org:org-a", "org:org-b", "org:"]))),
    st.builds(
        Overlaps,
        st.sampled_from(["organizations", "persons", "sectors", "roles", "workers", "releasable", "caveats"]),
        st.frozensets(
            st.sampled_from(
                [
                    "any",
                    "org:org-a",
                    "person:ann",
                    "role:editor",
                    "node:here",
                    "orcon",
                    "%",
                    "or'g",
                    "sector:academia",
                ]
            ),
            max_size=3,
        ),
    ),
    st.builds(AtMost, st.just("restriction"), st.integers(-1, 6)),
)
any_rule: st.SearchStrategy[Rule] = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(rules.All, st.lists(parts, max_size=3).map(tuple)),
        st.builds(rules.Any, st.lists(parts, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
worlds = st.lists(audience_facts, min_size=1, max_size=6, unique_by=lambda one: one.digest())


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    where: Path | str = tmp_path_factory.mktemp("agree") / "node.db"
    if request.param == "postgres":
        create: Callable[[str], str] = request.getfixturevalue("postgres_database")
        where = create("agree")
    opened = make_database(where)
    yield opened
    opened.dispose()


def put(db: Session, world: list[Audience]) -> dict[int, Audience]:
    """A record for each audience, indexed where it may be; record id -> audience."""
    placed = {}
    index = index_for(db.connection())
    for number, audience in enumerate(world):
        audience_id = audiences.ensure(db, audience)
        uid = str(uuid4())
        record = records.add(
            db,
            Record(
                id=0, uid=uid, ref=f"RSI-here-ADV-2026-{number}-{uid}", kind="advisory", subtype="general",
                state=State.PUBLISHED, audience_id=audience_id, origin_node="here", organization="org-a", sector="academia",
                author="ann", created_at=NOW, updated_at=NOW, state_since=NOW, published_at=NOW,
            ),
        )  # fmt: skip
        placed[record.id] = audience
        if audience.tlp is not TLP.RED:
            index.put(
                [
                    Document(
                        record.id,
                        audience_id,
                        1,
                        "advisory",
                        "general",
                        "A lantern in the harbour",
                        published_at=1,
                    )
                ]
            )
    return placed


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(world=worlds, viewer=viewers())
def test_every_reader_of_the_policy_shows_the_same_records(
    engine: sa.Engine, world: list[Audience], viewer: Viewer
) -> None:
    with open_session(engine, writes=True) as db:
        placed = put(db, world)
        known = {one for one, audience in placed.items() if allows(visible_to(viewer), audience.facts())}
        read = {one for one, audience in placed.items() if allows(body_visible_to(viewer), audience.facts())}
        found = {one for one, audience in placed.items() if allows(indexed_for(viewer), audience.facts())}

        assert {one.id for one in records.listing(db, viewer, limit=100)} == known
        assert set(records.by_ids(db, viewer, list(placed))) == known
        assert sum(records.counts(db, viewer, "kind").values()) == len(known)
        every = records.page(db, Viewer.system("here", "test"), after=0, limit=100)
        assert {one.id for one in every if records.get(db, viewer, one.ref) is not None} == known
        assert {one.id for one in every if records.get(db, viewer, one.uid, body=True) is not None} == read

        engine_of = index_for(db.connection())
        results = engine_of.search(
            Query("lantern", audiences.ids_for(db, indexed_for(viewer)), include_ended=True, facets=("kind",))
        )
        assert {hit.record_id for hit in results.hits} == found
        assert results.total == len(found)
        assert sum(results.facet_counts.get("kind", {}).values()) == len(found)
        assert found <= known
        assert read <= known


@quick
@given(world=worlds, rule=st.one_of(any_rule, peers.map(releasable_to)))
def test_a_rule_means_the_same_in_python_and_in_sql(
    engine: sa.Engine, world: list[Audience], rule: Rule
) -> None:
    with open_session(engine, writes=True) as db:
        ids = {audiences.ensure(db, audience): audience for audience in world}
        expected = {one for one, audience in ids.items() if allows(rule, audience.facts())}
        assert audiences.ids_for(db, rule) == expected
        assert {one: audiences.load(db, one) for one in ids} == ids


@given(world=worlds, peer=peers)
def test_nothing_marked_red_or_in_work_ever_leaves(world: list[Audience], peer: Peer) -> None:
    for audience in world:
        if allows(releasable_to(peer), audience.facts()):
            assert audience.tlp is not TLP.RED
            assert audience.stage not in (Stage.WORK, Stage.SEALED)


@given(audience=audience_facts, rule=any_rule)
def test_what_is_lacking_is_told_only_where_something_is(audience: Audience, rule: Rule) -> None:
    missing = rules.lacking(rule, audience.facts())
    if allows(rule, audience.facts()):
        assert missing == []
    assert all(not allows(leaf, audience.facts()) for leaf in missing)
