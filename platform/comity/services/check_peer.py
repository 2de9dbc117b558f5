"""Check another node from outside: protocol, replay, clock and leaks; a signed report says what was found (csaf_checker's idea).

Works against any node, known here or not: with the agreement of both sides this node's own token is used too, and more is asked.
Decides nothing about the peer. Refuses to know what each check asks (`services.probe`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from comity.domain.errors import ComityError, Invalid
from comity.domain.peer import KnownPeer
from comity.services import probe
from comity.services.authenticate import client_assertion
from comity.services.call_node import Line, TurnedAway
from comity.services.look_at_node import Found, look
from comity.services.outbound import Limits, Unreachable, to_node
from comity.services.probe import Asked, Check
from comity.services.runtime import Runtime
from comity.services.sign import signed_text, signing_key
from comity.stix.vocabulary import stamp
from comity.storage import peers

TYPE: Final = "comity-check-report"
LIMITS: Final = Limits(most_bytes=32_000_000, seconds=60, wait=20)
_GROUPS: Final[Sequence[tuple[str, Callable[[Asked], Iterator[Check]]]]] = (
    ("protocol", probe.protocol),
    ("replay", probe.replay),
    ("clock", probe.clock),
    ("leak", probe.leak),
)


@dataclass(frozen=True)
class Report:
    """`text` is the signed JSON; it is unsigned, and says so by having no signature, on a node without a key."""

    node_id: str
    base_url: str
    checks: tuple[Check, ...]
    text: str

    @property
    def passed(self) -> bool:
        """Nothing that could be asked failed."""
        return all(one.passed is not False for one in self.checks)


def check(runtime: Runtime, where: str) -> Report:
    """Check the node at an address, or a known node by its id."""
    with runtime.system_unit("check a peer", writes=False) as unit:
        peer = peers.get(unit.db, unit.viewer, where)
        known = peers.keys(unit.db, unit.viewer, where) if peer else []
        now = unit.now
    address = peer.base_url if peer else where
    try:
        found = look(runtime.settings, address, known=known, now=now)
    except Invalid as wrong:
        failed = Check("protocol", "descriptor", False, wrong.sentence)
        return _report(runtime, peer.node_id if peer else "", address, [failed])
    told = "and follows from the keys that are known here" if known else "by the keys that are in it"
    checks = [Check("protocol", "descriptor", True, f"Its descriptor is signed {told}.")]
    checks += _all(runtime, found, peer)
    return _report(runtime, found.node_id, found.base_url, checks)


def _all(runtime: Runtime, found: Found, peer: KnownPeer | None) -> list[Check]:
    checks: list[Check] = []
    with to_node(runtime.settings, found.base_url, LIMITS) as client:
        asked = Asked(
            client=client,
            base_url=found.base_url,
            descriptor=found.descriptor,
            now=runtime.clock(),
            token=_token(runtime, peer),
            assertion=_assertions(runtime, peer),
        )
        for group, run in _GROUPS:
            try:
                checks += run(asked)
            except Unreachable as error:
                checks.append(probe.unreachable(group, error))
    return checks


def _token(runtime: Runtime, peer: KnownPeer | None) -> str:
    """A token there; empty where this node gets none."""
    if peer is None:
        return ""
    try:
        with Line(runtime, peer, LIMITS) as line:
            return line.token()
    except (TurnedAway, Unreachable, LookupError):
        return ""


def _assertions(runtime: Runtime, peer: KnownPeer | None) -> Callable[[str], str] | None:
    if peer is None:
        return None
    with runtime.system_unit("check a peer", writes=False) as unit:
        if signing_key(unit) is None:
            return None

    def made(audience: str) -> str:
        with runtime.system_unit("check a peer", writes=False) as unit:
            return client_assertion(unit, peer, audience)

    return made


def _report(runtime: Runtime, node_id: str, base_url: str, checks: Sequence[Check]) -> Report:
    with runtime.system_unit("check a peer", writes=False) as unit:
        said: dict[str, Any] = {
            "type": TYPE,
            "id": f"{TYPE}--{uuid4()}",
            "created": stamp(unit.now),
            "modified": stamp(unit.now),
            "by": unit.node.node_id,
            "about": {"node": node_id, "address": base_url},
            "checks": [
                {"group": one.group, "name": one.name, "passed": one.passed, "said": one.said}
                for one in checks
            ],
            "passed": all(one.passed is not False for one in checks),
        }
        try:
            text = signed_text(unit, said)
        except (LookupError, ComityError):
            from comity.domain.canonical import canonical_json

            text = canonical_json(said).decode("utf-8")
    return Report(node_id, base_url, tuple(checks), text)
