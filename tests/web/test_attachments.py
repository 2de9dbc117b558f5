"""Files of a record: what is taken in, who is handed what, and that nothing tells of what one may not have (row 7, S4, S22)."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from comity.domain.handling import AudienceChoice, Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import attach
from comity.services.unit import Unit
from tests.factories import person_id
from tests.story import Story
from tests.web.conftest import Browser, Portal

PDF = b"%PDF-1.7\n% the words of a secret annex\n"


@pytest.fixture
def story(portal: Portal) -> Story:
    return Story(portal.engine, portal.world, portal.moment)


def packed(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


def send(browser: Any, record: Record, name: str, content: bytes, **fields: str) -> Any:
    return browser.post(f"/records/{record.ref}/attachments", data=fields, files={"file": (name, content)})


def links(page: Any) -> list[str]:
    return re.findall(r"/records/[^\"/]+/attachments/[0-9a-f-]{36}(?=\")", page.text)


def published_with_file(browser: Browser, story: Story, **more: Any) -> tuple[Record, str]:
    record = story.drafted(**more)
    author = browser("liaison")
    assert send(author, record, "annex.pdf", PDF).status_code == 303
    (path,) = links(author.get(f"/records/{record.ref}/attachments"))
    record = story.in_review(story.submitted(record))
    for reviewer in ("reviewer_uni", "reviewer_ngo", "reviewer_firm"):
        record = story.voted(record, reviewer) if record.state == "in_review" else record
    assert record.is_published
    return record, path


def test_a_file_is_handed_out_for_saving_and_never_shown(browser: Browser, story: Story) -> None:
    _, path = published_with_file(browser, story)
    answer = browser("researcher").get(path)
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="annex.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "etag" not in answer.headers


def test_nobody_gets_a_file_of_a_record_they_may_not_read(browser: Browser, story: Story) -> None:
    """S4: a child passes the same gate; absent and forbidden are one answer."""
    _, path = published_with_file(browser, story, tlp=TLP.AMBER)
    for who in ("researcher", "reader", "node_admin", "auditor", ""):
        client = browser(who)
        refused = client.get(path)
        absent = client.get(path[:-4] + "0000")
        assert refused.status_code == absent.status_code == 404
        assert b"secret annex" not in refused.content


def test_a_draft_shows_its_files_to_its_author_alone(browser: Browser, story: Story) -> None:
    record = story.drafted()
    send(browser("liaison"), record, "annex.pdf", PDF)
    (path,) = links(browser("liaison").get(f"/records/{record.ref}/attachments"))
    for who in ("researcher", "editor", "reviewer_uni", ""):
        assert browser(who).get(path).status_code == 404
    for who in ("researcher", "editor", "reviewer_uni"):
        assert browser(who).get(f"/records/{record.ref}/attachments").status_code == 404
        assert send(browser(who), record, "x.pdf", PDF).status_code == 404
        assert browser(who).post(f"{path}/remove", data={}).status_code == 404
    assert len(links(browser("liaison").get(f"/records/{record.ref}/attachments"))) == 1


def test_a_file_marked_more_strictly_stays_from_readers_of_the_record(browser: Browser, story: Story) -> None:
    record = story.drafted(tlp=TLP.GREEN)
    author = browser("liaison")
    send(author, record, "strict.pdf", PDF, tlp="AMBER")
    (path,) = links(author.get(f"/records/{record.ref}/attachments"))
    record = story.in_review(story.submitted(record))
    for reviewer in ("reviewer_uni", "reviewer_ngo"):
        record = story.voted(record, reviewer) if record.state == "in_review" else record
    reader = browser("researcher")
    assert "strict.pdf" not in reader.get(f"/records/{record.ref}").text
    assert reader.get(path).status_code == 404


def test_no_marking_widens(browser: Browser, story: Story) -> None:
    record = story.drafted(tlp=TLP.AMBER)
    send(browser("liaison"), record, "annex.pdf", PDF, tlp="CLEAR")
    with story.unit("system", writes=False) as unit:
        assert [one.tlp for one in attach.listed(unit, record)] == ["AMBER"]
    assert send(browser("liaison"), record, "annex.pdf", PDF, tlp="PURPLE").status_code == 422


def test_a_restricted_file_asks_for_a_purpose_and_is_logged(browser: Browser, story: Story) -> None:
    """H-08."""
    handling = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    record, path = published_with_file(browser, story, handling=handling)
    reader = browser("researcher")
    first = reader.get(path)
    assert (first.status_code, first.headers["location"]) == (303, f"/records/{record.ref}")
    from comity.services import read

    with story.unit("researcher") as unit:
        read.open_with_purpose(unit, ref=record.ref, purpose="assess_a_proposal")
    assert reader.get(path).content == PDF
    with story.engine.connect() as connection:
        logged = connection.exec_driver_sql(
            "SELECT actor FROM audit_entry WHERE action = 'attachment.open'"
        ).all()
    assert [row[0] for row in logged] == [person_id("researcher")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.exe", b"MZ\x90"),
        ("page.html", b"<script>alert(1)</script>"),
        ("image.svg", b"<svg onload='x'/>"),
        ("note.pdf", b"MZ\x90 not a document"),
        ("note.txt", PDF),
        ("note.txt", b"a\x00b"),
        ("note.txt", "grüß".encode("latin-1")),
        ("empty.txt", b""),
        ("report.docx", packed("word/document.xml", "word/vbaProject.bin")),
        ("report.docx", packed("payload.exe")),
        ("report.docx", b"PK\x03\x04 broken"),
        ("report.docx", packed(*(f"word/{one}" for one in range(10_001)))),
        ("people.csv", b"name,mail\nx,jane.doe@uni.example.org\n"),
        ("marked.txt", b"SECRET//NOFORN and more"),
    ],
)
def test_what_is_not_taken_is_refused_by_name_and_not_kept(
    browser: Browser, story: Story, portal: Portal, name: str, content: bytes
) -> None:
    record = story.drafted()
    answer = send(browser("liaison"), record, name, content)
    assert answer.status_code == 422
    assert 'id="f-file-error"' in answer.text
    kept = Path(portal.runtime.settings.data_dir) / "attachments"
    assert list(kept.iterdir() if kept.exists() else []) == []


def test_office_documents_and_text_are_taken(browser: Browser, story: Story) -> None:
    record = story.drafted()
    author = browser("liaison")
    for name, content in (
        ("a.docx", packed("[Content_Types].xml", "word/document.xml")),
        ("b.txt", b"Plain words."),
    ):
        assert send(author, record, name, content).status_code == 303
    assert len(links(author.get(f"/records/{record.ref}/attachments"))) == 2


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\u202efdp.txt", "afdp.txt"),
        ('x";y.txt', "xy.txt"),
        ("C:\\a\\b.txt", "b.txt"),
    ],
)
def test_names_lose_what_could_mislead(browser: Browser, story: Story, sent: str, kept: str) -> None:
    from comity.domain.file_kinds import safe_name

    assert safe_name(sent) == kept
    assert len(safe_name("n" * 500 + ".pdf")) <= 120


def test_a_file_over_the_limit_is_refused_while_it_is_read(
    browser: Browser, story: Story, portal: Portal
) -> None:
    limit = portal.runtime.settings.max_attachment_bytes
    record = story.drafted()
    assert limit > portal.runtime.settings.max_body_bytes
    assert send(browser("liaison"), record, "big.pdf", PDF + b"0" * 3_000_000).status_code == 303
    assert send(browser("liaison"), record, "big.pdf", PDF + b"0" * limit).status_code in (413, 422)


def test_a_scanner_is_obeyed_and_a_broken_one_lets_nothing_through(tmp_path: Path, portal: Portal) -> None:
    from comity.domain.errors import Invalid

    settings = portal.runtime.settings

    def take(command: str) -> str:
        scanning = settings.model_copy(update={"attachment_scanner": command})
        return attach.take_in(scanning, name="a.pdf", stream=io.BytesIO(PDF)).malware_state

    assert take("") == "unscanned"
    assert take("true") == "clean"
    assert take("grep -q 'secret annex'") == "clean"
    for refusing in ("false", "/nonexistent/scanner", "grep -q nothing-of-the-kind"):
        with pytest.raises(Invalid):
            take(refusing)


def test_equal_bytes_elsewhere_are_no_ones_business(browser: Browser, story: Story) -> None:
    """A file shared across records by its hash: neither upload nor download of the one tells of the other."""
    hidden, hidden_path = published_with_file(browser, story, tlp=TLP.AMBER)
    mine = story.drafted("contributor_ngo")
    author = browser("contributor_ngo")
    fresh = send(author, mine, "other.pdf", b"%PDF-1.4 never seen before")
    known = send(author, mine, "annex.pdf", PDF)
    assert (fresh.status_code, fresh.headers.get("location")) == (
        known.status_code,
        known.headers.get("location"),
    )
    uid = hidden_path.rsplit("/", 1)[1]
    assert author.get(f"/records/{mine.ref}/attachments/{uid}").status_code == 404
    assert author.post(f"/records/{mine.ref}/attachments/{uid}/remove", data={}).status_code == 404
    assert hidden.is_published


def test_bytes_go_a_day_after_the_last_record_gave_them_up(
    browser: Browser, story: Story, portal: Portal
) -> None:
    first, second = story.drafted(), story.drafted()
    author = browser("liaison")
    for record in (first, second):
        send(author, record, "annex.pdf", PDF)
    places = [links(author.get(f"/records/{record.ref}/attachments"))[0] for record in (first, second)]
    settings = portal.runtime.settings

    def swept() -> int:
        import time
        from datetime import UTC, datetime

        with story.unit("system", writes=False) as unit:
            later: Unit = replace(unit, now=datetime.fromtimestamp(time.time(), UTC) + timedelta(days=2))
            return attach.sweep(later, settings)

    assert author.post(f"{places[0]}/remove", data={}).status_code == 303
    assert swept() == 0
    assert author.get(places[1]).content == PDF
    author.post(f"{places[1]}/remove", data={})
    assert swept() == 1


def test_files_do_not_change_behind_the_reviewers(browser: Browser, story: Story) -> None:
    record, path = published_with_file(browser, story)
    author = browser("liaison")
    assert send(author, record, "late.pdf", PDF).status_code == 409
    assert author.post(f"{path}/remove", data={}).status_code == 409
    waiting = story.in_review(story.submitted(story.drafted()))
    assert send(author, waiting, "late.pdf", PDF).status_code == 409


def test_nothing_is_read_from_those_without_a_session(browser: Browser, story: Story) -> None:
    answer = send(browser(), story.drafted(), "a.pdf", PDF)
    assert answer.status_code in (303, 401)


def test_a_withdrawn_record_takes_its_files_along(browser: Browser, story: Story) -> None:
    from comity.services import withdraw

    record, path = published_with_file(browser, story)
    assert browser("researcher").get(path).status_code == 200
    with story.unit("liaison") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code="harm", text="It puts somebody at risk.")
    with story.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)
    assert browser("researcher").get(path).status_code == 404
