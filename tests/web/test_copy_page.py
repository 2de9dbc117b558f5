"""A copy of another node's record: its page names the node and the sector, offers no change of it, and leaks to nobody (J-09.6)."""

from __future__ import annotations

import json

import pytest

from comity.domain.tlp import TLP
from comity.services import take_in
from tests import allies
from tests.foreign import REF, SUDLAND, fallen, said, text_of, verified
from tests.story import NOW
from tests.web.conftest import Browser, Portal


@pytest.fixture(autouse=True)
def copied(portal: Portal) -> None:
    """A GREEN and a CLEAR record of sudland are here."""
    portal.moment = NOW
    with portal.world.unit(portal.engine, "system", now=NOW) as unit:
        allies.put(unit.db, key=SUDLAND)
        for obj in (said(), said(2, tlp=TLP.CLEAR)):
            assert take_in.take_in(unit, verified(obj), sender="sudland").result == "applied"


def test_the_page_names_the_node_and_the_sector(browser: Browser) -> None:
    page = browser("researcher").get(f"/records/{REF}")
    assert page.status_code == 200
    assert "Sudland Exchange (sudland)" in page.text
    assert "Faraway University" in page.text
    assert "<dt>Sector</dt><dd>Academia</dd>" in page.text
    assert "Only that node changes it" in page.text
    assert "Who agreed" not in page.text
    assert "/organizations/node:" not in page.text


def test_every_result_of_a_search_names_them_too(browser: Browser) -> None:
    page = browser("researcher").get("/search?q=conference")
    assert page.text.count("Sudland Exchange (sudland)") >= 2
    answer = browser("researcher").get("/search?q=conference&node=sudland")
    assert REF in answer.text


@pytest.mark.parametrize("who", ["editor", "liaison", "council_uni", "ombudsperson", "reviewer_uni"])
def test_no_change_of_it_is_offered_and_none_is_taken(browser: Browser, who: str) -> None:
    client = browser(who)
    page = client.get(f"/records/{REF}")
    for path in (
        "correct",
        "correct/minor",
        "withdraw",
        "withdraw/council",
        "appeal",
        "appeals",
        "edit",
        "triage",
        "review",
    ):
        assert f'href="/records/{REF}/{path}"' not in page.text


def test_whoever_may_not_read_it_finds_nothing(browser: Browser) -> None:
    absent = browser().get("/records/RSI-sudland-ADV-2026-999999")
    hidden = browser().get(f"/records/{REF}")
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert browser().get("/records/RSI-sudland-ADV-2026-000002").status_code == 200


def test_its_stix_is_the_very_object_that_the_origin_signed(portal: Portal, browser: Browser) -> None:
    kept = {**said(3), "x_from_the_future": {"kept": [1, 2]}}
    with portal.world.unit(portal.engine, "system", now=NOW) as unit:
        take_in.take_in(unit, verified(kept), sender="sudland")
    bundle = browser("researcher").get("/records/RSI-sudland-ADV-2026-000003/stix").json()
    main = next(one for one in bundle["objects"] if one["id"] == kept["id"])
    assert main == json.loads(text_of(verified(kept).value))
    plain = browser("researcher").get(f"/records/{REF}.json").json()
    assert plain["origin"] == {"node": "sudland", "sector": "academia", "organization": "Faraway University"}


def test_a_tombstone_names_the_node(portal: Portal, browser: Browser) -> None:
    with portal.world.unit(portal.engine, "system", now=NOW) as unit:
        take_in.take_in(unit, verified(fallen()), sender="sudland")
    page = browser("researcher").get(f"/records/{REF}")
    assert "Sudland Exchange" in page.text
    assert "This record was taken down" in page.text
    assert "conference" not in page.text
