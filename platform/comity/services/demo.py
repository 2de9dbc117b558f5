"""The demonstration node: an invented country's members, people and records, brought about by the real verbs in the right order.

Nothing is put into the database behind the services' back: every record was drafted, graded, voted on and published by its people,
at times in the past, so that history, votes, notices and the audit chain are what they would be.
"""

from __future__ import annotations

import heapq
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from comity.config import ROOT
from comity.domain.account import Account, AccountState
from comity.domain.node import Node, Organization
from comity.domain.quorum import Decision
from comity.domain.roles import Role, Sector
from comity.domain.viewer import Viewer
from comity.formats.demo_yaml import DemoRecord, read_demo
from comity.services import clock, demo_story, set_up
from comity.services.runtime import Runtime
from comity.services.unit import Unit
from comity.services.verify_password import hashed
from comity.storage import people, role_grants

WORLD: Final = ROOT / "demo" / "world.yaml"
RECORDS: Final = ROOT / "demo" / "records"
APPROVE: Final = Decision.APPROVE


@dataclass(frozen=True)
class SignIn:
    """One sample sign-in."""

    who: str
    email: str
    says: str


def world() -> Mapping[str, Any]:
    """The invented node, organizations and people, as data."""
    loaded: Mapping[str, Any] = yaml.safe_load(WORLD.read_text(encoding="utf-8"))
    return loaded


def person_id(who: str) -> str:
    """The account id of one of the demonstration people."""
    return f"demo-{who.replace('_', '-')}"


def sign_ins() -> list[SignIn]:
    """Who can sign in, in the order of the file."""
    return [
        SignIn(who, f"{who}@{one['organization']}.example", str(one["name"])) for who, one in world()["people"].items()
    ]


def load(runtime: Runtime, *, now: datetime, say: Callable[[str], None] = lambda _: None) -> str:
    """Set up the node and play the life of its records up to `now`. Returns the password, or "" when it was loaded before."""
    with runtime.system_unit("load the demonstration") as unit:
        if set_up.is_set_up(unit):
            return ""
        password = f"{secrets.token_urlsafe(9)}-demo"
        _people(unit, password)
    records = read_demo(RECORDS, now.date())
    say(f"{len(records)} records of invented organizations")
    _play(runtime, records, now)
    return password


def _people(unit: Unit, password: str) -> None:
    data = world()
    node = data["node"]
    set_up.set_up(
        unit,
        node=Node(
            node_id=node["node_id"],
            name=node["name"],
            country=node["country"],
            languages=tuple(node["languages"]),
            trust_group=node["trust_group"],
            contact=node["contact"],
            funding=tuple(node["funding"]),
            demo=True,
        ),
    )
    for one in data["organizations"]:
        set_up.found_member(unit, _organization(one, node["country"]))
    kept = hashed(password)
    for who, one in data["people"].items():
        email = f"{who}@{one['organization']}.example"
        account = Account(
            id=person_id(who),
            email=email,
            name=one["name"],
            organization=one["organization"],
            state=AccountState.ACTIVE,
            created_at=unit.now,
            skills=tuple(one.get("skills", ())),
        )
        people.add_account(unit.db, account)
        people.set_password(unit.db, account.id, kept)
        for role in one["roles"]:
            role_grants.add(unit.db, account.id, Role(role), by="system", now=unit.now)
    unit.audit("demo.people", people=len(data["people"]))


def _organization(one: Mapping[str, Any], country: str) -> Organization:
    sector = one.get("sector")
    return Organization(
        id=one["id"],
        name=one["name"],
        kind=one.get("kind", "member"),
        sector=Sector(sector) if sector else None,
        state="proposed",
        country=country,
        other_names=tuple(one.get("other_names", ())),
    )


class Stage:
    """Gives a story its units of work: as which person, at which moment."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def run(self, who: str, at: datetime, act: Callable[[Unit], Any]) -> Any:
        """One unit of work of `who` at `at`."""
        with self._runtime.unit(writes=True) as unit:
            unit.now = at
            unit.viewer = people.viewer_of(unit.db, person_id(who), second_factor=True)
            return act(unit)

    def tick(self, at: datetime) -> None:
        """What the node's clock does at `at`."""
        with self._runtime.unit(writes=True) as unit:
            unit.now = at
            unit.viewer = Viewer.system(unit.node.node_id, "clock")
            clock.tick(unit)


def _play(runtime: Runtime, records: list[DemoRecord], now: datetime) -> None:
    """All stories side by side, always the step that comes next in time, with the clock ticking once a day."""
    stage = Stage(runtime)
    waiting: list[tuple[datetime, int, Iterator[datetime]]] = []
    for number, record in enumerate(records):
        story = demo_story.life(stage, record, now)
        heapq.heappush(waiting, (next(story), number, story))
    today = waiting[0][0]
    while waiting:
        at, number, story = heapq.heappop(waiting)
        while today + timedelta(days=1) <= at:
            today += timedelta(days=1)
            stage.tick(today)
        following = next(story, None)
        if following is not None and following <= now:
            heapq.heappush(waiting, (following, number, story))
    while today + timedelta(days=1) <= now:
        today += timedelta(days=1)
        stage.tick(today)


def keep_sign_ins(path: Path, password: str, address: str) -> None:
    """Write the sample sign-ins where only the owner of the machine reads them."""
    lines = [f"{address}", f"password for all: {password}", "", *(f"{one.email:48} {one.says}" for one in sign_ins())]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
