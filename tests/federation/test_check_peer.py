"""`comity peer check` finds nothing wrong with an honest node, and what is wrong with one that is not; its report is signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comity.domain.signing import verify
from comity.domain.tlp import TLP
from comity.services import check_peer, probe
from comity.services import sign as signing
from comity.services.check_peer import Report
from comity.services.probe import Asked
from tests.federation.live import LiveNode, ally, live_node
from tests.federation.node_simulator import FEED, Answer, NodeSimulator, simulated
from tests.foreign import said
from tests.story import NOW


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveNode, LiveNode]]:
    folder = tmp_path_factory.mktemp("check")
    with live_node("nordmark", folder / "n") as north, live_node("sudland", folder / "s") as south:
        ally(north, south)
        for title in ("One", "Two", "Three"):
            north.published(title=f"{title} conference")
        yield north, south


def verdicts(report: Report) -> dict[str, bool | None]:
    return {one.name: one.passed for one in report.checks}


def test_an_honest_ally_passes_everything(nodes: tuple[LiveNode, LiveNode]) -> None:
    _, south = nodes
    report = check_peer.check(south.runtime, "nordmark")
    assert report.passed
    assert verdicts(report) == dict.fromkeys(
        ("descriptor", "media-type", "discovery", "negotiation", "dates", "unknown-next", "paging", "used-assertion", "audience",
         "skew", "stranger", "wrong-token", "poke-wrong-token", "poke-stranger", "inbox-stranger", "absent-collection",
         "absent-object", "absent-record"),
        True,
    )  # fmt: skip


def test_the_report_is_signed_by_the_node_that_made_it(nodes: tuple[LiveNode, LiveNode]) -> None:
    _, south = nodes
    report = check_peer.check(south.runtime, "nordmark")
    with south.unit() as unit:
        found = verify(report.text.encode(), signing.key_of(unit), now=unit.now)
    assert found.node == "sudland"
    assert found.value["about"]["node"] == "nordmark"
    assert len(found.value["checks"]) == len(report.checks)


def test_a_node_that_is_not_known_is_checked_as_a_stranger(nodes: tuple[LiveNode, LiveNode]) -> None:
    north, south = nodes
    report = check_peer.check(south.runtime, north.url)
    assert report.passed
    assert verdicts(report)["used-assertion"] is None
    assert verdicts(report)["stranger"] is True


def test_nobody_there(nodes: tuple[LiveNode, LiveNode]) -> None:
    _, south = nodes
    report = check_peer.check(south.runtime, "http://127.0.0.1:9")
    assert not report.passed
    assert verdicts(report) == {"descriptor": False}


@pytest.fixture
def peer() -> Iterator[NodeSimulator]:
    with simulated() as made:
        yield made


def asked(peer: NodeSimulator, *, token: str = "cmp_simulated-token") -> Iterator[Asked]:
    from comity.domain.reach import networks
    from comity.services.outbound import Client

    described = {
        "token_endpoint": f"{peer.url}/federation/v1/token",
        "modified": NOW.isoformat(),
        "taxii": {"api_root": f"{peer.url}/taxii2/exchange/", "records": "records", "inbox": "inbox"},
    }
    with Client(peer.url, allowed=networks("127.0.0.0/8")) as client:
        yield Asked(client, peer.url, described, NOW, token, lambda audience: f"assertion for {audience}")


def failed(peer: NodeSimulator, group: Any) -> set[str]:
    found: set[str] = set()
    for question in asked(peer):
        found |= {one.name for one in group(question) if one.passed is False}
    return found


def test_a_node_that_shows_everything_to_everybody_fails(peer: NodeSimulator) -> None:
    peer.says(said(1), said(2, tlp=TLP.CLEAR))
    assert failed(peer, probe.leak) >= {
        "stranger",
        "wrong-token",
        "inbox-stranger",
        "absent-collection",
    }


def test_a_node_that_takes_an_assertion_twice_fails(peer: NodeSimulator) -> None:
    assert failed(peer, probe.replay) == {"used-assertion", "audience"}


def test_a_node_whose_clock_is_off_fails(peer: NodeSimulator) -> None:
    late = Answer(200, b"{}", headers={"Date": "Mon, 02 Nov 2020 09:00:00 GMT"})
    peer.mischief = lambda method, path, query: late if path == "/taxii2/" else None
    assert failed(peer, probe.clock) == {"skew"}


def test_a_node_whose_pages_overlap_fails(peer: NodeSimulator) -> None:
    peer.says(*(said(n) for n in range(1, 6)))

    def overlaps(method: str, path: str, query: dict[str, str]) -> Answer | None:
        if path != FEED or "next" not in query:
            return None
        return peer.page({"next": "1"}, size=2)

    peer.mischief = overlaps
    peer.page_size = 2
    assert failed(peer, probe.protocol) >= {"paging", "unknown-next", "media-type"}


def test_the_command_prints_a_table_and_writes_the_report(
    nodes: tuple[LiveNode, LiveNode], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import contextmanager

    from typer.testing import CliRunner

    from comity.cli import peer_check
    from comity.cli.main import app

    _, south = nodes

    @contextmanager
    def opened() -> Iterator[Any]:
        yield south.runtime

    monkeypatch.setattr(peer_check, "open_node", opened)
    out = tmp_path / "report.json"
    done = CliRunner().invoke(app, ["peer", "check", "nordmark", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "absent-record" in done.output
    assert json.loads(out.read_text())["by"] == "sudland"
    broken = CliRunner().invoke(app, ["peer", "check", "http://127.0.0.1:9"])
    assert broken.exit_code == 1
