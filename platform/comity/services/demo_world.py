"""Who is who on the demonstration nodes, and how a story acts as one of them at a moment in the past."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import yaml

from comity.config import ROOT
from comity.domain.viewer import Viewer
from comity.services import clock
from comity.services.runtime import Runtime
from comity.services.unit import Unit
from comity.storage import people

FOLDER: Final = ROOT / "demo"
NODES: Final = ("aurora", "borealis", "zephyr")
"""The demonstration's nodes, each of an invented country. The first is where a visitor begins."""


@dataclass(frozen=True)
class SignIn:
    """One sample sign-in."""

    who: str
    email: str
    says: str


def world(node: str = NODES[0]) -> Mapping[str, Any]:
    """One node with its organizations, as data."""
    loaded: Mapping[str, Any] = yaml.safe_load(
        (FOLDER / "nodes" / f"{node}.yaml").read_text(encoding="utf-8")
    )
    return loaded


def cast() -> Mapping[str, Any]:
    """The people, who are the same on every node: organization, name, roles and skills by key."""
    loaded: Mapping[str, Any] = yaml.safe_load((FOLDER / "people.yaml").read_text(encoding="utf-8"))
    return loaded


def email_of(who: str, node: str) -> str:
    """The address that one of the people signs in with."""
    return f"{who}@{cast()[who]['organization']}.{node}.example"


def person_id(who: str) -> str:
    """The account id of one of the demonstration people."""
    return f"demo-{who.replace('_', '-')}"


def sign_ins(node: str = NODES[0]) -> list[SignIn]:
    """Who can sign in on a node, in the order of the file."""
    return [SignIn(who, email_of(who, node), str(one["name"])) for who, one in cast().items()]


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
