"""A live node for a real browser: `comity demo` as a newcomer starts it, server and worker included, ended by its process id.

Everything a page writes to the console as an error (a refused script, a style, a missing file) fails the test that saw it.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from comity.config import ROOT
from comity.domain.peer import PeerState
from comity.domain.peering import PeerStep
from comity.storage import peers
from comity.storage.engine import open_engine, open_session
from tests import allies

PATIENCE: Final = 180
DESKTOP: Final = {"width": 1280, "height": 900}
PHONE: Final = {"width": 390, "height": 844}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    late = time.monotonic() + PATIENCE
    for line in process.stdout:
        if "Ctrl-C" in line:
            return
        assert time.monotonic() < late, "the demonstration did not start in time"
    raise AssertionError("the demonstration ended before it served")


@dataclass
class Live:
    """The running node, and the browser that visits it."""

    address: str
    password: str
    emails: dict[str, str]
    browser: Browser
    errors: list[str] = field(default_factory=list)
    opened: list[BrowserContext] = field(default_factory=list)

    def page(self, who: str = "", *, phone: bool = False, dark: bool = False, scripts: bool = True) -> Page:
        """A window of its own, signed in as `who` through the form."""
        context = self.browser.new_context(
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",  # a colour half way through a transition is none that a reader sees
            base_url=self.address,
        )
        context.set_default_timeout(20_000)  # a loaded machine is slow, and that is no defect
        self.opened.append(context)
        page = context.new_page()
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        if who:
            page.goto("/sign-in")
            page.fill("input[name=email]", self.emails[who])
            page.fill("input[name=password]", self.password)
            page.click("main form button[type=submit]")
            page.wait_for_url(lambda url: "/sign-in" not in url)
        return page


@pytest.fixture(scope="session")
def _node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, dict[str, str]]]:
    place = tmp_path_factory.mktemp("live")
    command = [sys.executable, "-m", "comity.cli.main", "demo", "--alone", "--no-public-data"]
    log = (place.parent / f"{place.name}.log").open("w", encoding="utf-8")
    process = subprocess.Popen(
        [*command, "--place", str(place), "--port", str(_free_port())],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "platform"), "PYTHONUNBUFFERED": "1"},
    )
    try:
        _wait_for(process)
        _propose_a_node(place / "aurora" / "comity.db")
        yield _sign_ins(place / "aurora" / "sign-ins.txt")
    finally:
        process.terminate()
        process.wait(60)
        log.close()
        if process.stdout is not None:
            process.stdout.close()


def _propose_a_node(database: Path) -> None:
    """What a federation officer would do with the address of another node, which does not run here."""
    engine = open_engine(f"sqlite:///{database}")
    with open_session(engine, writes=True) as db, db.begin():
        proposed = allies.known(
            state=PeerState.PROPOSED, fingerprint="ab12" * 16, admitted_at=None, agreement=None
        )
        peers.add(db, proposed)
        offered = {"agreement": allies.AGREEMENT.model_dump(mode="json")}
        for step in (
            PeerStep(
                "proposed", "demo-federation-officer", allies.SINCE, text="They asked.", details=offered
            ),
            PeerStep("voted", "demo-council-uni", allies.SINCE, "academia", details={"agrees": True}),
        ):
            peers.add_step(db, proposed.node_id, step)
    engine.dispose()


def _sign_ins(kept: Path) -> tuple[str, str, dict[str, str]]:
    text = kept.read_text(encoding="utf-8")
    address = re.search(r"http://\S+", text)
    password = re.search(r"password for all: (\S+)", text)
    assert address
    assert password
    emails = {line.split("@")[0]: line.split()[0] for line in text.splitlines() if "@" in line}
    return address[0], password[1], emails


@pytest.fixture(scope="session")
def _chromium(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def live(_node: tuple[str, str, dict[str, str]], _chromium: Browser) -> Iterator[Live]:
    """The node, with windows that close after the test. Console errors fail it, except the status of an expected refusal."""
    found = Live(*_node, browser=_chromium)
    yield found
    for context in found.opened:
        context.close()
    assert [said for said in found.errors if "Failed to load resource" not in said] == []
