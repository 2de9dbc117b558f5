"""Mails by a real server on loopback: who gets one, and every word of it (peers S28, row 70)."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from comity.config import Settings
from comity.domain.alert import Period, mail_due, retry_after
from comity.domain.handling import AudienceChoice, Handling
from comity.domain.tlp import TLP
from comity.services import alerts, mail, restrict, subscribe
from comity.services.compose_mail import plain
from comity.services.runtime import Runtime
from tests.factories import person_id
from tests.story import Story


@dataclass
class Postbox:
    """A mail server that keeps what it is given, or refuses everything, or one mailbox."""

    refuses: bool = False
    refused_mailbox: str = ""
    letters: list[tuple[str, email.message.EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        if self.refuses:
            return "451 later"
        message = email.message_from_bytes(envelope.content, policy=default)
        self.letters.append((",".join(envelope.rcpt_tos), message))
        return "250 taken"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.refused_mailbox and address.startswith(self.refused_mailbox):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    def texts(self) -> dict[str, str]:
        return {to.partition("@")[0]: text_of(message) for to, message in self.letters}


def text_of(message: email.message.EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


@dataclass
class Office:
    """A story, its postbox and the runtime that mails."""

    story: Story
    postbox: Postbox
    runtime: Runtime

    def send(self) -> mail.Sent:
        with self.story.unit("system") as unit:
            while alerts.follow(unit, worker="one"):
                pass
        return mail.send_due(self.runtime, worker="one")

    def save(self, who: str, *, period: str = "at_once", by_mail: bool = True) -> None:
        with self.story.unit(who) as unit:
            subscribe.save_search(
                unit, name="", text="", filters={"kind": ["advisory"]}, period=period, by_mail=by_mail
            )


@pytest.fixture
def office(story: Story, tmp_path: Path) -> Iterator[Office]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    postbox = Postbox()
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    settings = Settings(
        data_dir=tmp_path,
        smtp_url=f"smtp://127.0.0.1:{port}",
        mail_from="portal@example.org",
        public_url="https://portal.example.org",
    )
    yield Office(story, postbox, Runtime(settings, engine=story.engine, clock=lambda: story.now))
    controller.stop()


def amber() -> Handling:
    return Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))


def red() -> Handling:
    named = ("researcher", "editor", "reviewer_uni", "reviewer_firm", "reviewer_ngo")
    return Handling(tlp=TLP.RED, audience=AudienceChoice(persons=tuple(person_id(one) for one in named)))


def quiet(office: Office, *but: str) -> None:
    """Nobody else wants mail, so that each test sees its own letters alone."""
    for who in office.story.world.people:
        if who not in but:
            with office.story.unit(who) as unit:
                subscribe.mail_me(unit, wanted=False)


def test_a_mail_about_a_green_record_in_full(office: Office) -> None:
    quiet(office)
    office.save("researcher")
    record = office.story.published(title="Questions at a conference")
    assert office.send() == mail.Sent(1, 0)
    ((to, message),) = office.postbox.letters
    assert to == "researcher@uni-north.example.org"
    assert message["To"] == to
    assert message["Subject"] == "Something changed on Nordmark Research Security Exchange"
    assert message["List-Unsubscribe"] == "<https://portal.example.org/searches>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert (
        text_of(message)
        == f"""TLP:GREEN

Hello Researcher,

something changed among what you follow on the portal.

* A record was published.
  Questions at a conference
  https://portal.example.org/records/{record.ref}

All your alerts: https://portal.example.org/alerts

--
Nordmark Research Security Exchange
You get this mail because you follow these records or topics, or work on them.
Change what you are sent: https://portal.example.org/searches
TLP:GREEN
"""
    )


def test_a_mail_about_an_amber_record_says_no_title(office: Office) -> None:
    quiet(office)
    office.save("researcher")
    record = office.story.published(handling=amber(), title="Secretive words")
    office.send()
    text = office.postbox.texts()["researcher"]
    assert "Secretive" not in text
    assert "* A record that you may read has changed.\n" in text
    assert f"https://portal.example.org/records/{record.ref}" in text
    assert not text.startswith("TLP")


def test_a_mail_about_a_red_record_names_no_record(office: Office) -> None:
    quiet(office, "researcher")
    record = office.story.published(handling=red(), title="Secretive words")
    office.send()
    (text,) = office.postbox.texts().values()
    assert "Secretive" not in text
    assert record.ref not in text
    assert "/records/" not in text


def test_each_person_gets_one_mail_of_their_own(office: Office) -> None:
    """S28: recipients are computed for each person; nobody is copied."""
    quiet(office)
    for who in ("researcher", "reader", "contributor"):
        office.save(who)
    office.story.published(title="For everybody here")
    office.story.published(handling=amber(), title="For one university")
    office.send()
    assert sorted(office.postbox.texts()) == ["contributor", "reader", "researcher"]
    assert all("," not in to for to, _ in office.postbox.letters)
    assert office.postbox.texts()["researcher"].count("* ") == 2
    assert office.postbox.texts()["reader"].count("* ") == 1
    assert office.send() == mail.Sent(0, 0), "nothing is sent twice"


def test_what_was_narrowed_before_sending_is_not_sent(office: Office) -> None:
    quiet(office)
    office.save("researcher", period="daily")
    record = office.story.published(title="Questions at a conference")
    assert office.send() == mail.Sent(0, 0), "the digest is not due"
    with office.story.unit("editor") as unit:
        restrict.restrict(
            unit,
            ref=record.ref,
            reason_code="court_order",
            text="An order.",
            order="X 1/26",
            tombstone_forbidden=True,
        )
    office.story.now += timedelta(days=2)
    assert office.send() == mail.Sent(0, 0)
    assert office.postbox.letters == []


def test_a_digest_waits_for_its_morning(office: Office) -> None:
    quiet(office)
    office.save("researcher", period="daily")
    office.save("reader", period="weekly")
    office.story.published()
    office.send()
    assert office.postbox.letters == []
    office.story.now += timedelta(days=1)
    office.send()
    assert list(office.postbox.texts()) == ["researcher"]
    office.story.now += timedelta(days=7)
    office.send()
    assert list(office.postbox.texts()) == ["researcher", "reader"]


def test_who_wants_no_mail_gets_none(office: Office) -> None:
    quiet(office)
    office.save("researcher", by_mail=False)
    office.story.published()
    assert office.send() == mail.Sent(0, 0)


def test_what_was_read_in_the_portal_is_not_sent(office: Office) -> None:
    quiet(office)
    office.save("researcher", period="daily")
    office.story.published()
    office.send()
    with office.story.unit("researcher") as unit:
        alerts.mark_read(unit)
    office.story.now += timedelta(days=1)
    assert office.send() == mail.Sent(0, 0)


def test_one_mailbox_that_is_refused_stops_no_other(office: Office) -> None:
    quiet(office)
    office.save("reader")
    office.save("researcher")
    office.story.published()
    office.postbox.refused_mailbox = "reader@"
    assert office.send() == mail.Sent(1, 1)
    assert list(office.postbox.texts()) == ["researcher"]


def test_a_server_that_is_away_is_tried_again_more_slowly(office: Office) -> None:
    quiet(office)
    office.save("researcher")
    office.story.published()
    office.postbox.refuses = True
    assert office.send() == mail.Sent(0, 1)
    office.postbox.refuses = False
    assert office.send() == mail.Sent(0, 0), "not before a minute has passed"
    office.story.now += timedelta(minutes=2)
    assert office.send() == mail.Sent(1, 0)


def test_without_any_server_everything_waits(office: Office) -> None:
    quiet(office)
    office.save("researcher")
    office.save("reader")
    office.story.published()
    nowhere = office.runtime.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:9"})
    office.runtime, there = (
        Runtime(nowhere, engine=office.story.engine, clock=lambda: office.story.now),
        office.runtime,
    )
    assert office.send() == mail.Sent(0, 2)
    office.story.now += timedelta(minutes=2)
    office.runtime = there
    assert office.send() == mail.Sent(2, 0)


def test_a_server_elsewhere_must_speak_tls(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same server under a name that is not this machine: it offers no TLS, so nothing is handed over."""
    monkeypatch.setattr(mail, "_on_this_machine", lambda _host: False)
    quiet(office)
    office.save("researcher")
    office.story.published()
    assert office.send() == mail.Sent(0, 1)
    assert office.postbox.letters == []


def test_no_title_forges_a_part_of_a_mail() -> None:
    assert plain("a\r\nBcc: x@example.org\u2028b\u202ec\x00d") == "a Bcc: x@example.org bc d"


def test_when_digests_leave() -> None:
    monday = datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert mail_due(Period.AT_ONCE, made=monday, now=monday)
    assert not mail_due(Period.DAILY, made=monday, now=monday + timedelta(hours=20))
    assert mail_due(Period.DAILY, made=monday, now=monday + timedelta(hours=21))
    assert not mail_due(Period.WEEKLY, made=monday, now=monday + timedelta(days=6, hours=20))
    assert mail_due(Period.WEEKLY, made=monday, now=monday + timedelta(days=6, hours=21))
    assert [retry_after(n) for n in (0, 1, 40)] == [
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(hours=6),
    ]


def test_a_text_mail_says_what_was_written_and_escapes_nothing(office: Office) -> None:
    """It is no HTML: a reader would see `&amp;` and `&lt;` where a person wrote signs. In a page the same title is escaped."""
    office.save("researcher")
    office.story.published(title="Conferences & fairs with < 20 visitors")
    office.send()
    text = office.postbox.texts()["researcher"]
    assert "Conferences & fairs with < 20 visitors" in text
    assert "&amp;" not in text
    assert "&lt;" not in text
    assert "&#" not in text
