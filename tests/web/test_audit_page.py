"""The audit log obeys the markings: what one may not know of is not there and leaves no gap (S8, H-04, row 76)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from comity.domain.handling import AudienceChoice, Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import read, restrict, withdraw
from tests.story import Story
from tests.web.conftest import Browser, Portal


@pytest.fixture
def story(portal: Portal) -> Story:
    return Story(portal.engine, portal.world, portal.moment)


def amber(*organizations: str) -> Handling:
    return Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=organizations))


def rows(browser: Any, address: str = "/audit") -> list[str]:
    """The text of each row, newest first, over all pages."""
    found: list[str] = []
    while address:
        page = browser.get(address).text
        body = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
        found += [re.sub(r"<[^>]+>|\s+", " ", row) for row in (body[1].split("</tr>")[:-1] if body else [])]
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    return found


def opened(story: Story, record: Record, who: str, purpose: str = "assess_a_proposal") -> None:
    with story.unit(who) as unit:
        read.open_with_purpose(unit, ref=record.ref, purpose=purpose)


def test_everybody_sees_what_they_did_and_nothing_else(browser: Browser, story: Story) -> None:
    record = story.published()
    mine = rows(browser("liaison"))
    assert mine
    assert all("Liaison" in row for row in mine)
    assert any(record.ref in row and "submit" in row for row in mine)
    assert rows(browser("reader")) == []


def test_an_organization_sees_its_own_people_where_it_may_know_of_the_record(
    browser: Browser, story: Story
) -> None:
    shared = story.published(handling=amber("uni-north"))
    opened(story, shared, "researcher")
    for officer in ("security_officer", "organization_admin"):
        seen = rows(browser(officer))
        assert any(shared.ref in row and "Researcher" in row for row in seen) == (
            officer == "security_officer"
        )
        assert not any("Liaison" in row or "Editor" in row for row in seen)
    assert not any(shared.ref in row for row in rows(browser("organization_admin_south")))


def test_the_operator_sees_the_working_of_the_node_and_no_record(browser: Browser, story: Story) -> None:
    record = story.published()
    with story.unit("system") as unit:
        unit.audit("node.changed", "node:nordmark")
    seen = rows(browser("node_admin"))
    assert any("node: changed" in row for row in seen)
    assert not any(record.ref in row or "RSI-" in row for row in seen)
    assert rows(browser("node_admin"), f"/audit?about={record.ref}") == []


def test_the_auditor_sees_all_but_what_is_hidden_from_them_and_no_gap(browser: Browser, story: Story) -> None:
    """S8: also the pages' addresses and the number of rows tell nothing of it."""
    open_one = story.published()
    before = rows(browser("auditor"))
    hidden = story.published(handling=amber("uni-north"))
    opened(story, hidden, "researcher")
    after = rows(browser("auditor"))
    assert any(open_one.ref in row for row in after)
    assert after == before
    page = browser("auditor").get("/audit").text
    assert hidden.ref not in page
    assert "seq" not in page
    assert rows(browser("auditor"), f"/audit?about={hidden.ref}") == []


def test_entries_of_a_record_that_was_taken_out_of_sight_go_with_it(browser: Browser, story: Story) -> None:
    """The entry was written when the record was GREEN; what counts is who may know of the record now."""
    record = story.published()
    assert any(record.ref in row for row in rows(browser("auditor")))
    with story.unit("editor") as unit:
        restrict.restrict(
            unit,
            ref=record.ref,
            reason_code="court_order",
            text="An order.",
            order="X 1/26",
            tombstone_forbidden=True,
        )
    assert not any(record.ref in row for row in rows(browser("auditor")))


def test_pages_are_continued_without_numbers(browser: Browser, story: Story) -> None:
    with story.unit("liaison") as unit:
        for number in range(120):
            unit.audit("draft.save", f"thing-{number}")
    seen = rows(browser("liaison"))
    assert len(seen) == 120
    assert "thing-119" in seen[0]
    assert len(set(seen)) == 120
    link = re.search(r'rel="next" href="([^"]+)"', browser("liaison").get("/audit").text)
    assert link is not None
    assert re.fullmatch(r"/audit\?older=[0-9a-f]{64}", link[1])


@pytest.mark.parametrize(
    "address",
    ["?older=x", "?since=2026-99-99&until=oops", "?family=%25", "?about=" + "x" * 500, "?until=9999-12-31"],
)
def test_strange_addresses_are_read_as_nothing(browser: Browser, address: str) -> None:
    assert browser("auditor").get(f"/audit{address}").status_code == 200


def test_a_quorum_agrees_and_gives_no_verdict(browser: Browser, story: Story) -> None:
    story.published()
    seen = " ".join(rows(browser("auditor")))
    assert "agree" in seen
    assert "approve" not in seen


def test_filters_narrow(browser: Browser, story: Story) -> None:
    record = story.published()
    seen = rows(browser("auditor"), f"/audit?family=review&about={record.ref}")
    assert seen
    assert all("review:" in row for row in seen)
    assert rows(browser("auditor"), "/audit?since=2030-01-01") == []
    assert len(rows(browser("auditor"), "/audit?until=2030-01-01")) > len(seen)


def test_who_opened_a_record_is_one_question(browser: Browser, story: Story) -> None:
    record = story.published(handling=amber("uni-north", "ombuds-office"))
    opened(story, record, "researcher")
    originator = browser("liaison").get(f"/audit/openings/{record.ref}")
    assert "University of the North" in originator.text
    assert "Researcher" not in originator.text
    for outsider in ("researcher_south", "auditor", "node_admin", "reader"):
        assert browser(outsider).get(f"/audit/openings/{record.ref}").status_code == 404
    assert browser("researcher").get(f"/audit/openings/{record.ref}").status_code == 403
    assert any("who read" in row for row in rows(browser("liaison")))


def test_each_opening_is_for_those_who_oversee(browser: Browser, story: Story) -> None:
    record = story.published(tlp=TLP.GREEN)
    opened(story, record, "researcher")
    shown = browser("auditor").get(f"/audit/openings/{record.ref}").text
    assert "Researcher" in shown
    assert "assess a proposal" in shown


def test_the_chain_is_checked_on_demand_and_its_length_told_to_the_auditor_alone(
    browser: Browser, story: Story
) -> None:
    story.published()
    told = browser("auditor").post("/audit/check", data={})
    assert "The log is whole" in told.text
    assert re.search(r"\d+ entries", told.text)
    assert not re.search(
        r"\d+ entries", browser("data_protection_officer").post("/audit/check", data={}).text
    )
    for who in ("liaison", "node_admin", "council_gov"):
        assert browser(who).post("/audit/check", data={}).status_code == 403
    with story.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_entry SET actor = 'somebody-else' WHERE seq = 3")
    assert "The log is broken" in browser("auditor").post("/audit/check", data={}).text


def test_every_entry_about_a_record_carries_its_audience(story: Story) -> None:
    """Without one it would be shown to the operator and to every auditor."""
    record = story.published()
    opened(story, record, "researcher")
    with story.unit("liaison") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code="overtaken", text="A newer law replaces what it says.")
    with story.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)
    with story.engine.connect() as connection:
        bare = connection.exec_driver_sql(
            "SELECT action FROM audit_entry WHERE object LIKE 'RSI-%' AND audience_id IS NULL"
        ).all()
    assert bare == []


def test_declared_interests_are_a_page_for_council_and_auditor(story: Story, browser: Browser) -> None:
    """G-24: for everybody else there is no such page, and looking is itself in the log."""
    record = story.in_review(story.submitted(story.drafted()))
    story.voted(record, "reviewer_firm", interests=["A contract <b>with it</b>."])
    for who in ("reviewer_uni", "reviewer_ngo"):
        story.voted(record, who)
    for path in ("/interests", f"/records/{record.ref}/interests"):
        for who in ("council_ngo", "auditor"):
            text = browser(who).get(path).text
            assert "A contract &lt;b&gt;with it&lt;/b&gt;." in text, path
            assert "Reviewer Firm" in text
        for who in ("editor", "liaison", "reader"):
            assert browser(who).get(path).status_code == 404, (who, path)
    assert 'href="/interests"' in browser("auditor").get("/audit").text
    assert "interests" in browser("auditor").get("/audit?family=audit").text
