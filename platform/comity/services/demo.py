"""A demonstration node: an invented country's members, people and records, brought about by the real verbs in the right order.

Nothing is put into the database behind the services' back: every record was drafted, graded, voted on and published by its people,
at times in the past, so that history, votes, notices and the audit chain are what they would be.
"""

from __future__ import annotations

import heapq
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from comity.config import ROOT
from comity.domain.account import Account, AccountState
from comity.domain.node import Node, Organization
from comity.domain.roles import Role, Sector
from comity.formats.demo_yaml import DemoRecord, read_demo
from comity.services import demo_story, set_up
from comity.services.demo_world import NODES, Stage, cast, email_of, person_id, sign_ins, world
from comity.services.runtime import Runtime
from comity.services.unit import Unit
from comity.services.verify_password import hashed
from comity.storage import people, role_grants

RECORDS: Final = ROOT / "demo" / "records"


def load(
    runtime: Runtime,
    *,
    now: datetime,
    node: str = NODES[0],
    password: str = "",
    say: Callable[[str], None] = lambda _: None,
) -> str:
    """Set up `node` and play the life of its records up to `now`. Returns the password (a new one where none is given), or ""
    when it was loaded before.
    """
    records = read_demo(RECORDS / node, now.date())
    with runtime.system_unit("load the demonstration") as unit:
        if set_up.is_set_up(unit):
            return ""
        unit.now = _before(records, now)
        password = password or f"{secrets.token_urlsafe(9)}-demo"
        _people(unit, node, password)
    say(f"{len(records)} records of invented organizations")
    _play(runtime, records, now)
    return password


def _before(records: list[DemoRecord], now: datetime) -> datetime:
    """The node is older than its first record, or its key would be younger than what it signs."""
    return now - timedelta(days=30 + max(one.published_days_ago for one in records))


def _people(unit: Unit, node_id: str, password: str) -> None:
    data = world(node_id)
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
            legal_profile=node["legal_profile"],
            funding=tuple(node["funding"]),
            demo=True,
        ),
    )
    for one in data["organizations"]:
        set_up.found_member(unit, _organization(one, node["country"]))
    kept = hashed(password)
    people_of_it = cast()
    for who, one in people_of_it.items():
        account = Account(
            id=person_id(who),
            email=email_of(who, node_id),
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
    unit.audit("demo.people", people=len(people_of_it))


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


def keep_sign_ins(path: Path, password: str, address: str, *, node: str = NODES[0]) -> None:
    """Write the sample sign-ins where only the owner of the machine reads them."""
    lines = [
        f"{address}",
        f"password for all: {password}",
        "",
        *(f"{one.email:48} {one.says}" for one in sign_ins(node)),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
