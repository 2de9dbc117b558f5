"""axe-core on every page: no violation of WCAG 2.2 A and AA, on a desktop in light and on a phone in dark. A page route that is
not visited fails.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from comity.config import ROOT
from tests.browser import desk
from tests.browser.conftest import Live

AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES: Final = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"
NO_PAGE: Final = re.compile(
    r"^/(api/|federation/|taxii2/|\.well-known/|feeds/latest|healthz|readyz|static|search/suggest)|\.json$|/stix$|/attachments/\{uid\}$|^/transparency/\{name\}$"
)
"""Answers that are no pages: data, files, feeds; the report of a quarter that has not ended is not there."""

ASKED_ELSEWHERE: Final = {
    "/invitation": "needs the secret of an invitation; tests/web/test_sign_in.py shows it",
    "/second-factor": "is there only between password and code",
}
WHO: Final = {
    "/admission": "editor",
    "/records/{ref}/triage": "editor",
    "/records/{ref}/waive": "editor",
    "/records/{ref}/restrict": "editor",
    "/records/{ref}/review": "reviewer_firm",
    "/records/{ref}/onward": "researcher",
    "/records/{ref}/proposal": "researcher",
    "/members": "organization_admin",
    "/members/of/{organization_id}": "organization_admin",
    "/members/{account_id}": "organization_admin",
    "/exchange/deliveries": "federation_officer",
    "/records/{ref}/deliveries": "federation_officer",
    "/peers": "federation_officer",
    "/peers/propose": "federation_officer",
    "/peers/{node_id}": "federation_officer",
    "/trust-groups": "federation_officer",
    "/collections": "federation_officer",
    "/audit": "auditor",
    "/interests": "auditor",
    "/records/{ref}/interests": "auditor",
    "/records/{ref}/contact": "ombudsperson",
    "/audit/openings/{ref}": "auditor",
}
"""Who sees a page as it is meant; everything else is visited as the liaison, who wrote the record."""


def routes() -> list[str]:
    """Every GET route that is a page."""
    golden = (ROOT / "tests/architecture/routes.txt").read_text(encoding="utf-8")
    found = [line.split()[1] for line in golden.splitlines() if line.startswith("GET ")]
    return [path for path in found if not NO_PAGE.search(path) and path not in ASKED_ELSEWHERE]


def violations(page: Page) -> list[str]:
    """What axe finds, as `rule: element`. Runs under the page's own policy."""
    page.evaluate(f"{AXE};0")
    found: list[dict[str, Any]] = page.evaluate(f"async () => (await axe.run(document, {RULES})).violations")
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


@pytest.fixture
def refs(live: Live) -> dict[str, str]:
    """A draft, a record in triage, one in review and a published one: what the pages of one record need."""
    work, published = live.page("reviewer_firm"), live.page()
    published.goto("/search?q=conference+elicitation")
    link = published.locator("main a[href^='/records/RSI-']").first.get_attribute("href") or ""
    work.goto("/work")
    review = work.locator("main a[href*='/records/RSI-']").first.get_attribute("href") or ""
    editor = live.page("editor")
    editor.goto("/work")
    triage = editor.locator("main a[href*='/records/RSI-']").first.get_attribute("href") or ""
    liaison = live.page("liaison")
    draft = desk.drafted(live, liaison)
    found = {"published": link, "review": review, "triage": triage}
    return {name: href.split("/records/")[1].split("/")[0] for name, href in found.items()} | {"draft": draft}


def address(path: str, refs: dict[str, str]) -> str:
    """A real address for a route."""
    of_draft = ("edit", "preview", "readers", "submit", "take-back", "exception", "attachments", "work")
    last = path.rsplit("/", 1)[-1]
    ref = refs["draft"] if last in of_draft else refs.get(last, refs["published"])
    filled = (
        path.replace("{ref}", ref)
        .replace("{organization_id}", "uni-north")
        .replace("{node_id}", "sudland")
        .replace("{name:path}", "governance/quorum")
    )
    filled = filled.replace("{account_id}", "demo-researcher")
    return f"{filled}?old=1.0&new=1.0" if last == "compare" else filled


@pytest.mark.parametrize(
    ("phone", "dark"), [(False, False), (True, True)], ids=["desktop-light", "phone-dark"]
)
def test_no_page_has_a_violation(live: Live, refs: dict[str, str], phone: bool, dark: bool) -> None:
    windows: dict[str, Page] = {}
    found: dict[str, list[str]] = {}
    seen = 0
    for path in routes():
        who = WHO.get(path, "liaison")
        page = windows.setdefault(who, windows.get(who) or live.page(who, phone=phone, dark=dark))
        answer = page.goto(address(path, refs))
        assert answer is not None
        seen += answer.status == 200
        if problems := violations(page):
            found[f"{path} ({answer.status})"] = problems
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 1:
            found.setdefault(f"{path} ({answer.status})", []).append(f"scrolls sideways by {wide} px")
    assert found == {}
    assert seen >= 40, "most routes must show their page, not a refusal"


def test_pages_for_nobody_have_no_violation(live: Live) -> None:
    page = live.page()
    for path in (
        "/",
        "/search?q=gift",
        "/sign-in",
        "/tlp",
        "/about",
        "/ledger",
        "/records/RSI-aurora-ADV-2026-000000",
    ):
        page.goto(path)
        assert violations(page) == [], path
