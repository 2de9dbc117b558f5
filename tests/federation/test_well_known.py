"""The descriptor at its well-known address: the same for everybody, and nothing before the node is open to others."""

from __future__ import annotations

from comity.domain.canonical import canonical_json
from comity.domain.descriptor import accept
from comity.domain.strict_json import parse
from comity.services import set_up
from tests.factories import NOW
from tests.web.conftest import Browser, Portal, browser, portal

__all__ = ["browser", "portal"]
ADDRESS = "/.well-known/comity.json"


def test_anybody_reads_it_and_it_is_signed(portal: Portal, browser: Browser) -> None:
    with portal.runtime.system_unit("test") as unit:
        set_up.open_to_others(unit)
    answer = browser().get(ADDRESS)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    said = parse(answer.content)
    assert accept(said, (), now=NOW).descriptor.id == "nordmark"
    assert answer.content == canonical_json(said)
    assert browser("node_admin").get(ADDRESS).content == answer.content


def test_a_node_without_a_key_answers_as_machines_read_it(portal: Portal, browser: Browser) -> None:
    answer = browser().get(ADDRESS)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
