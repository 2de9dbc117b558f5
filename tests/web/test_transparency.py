"""The transparency report tells how the node works and never of a record that a visitor may not know of (G-43, H-04)."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from comity.domain.handling import Handling
from comity.domain.tlp import TLP
from comity.services import correct, dispute, hold, lift, reply, restrict, submit
from comity.storage import editorial
from tests.story import NOW, Story
from tests.web.conftest import Browser, Portal


@pytest.fixture
def story(portal: Portal) -> Story:
    return Story(portal.engine, portal.world, portal.moment)


def later(portal: Portal, days: int = 120) -> None:
    portal.moment += timedelta(days=days)


def table(report: dict[str, object], title: str) -> dict[str, object]:
    tables = report["tables"]
    assert isinstance(tables, list)
    return next(one for one in tables if one["title"].startswith(title))


def content(page: str) -> str:
    """Of a page, without what surrounds it."""
    return page.split('id="main"')[1].split("</main>", maxsplit=1)[0]


def test_nothing_live_moves_with_a_restricted_record(browser: Browser, story: Story) -> None:
    story.published(tlp=TLP.CLEAR)
    before = browser().get("/transparency").text
    story.published(tlp=TLP.GREEN)
    story.published(handling=Handling(tlp=TLP.AMBER))
    story.drafted()
    for who in ("", "liaison"):
        assert content(browser(who).get("/transparency").text) == content(before)


def test_a_quarter_that_is_not_over_has_no_report(browser: Browser, story: Story) -> None:
    story.published()
    for name in ("2026-Q1", "2026-Q2", "2031-Q1", "x", "2026-Q9", "2026-Q1.json", "2026-Q1.exe"):
        assert browser().get(f"/transparency/{name}").status_code == 404


def test_a_finished_quarter_is_reported_with_small_cells_hidden(
    browser: Browser, story: Story, portal: Portal
) -> None:
    for _ in range(6):
        story.published()
    secret = story.published(
        "contributor_ngo", ("reviewer_uni", "reviewer_firm", "reviewer_gov"), tlp=TLP.AMBER
    )
    assert secret.is_published
    later(portal)
    page = browser().get("/transparency/2026-Q1")
    assert page.status_code == 200
    assert secret.ref not in page.text
    found = browser().get("/transparency/2026-Q1.json").json()
    sectors = table(found, "Records handed in so far, by sector")
    assert {cell["count"] for cell in sectors["cells"]} == {None}  # type: ignore[attr-defined]
    assert table(found, "Records handed in so far, by kind")["total"] == 7
    took = next(
        one for one in found["times_in_hours"] if one["title"].startswith("From handing in to publication")
    )
    assert (took["n"], took["median"]) == (7, 0.0)


def test_fewer_than_five_are_told_nowhere(browser: Browser, story: Story, portal: Portal) -> None:
    for _ in range(3):
        story.published(tlp=TLP.AMBER)
    later(portal)
    found = browser().get("/transparency/2026-Q1.json").json()
    shown = table(found, "Published in the quarter")
    assert shown["total"] is None
    assert {cell["count"] for cell in shown["cells"]} == {None}  # type: ignore[attr-defined]
    assert all(one["n"] in (None, 0) for one in found["times_in_hours"])


def test_a_forbidden_tombstone_is_in_one_total_and_nowhere_else(
    browser: Browser, story: Story, portal: Portal
) -> None:
    """G-08."""
    record = [story.published() for _ in range(6)][-1]
    with story.unit("editor") as unit:
        restrict.restrict(
            unit,
            ref=record.ref,
            reason_code="court_order",
            text="An order.",
            order="X 1/26",
            tombstone_forbidden=True,
        )
    later(portal)
    found = browser().get("/transparency/2026-Q1.json").json()
    assert found["forbidden_tombstones"] == 1
    assert table(found, "Records handed in so far, by kind")["total"] == 5
    assert "legally" not in str(table(found, "Records handed in so far, by state"))


def test_a_report_stays_what_it_was(browser: Browser, story: Story, portal: Portal) -> None:
    record = [story.published() for _ in range(6)][-1]
    later(portal)
    before = browser().get("/transparency/2026-Q1.json").json()
    story.now = portal.moment
    story.published()
    with story.unit("editor") as unit:
        restrict.restrict(
            unit,
            ref=record.ref,
            reason_code="court_order",
            text="An order.",
            order="X 1/26",
            tombstone_forbidden=True,
        )
    assert browser().get("/transparency/2026-Q1.json").json() == before


def test_what_comes_after_the_quarter_changes_no_report(
    browser: Browser, story: Story, portal: Portal
) -> None:
    """A hold granted, a reply and a decision on an appeal after its end were read from the state of today."""
    records = [story.published() for _ in range(6)]
    for record in records:
        with story.unit("contributor") as unit:
            ends = story.now + timedelta(days=12)
            hold.ask(unit, ref=record.ref, reason_code="factual_doubt", text="A date is wrong.", ends_at=ends)
        with story.unit("researcher") as unit:
            dispute.raise_appeal(unit, ref=record.ref, grounds="It is wrong.")
    later(portal, days=35)
    before = browser().get("/transparency/2026-Q1.json").json()
    assert "not granted" in str(table(before, "Holds asked for, by sector"))
    assert "not decided" in str(table(before, "Appeals, by outcome"))
    story.now = portal.moment
    for record in records:
        with story.unit("system") as unit:
            for stored in editorial.of_record(unit.db, editorial.StoredHold, record.id):
                editorial.store(unit.db, replace(stored, state="in_force"))
            for appeal in editorial.of_record(unit.db, editorial.StoredDispute, record.id):
                decided = replace(appeal, state="decided", outcome="dismissed", decided_at=story.now)
                editorial.store(unit.db, decided)
    assert browser().get("/transparency/2026-Q1.json").json() == before


def test_an_exception_is_counted_once_and_not_by_voice(
    browser: Browser, story: Story, portal: Portal
) -> None:
    for number in range(10):
        record = story.drafted(known="Ask Professor Ada Example before you answer.")
        with story.unit("liaison") as unit:
            lift.ask(unit, ref=record.ref, necessity="The case cannot be told otherwise.")
        for who in ("data_protection_officer", "ombudsperson")[: 1 if number > 5 else 2]:
            with story.unit(who) as unit:
                lift.lift(unit, ref=record.ref, text="Necessary.")
    later(portal)
    found = browser().get("/transparency/2026-Q1.json").json()
    cells = table(found, "Exceptions and legal demands")["cells"]
    assert cells == [{"labels": ["personal-data exception"], "count": 6}]


def test_the_csv_says_the_same(browser: Browser, story: Story, portal: Portal) -> None:
    for _ in range(6):
        story.published()
    later(portal)
    answer = browser().get("/transparency/2026-Q1.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["section", "label", "value"]
    assert ["Records handed in so far, by kind", "advisory", "6"] in rows


def test_an_empty_node_has_an_overview(browser: Browser) -> None:
    page = browser().get("/transparency")
    assert page.status_code == 200
    assert "The first quarter is not over yet" in page.text


def test_substantive_corrections_and_waivers_are_counted(
    browser: Browser, story: Story, portal: Portal
) -> None:
    """G-43."""
    portal.moment = story.now = NOW
    for _ in range(5):
        record = story.published()
        with story.unit("liaison") as unit:
            correct.begin(unit, ref=record.ref)
            submit.submit(unit, ref=record.ref)
    for _ in range(5):
        noted = story.drafted("contributor", kind_name="due_diligence_note")
        story.submitted(noted, "contributor")
        with story.unit("editor") as unit:
            reply.waive(unit, ref=noted.ref, reason_code="legal_order", text="An order forbids notice.")
    later(portal)
    found = browser().get("/transparency/2026-Q4.json").json()
    changes = table(found, "What happened to published records")["cells"]
    assert {"labels": ["substantive correction handed in"], "count": 5} in changes  # type: ignore[operator]
    assert table(found, "Prior notice")["cells"] == [{"labels": ["legal_order"], "count": 5}]
