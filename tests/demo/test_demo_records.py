"""The first records that anybody reads: complete, neutral, without personal data, and useful to a small institution."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from comity import policies
from comity.domain import neutral_language, personal_data
from comity.domain.fields.prose import own_words, texts
from comity.domain.handling import handling_problems, national_marking_problems
from comity.domain.kinds.problems import review_problems, submit_problems, warnings
from comity.domain.kinds.registry import kind
from comity.domain.tlp import TLP
from comity.formats.demo_yaml import DemoRecord, read_demo
from comity.services.demo_world import NODES
from tests.architecture.interface_words import never_said
from tests.factories import PEOPLE, person_id

FOLDER = Path(__file__).parents[2] / "demo" / "records" / "aurora"
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RECORDS = read_demo(FOLDER, TODAY)
EVERYWHERE = [one for node in NODES for one in read_demo(FOLDER.parent / node, TODAY)]
ACCOUNTS = {who: person_id(who) for who in PEOPLE}


@pytest.fixture(params=EVERYWHERE, ids=lambda record: record.key)
def record(request: pytest.FixtureRequest) -> DemoRecord:
    found: DemoRecord = request.param
    return found


def test_it_could_be_submitted_as_it_stands(record: DemoRecord) -> None:
    tlp = TLP(record.handling["tlp"])
    problems = submit_problems(
        record.content, kind=kind(record.kind), tlp=tlp, taxonomy=policies.taxonomy(), now=NOW
    )
    assert problems == []
    assert handling_problems(record.handling_for(ACCOUNTS)) == []


def test_its_sources_are_graded_and_not_circular(record: DemoRecord) -> None:
    content = kind(record.kind).model_validate(record.content)
    assert review_problems(content) == []
    assert warnings(content) == []


def test_it_speaks_of_conduct_and_never_of_people_by_origin(record: DemoRecord) -> None:
    rules = policies.language("en")
    assert rules is not None
    assert neutral_language.check_text(kind(record.kind), record.content, rules) == []
    said = {
        text.field: words
        for text in own_words(kind(record.kind), record.content)
        if (words := never_said(text.text))
    }
    assert said == {}


def test_it_names_nobody(record: DemoRecord) -> None:
    assert personal_data.check_text(kind(record.kind), record.content) == []
    assert (
        national_marking_problems({t.field: t.text for t in texts(kind(record.kind), record.content)}) == []
    )


def test_every_organization_in_it_is_invented_and_says_so(record: DemoRecord) -> None:
    addresses = [t.text for t in texts(kind(record.kind), record.content) if t.text.startswith("http")]
    assert all(".example/" in f"{url}/" for url in addresses)
    if record.content.get("entities"):
        assert "invented" in str(record.content.get("body"))


def test_the_author_exists_and_may_draft(record: DemoRecord) -> None:
    organization, roles = PEOPLE[record.author]
    assert organization == record.organization
    assert policies.roles().powers("public", *roles).get("draft")


def _words(record: DemoRecord) -> str:
    return " ".join(t.text for t in texts(kind(record.kind), record.content)).lower()


def test_a_search_for_conference_elicitation_has_more_to_give_to_members() -> None:
    hits = [
        r
        for r in RECORDS
        if r.kind == "advisory" and {"conference", "elicitation"} <= set(_words(r).replace(",", " ").split())
    ]
    markings = [str(r.handling["tlp"]) for r in hits]
    assert markings.count("CLEAR") >= 2
    assert markings.count("GREEN") >= 2
    assert "AMBER" in markings


def test_every_marking_kind_and_script_is_shown() -> None:
    assert {r.handling["tlp"] for r in RECORDS} == {t.value for t in TLP}
    assert {r.kind for r in RECORDS} == {"advisory", "best_practice", "due_diligence_note"}
    names = "".join(
        n["value"] for r in RECORDS for e in r.content.get("entities", []) for n in e.get("other_names", [])
    )
    for first, last in (
        ("\u4e00", "\u9fff"),
        ("\u0400", "\u04ff"),
        ("\u0600", "\u06ff"),
        ("\u3040", "\u30ff"),
    ):
        assert any(first <= character <= last for character in names)
    forms = {
        n["form"] for r in RECORDS for e in r.content.get("entities", []) for n in e.get("other_names", [])
    }
    assert {"original_script", "transliteration", "former", "acronym"} <= forms


def test_every_sector_has_written_something() -> None:
    sectors = {r.organization.split("-")[0] for r in RECORDS}
    assert {"gov", "uni", "firm", "ngo"} <= sectors


def test_dates_follow_the_day_of_loading() -> None:
    later = {r.key: r for r in read_demo(FOLDER, date(2031, 2, 28))}
    for one in RECORDS:
        assert str(later[one.key].content["expires_at"]) > "2031-02-28"


def test_a_file_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    source = next(FOLDER.glob("*.yaml")).read_text(encoding="utf-8")
    (tmp_path / "a.yaml").write_text(f"{source}\nnationality: none\n", encoding="utf-8")
    with pytest.raises(ValueError, match="nationality"):
        read_demo(tmp_path, TODAY)


def test_a_named_reader_who_does_not_exist_is_an_error_and_not_nobody() -> None:
    red: Any = next(r for r in RECORDS if r.named_readers)
    with pytest.raises(KeyError):
        red.handling_for({})
