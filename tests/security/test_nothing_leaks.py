"""H-04 over HTTP: whatever a reader may not see changes no byte of any answer they get: no page, count, facet, order, suggestion,
feed or header. The same reader asks the same questions before and after records that are not theirs are brought about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from comity.app import create_app
from comity.config import Settings
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.record import Record
from comity.domain.roles import Role
from comity.domain.tlp import TLP
from comity.services import read, restrict
from comity.services.runtime import Runtime
from tests.factories import make_world, person_id
from tests.story import Story
from tests.web.conftest import BROWSER, ORIGIN, Portal

QUESTIONS = (
    "/",
    "/search",
    "/search?q=unpublished+results",
    "/search?q=unpublishd+reslts",
    "/search?q=%22Harrowgate+Insight%22&sort=newest",
    "/search?q=har&ended=1",
    "/search?q=moonlight",
    "/search?kind=advisory&tlp=AMBER&tlp=RED&sort=title",
    "/search/suggest?q=que",
    "/search/suggest?q=moon",
    "/feeds/latest.atom",
    "/feeds/latest.json?q=results",
    "/transparency",
    "/organizations",
    "/organizations/gov-security-office",
    "/organizations/firm-optics",
    "/api/v1/records?q=results",
    "/api/v1/records?q=moonlight&ended=true",
    "/api/v1/suggestions?q=que",
    "/api/v1/organizations",
    "/work",
    "/alerts",
    "/audit",
)
_FRESH = re.compile(r'nonce="[^"]*"|hx-nonce="[^"]*"|"?nonce-[\w-]+|[0-9a-f]{32}')
"""What is new in every answer: nonces and request numbers."""

Ask = Callable[[str], dict[str, tuple[int, str, dict[str, str]]]]


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """One node on SQLite: what is asked here is asked of the pages, and both databases answer to the same rule elsewhere."""
    engine, world = make_world(tmp_path / "node.db")
    yield Story(engine, world)
    engine.dispose()


@pytest.fixture
def ask(story: Story, tmp_path: Path) -> Iterator[Ask]:
    """Every question asked as one person; `""` is nobody."""
    portal: list[Portal] = []
    runtime = Runtime(
        Settings(data_dir=tmp_path, threads=2),
        engine=story.engine,
        clock=lambda: story.now + timedelta(minutes=10),
    )
    app = create_app(Settings(data_dir=tmp_path, threads=2), runtime=runtime, propagate=True)
    portal.append(Portal(app, story.engine, story.world, runtime, story.now))
    with ExitStack() as stack:
        windows: dict[str, TestClient] = {}

        def asked(who: str) -> dict[str, tuple[int, str, dict[str, str]]]:
            if who not in windows:
                client = TestClient(app, base_url=ORIGIN, headers=BROWSER, follow_redirects=False)
                windows[who] = stack.enter_context(client)
                if who:
                    client.cookies.set("comity", portal[0].sign_in(who))
            return {path: _plain(windows[who], path) for path in QUESTIONS}

        yield asked


def _plain(client: TestClient, path: str) -> tuple[int, str, dict[str, str]]:
    answer = client.get(path)
    headers = {
        name: _FRESH.sub("", value)
        for name, value in answer.headers.items()
        if name not in ("etag", "x-request-id")
    }
    return answer.status_code, _FRESH.sub("", answer.text), headers


def bring_about_hidden(story: Story) -> list[Record]:
    """Records of every sort that neither the public nor a reader of civil society may know of."""
    amber = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    strict = Handling(tlp=TLP.AMBER_STRICT)
    narrow = Handling(tlp=TLP.GREEN, audience=AudienceChoice(roles=(Role.RESEARCH_SECURITY_OFFICER,)))
    named = tuple(person_id(who) for who in ("editor", "reviewer_uni", "reviewer_firm", "reviewer_ngo"))
    red = Handling(tlp=TLP.RED, audience=AudienceChoice(persons=named))
    found = [
        story.published(handling=one, title="Moonlight questions about results")
        for one in (amber, strict, narrow)
    ]
    found.append(story.drafted(title="Moonlight draft about unpublished results"))
    found.append(story.submitted(story.drafted("contributor", title="Moonlight in triage"), "contributor"))
    secret = story.in_review(story.submitted(story.drafted(handling=red, title="Moonlight RED")))
    for who in ("reviewer_uni", "reviewer_ngo"):
        with story.unit(who) as unit:
            read.open_with_purpose(unit, ref=secret.ref, purpose="review_or_edit")
        secret = story.voted(secret, who)
    assert secret.state == "published"
    return [*found, secret]


@pytest.mark.parametrize("who", ["", "reader", "node_admin"])
def test_hidden_records_change_no_byte(story: Story, ask: Ask, who: str) -> None:
    story.published(handling=Handling(tlp=TLP.CLEAR))
    story.published(title="Questions after talks, for members")
    before = ask(who)
    hidden = bring_about_hidden(story)
    after = ask(who)
    assert {path: after[path] for path in QUESTIONS if after[path] != before[path]} == {}
    text = " ".join(body for _, body, _ in after.values())
    for title in ("moonlight questions", "moonlight draft", "moonlight in triage", "moonlight red"):
        assert title not in text.lower()
    assert not any(one.ref in text or one.uid in text for one in hidden)


def test_the_questions_would_notice(story: Story, ask: Ask) -> None:
    """The differential above can fail: what a reader may see does change the answers."""
    story.published(handling=Handling(tlp=TLP.CLEAR))
    before = ask("reader")
    story.published(title="Moonlight questions for members")
    after = ask("reader")
    changed = {path for path in QUESTIONS if after[path] != before[path]}
    assert {"/", "/search", "/search?q=moonlight", "/search/suggest?q=moon", "/feeds/latest.atom"} <= changed


def test_a_forbidden_tombstone_leaves_nothing_behind(story: Story, ask: Ask) -> None:
    """G-08: after the order, everything reads as if the record had never been."""
    story.published(handling=Handling(tlp=TLP.CLEAR))
    before = ask("reader")
    record = story.published(title="Moonlight that an order forbids")
    with story.unit("editor") as unit:
        restrict.restrict(
            unit,
            ref=record.ref,
            reason_code="court_order",
            text="Ordered.",
            order="17/2026",
            tombstone_forbidden=True,
        )
    after = ask("reader")
    differing = {path for path in QUESTIONS if after[path] != before[path]}
    assert differing <= {"/transparency"}, "only the one total of forbidden tombstones may tell"
