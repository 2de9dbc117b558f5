"""After any sequence of editorial steps the feed of each ally is what the record's state and the rule say, and no more."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.domain.access import sent_to
from comity.domain.audience import Stage
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.lifecycle_facts import Actor, Facts, State, Verb
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.rules import allows
from comity.domain.tlp import TLP
from comity.services import draft, restrict
from comity.services.settle import settle
from comity.services.step import held_record, take
from comity.stix.record import from_stix
from comity.stix.tombstone import is_tombstone
from comity.storage import audiences, peers, revisions
from comity.storage.engine import open_engine
from tests.factories import World, make_world, person_id
from tests.feed import EVERY, fetch, open_exchange, records_served
from tests.story import Story, example

A, B, OUTSIDE = "lorvania", "kestria", "thalassa"
NODES = (A, B, OUTSIDE)
BODY, STONE, NOTHING = "body", "stone", "nothing"

HANDLINGS = {
    "clear": Handling(tlp=TLP.CLEAR),
    "green": Handling(tlp=TLP.GREEN),
    "green for one": Handling(tlp=TLP.GREEN, releasable_to=(f"node:{A}",)),
    "green for the other": Handling(tlp=TLP.GREEN, releasable_to=(f"node:{B}", f"node:{OUTSIDE}")),
    "green for members here": Handling(tlp=TLP.GREEN, audience=AudienceChoice(organizations=("uni-north",))),
    "amber": Handling(tlp=TLP.AMBER, releasable_to=(f"node:{A}",)),
    "red": Handling(tlp=TLP.RED, audience=AudienceChoice(persons=(person_id("liaison"),))),
}
steps = st.one_of(
    st.sampled_from(list(HANDLINGS)).map(lambda name: ("publish", name)),
    st.sampled_from(
        ["hold", "resume", "withdraw", "order", "forbid", "lift", "expire", "fetch", "settle"]
    ).map(lambda name: (name, "")),
)


@dataclass
class Life:
    """One record, taken through steps without the people who would take them, and what each ally should see of it."""

    story: Story
    record: Record | None = None
    major: int = 0
    shown: dict[str, str] = field(default_factory=lambda: dict.fromkeys(NODES, NOTHING))

    def step(self, what: str, name: str) -> None:
        self.story.now = self.story.now.replace(microsecond=0)
        if what == "publish":
            self.publish(HANDLINGS[name])
        elif what == "fetch":
            fetch(self.story, A)
        elif self.record is not None:
            self.move(what)
        self.expect()

    def publish(self, handling: Handling) -> None:
        if self.record is not None and self.record.state not in (State.PUBLISHED, State.EXPIRED):
            return
        self.major += 1
        with self.story.unit("liaison") as unit:
            if self.record is None:
                made = draft.start(
                    unit, kind_name="advisory", content=example(now=self.story.now), handling=handling
                )
            else:
                content = example(now=self.story.now, title=f"Version {self.major} of the questions")
                made = draft.new_version(unit, self.record, content=content, handling=handling)
            working = made.working_revision_id
        with self.story.unit("system") as unit:
            revision = revisions.get(unit.db, unit.viewer, working)
            assert revision is not None
            revisions.store(
                unit.db,
                replace(revision, major=self.major, minor=0, published_at=unit.now, frozen=True),
            )
            in_force = replace(
                held_record(unit, made.ref),
                state=State.PUBLISHED,
                published_revision_id=working,
                published_at=unit.now,
            )
            self.record = settle(unit, in_force)

    def move(self, what: str) -> None:
        assert self.record is not None
        with self.story.unit("system") as unit:
            record = held_record(unit, self.record.ref)
            state, stone = record.state, {"title": "", "reason": "It had to.", "reason_code": "error"}
            at = {"withdrawn_at": unit.now.isoformat()}
            if what == "hold" and state is State.PUBLISHED:
                given = Facts(by=Actor.SYSTEM, hold_agreed=True, reason_code="x", reason_text="y")
                held = {"held_at": unit.now.isoformat(), "until": unit.now.isoformat()}
                record = take(
                    unit, record, Verb.HOLD, given, held_from=state.value, tombstone={**stone, **held}
                )
            elif what == "resume" and state is State.HELD:
                given = Facts(by=Actor.SYSTEM, hold_over=True)
                record = take(unit, record, Verb.RESUME, given, held_from="", tombstone=None)
            elif what == "withdraw" and state in (State.PUBLISHED, State.EXPIRED, State.HELD):
                given = Facts(by=Actor.COUNCIL, council_agrees=True, reason_code="error", reason_text="y")
                record = take(unit, record, Verb.WITHDRAW, given, tombstone={**stone, **at})
            elif what == "expire" and state is State.PUBLISHED:
                record = take(unit, record, Verb.EXPIRE, Facts(by=Actor.SYSTEM, expiry_reached=True))
            elif what == "settle":
                record = settle(unit, record)
            self.record = record
        officer = replace(self.story.world.viewer("system"), roles=frozenset({Role.EDITOR}))
        with self.story.world.unit(self.story.engine, officer, now=self.story.now) as unit:
            restricted = self.record.state is State.LEGALLY_RESTRICTED
            if what in ("order", "forbid") and not restricted:
                self.record = restrict.restrict(
                    unit,
                    ref=self.record.ref,
                    reason_code="court_order",
                    text="The court said so.",
                    order="7",
                    tombstone_forbidden=what == "forbid",
                )
            if what == "lift" and restricted:
                self.record = restrict.lift_restriction(unit, ref=self.record.ref, text="Over.")

    def expect(self) -> None:
        """What each ally should see now follows from what it saw and from the rule alone."""
        if self.record is None:
            return
        with self.story.unit("system", writes=False) as unit:
            audience = audiences.load(unit.db, self.record.audience_id)
            for name in NODES:
                known = peers.get(unit.db, unit.viewer, name)
                assert known is not None
                live = audience.stage in (Stage.LIVE, Stage.ENDED)
                before = self.shown[name]
                if live and allows(sent_to(known.as_policy()), audience.facts()):
                    self.shown[name] = BODY
                elif before != NOTHING:
                    self.shown[name] = NOTHING if audience.stage is Stage.SEALED else STONE


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node with its allies, copied for each life."""
    path = tmp_path_factory.mktemp("lives") / "node.db"
    engine, world = make_world(path)
    story = Story(engine, world)
    open_exchange(story, A, B)
    open_exchange_outside(story)
    engine.dispose()
    return path


def open_exchange_outside(story: Story) -> None:
    from tests import allies

    with story.unit("system") as unit:
        allies.put(unit.db, allies.known(OUTSIDE), in_groups=False)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(taken=st.lists(steps, min_size=2, max_size=7))
def test_the_feed_of_each_ally_follows_the_record(template: Path, taken: list[tuple[str, str]]) -> None:
    path = template.with_name("life.db")
    shutil.copy(template, path)
    engine = open_engine(f"sqlite:///{path}", pool_size=2)
    try:
        life = Life(Story(engine, World()))
        for what, name in taken:
            life.step(what, name)
            check(life)
    finally:
        engine.dispose()
        for one in path.parent.glob("life.db*"):
            one.unlink()


def check(life: Life) -> None:
    for name in NODES:
        newest, every = records_served(life.story, name), records_served(life.story, name, EVERY)
        wanted = life.shown[name]
        assert len(newest) == (0 if wanted == NOTHING else 1), (name, wanted)
        if wanted == BODY:
            assert from_stix(newest).facts.version == f"{life.major}.0"
        else:
            assert all(is_tombstone(one) for one in every), (name, wanted)
        assert [one["modified"] for one in every] == sorted({one["modified"] for one in every})
