"""CSAF and OSV as advisories: complete, honest about what the publisher did not say, without people and without HTML."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity import policies
from comity.domain import personal_data
from comity.domain.fields.prose import texts
from comity.domain.kinds.advisory import Advisory
from comity.domain.kinds.problems import submit_problems
from comity.domain.personal_data import find
from comity.domain.tlp import TLP
from comity.formats import cisa_jsonl, csaf, json_lines, osv, stix_report
from comity.formats.bulletin import NO_BENEFITS, NOT_KNOWN, severity
from comity.formats.fields import Fields
from comity.formats.prose import Cleaner, _may_hold, names_a_person
from comity.formats.registry import read
from comity.formats.rows import BadDocument, Item
from comity.services.admit import completed
from tests.formats.documents_of_others import CSAF, OSV, RECORD, SHARED, STIX, changed, lines_file

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CISA_LINE: dict[str, Any] = {
    "id": "ICSA-26-001-01", "title": "Halden M2", "tlp": "WHITE", "publisher": "CISA", "status": "final", "lang": "en-US",
    "initial_release": "2026-01-05T00:00:00Z", "current_release": "2026-02-05T00:00:00Z", "vendors": ["Halden Instruments"],
    "notes": [{"category": "summary", "title": "Risk", "text": "No password."}],
    "vulnerabilities": [{"cve": "CVE-2026-0001", "cwe": "x", "notes": "Open port.", "score": 8.1, "remediations": ["Update."]}],
    "references": ["https://cisa.example/icsa-26-001-01"],
}  # fmt: skip
READERS: dict[str, tuple[Callable[[int, Fields], Item], dict[str, Any]]] = {
    "csaf": (csaf.item, CSAF),
    "cisa-jsonl": (cisa_jsonl.item, CISA_LINE),
    "osv": (osv.item, OSV),
}


def every_text(item: Item) -> str:
    return json.dumps(item.content, ensure_ascii=False)


def submit(item: Item) -> list[Any]:
    source = next(one for one in policies.sources().sources if one.id == "comity-samples")
    content = completed(item, source, date(2026, 11, 22))
    return submit_problems(content, kind=Advisory, tlp=TLP.CLEAR, taxonomy=policies.taxonomy(), now=NOW)


@pytest.mark.parametrize("name", READERS)
def test_every_mandatory_field_is_filled_and_says_where_the_publisher_was_silent(name: str) -> None:
    reader, document = READERS[name]
    item = reader(1, Fields(document))
    assert submit(item) == []
    assert item.content["not_known"] == NOT_KNOWN
    assert item.content["benefits"] == NO_BENEFITS
    assert item.content["external_refs"][0]["id"] == item.foreign_id
    assert item.content["sources"][0].get("reliability") is None


def test_csaf_keeps_score_vendor_remedies_and_dates() -> None:
    item = csaf.item(1, Fields(CSAF))
    assert item.foreign_id == "ICSA-26-001-01"
    assert item.content["severity"] == "high"
    assert item.content["entities"] == [
        {"name": "Halden Instruments", "entity_type": "company", "role": "mentioned"}
    ]
    assert [one["do"] for one in item.content["recommended_actions"]][:2] == [
        "Update to 3.2.",
        "Use a network of its own.",
    ]
    assert item.source_date == datetime(2026, 2, 5, tzinfo=UTC)
    assert item.content["sources"][0]["url"] == "https://cisa.example/icsa-26-001-01"
    assert item.tlp is TLP.CLEAR


def test_people_who_are_thanked_or_named_as_contact_are_left_out() -> None:
    item = csaf.item(1, Fields(CSAF))
    said = every_text(item)
    for name in ("Someone Thanked", "Maria Example", "maria.example@"):
        assert name not in said
    assert "[e-mail address left out]" in said
    assert "Personal data in a text was left out." in item.warnings


def test_html_and_script_addresses_become_harmless_text() -> None:
    item = csaf.item(1, Fields(CSAF))
    assert "`<script>`alert(1)`</script>`" in item.content["known"]
    assert "javascript:" not in every_text(item)


def test_osv_names_packages_in_text_and_never_as_organizations() -> None:
    item = osv.item(1, Fields(OSV))
    assert "entities" not in item.content
    assert "example.org/archive" in item.content["body"]
    assert (
        item.content["recommended_actions"][0]["do"]
        == "Update `example.org/archive` to version 1.4.2 or later."
    )
    assert {"system": "CVE", "id": "CVE-2026-0042"} in item.content["external_refs"]
    assert item.content["severity"] == "info"


@pytest.mark.parametrize(
    ("label", "code"), [("RED", "marking"), ("PURPLE", "marking"), ("TLP:EX:CHR", "marking")]
)
def test_red_and_unknown_markings_are_not_imported(label: str, code: str) -> None:
    with pytest.raises(BadDocument) as refused:
        csaf.item(1, Fields(changed(CSAF, "document.distribution.tlp.label", label)))
    assert refused.value.problem.code == code


@pytest.mark.parametrize(
    ("label", "tlp"),
    [
        ("WHITE", TLP.CLEAR),
        ("TLP:CLEAR", TLP.CLEAR),
        ("GREEN", TLP.GREEN),
        ("AMBER+STRICT", TLP.AMBER_STRICT),
    ],
)
def test_known_markings_are_kept(label: str, tlp: TLP) -> None:
    assert csaf.item(1, Fields(changed(CSAF, "document.distribution.tlp.label", label))).tlp is tlp


def test_no_marking_is_nothing_and_not_clear() -> None:
    assert csaf.item(1, Fields(changed(CSAF, "document.distribution", None))).tlp is None


@pytest.mark.parametrize(
    ("reader", "document", "path", "value", "code"),
    [
        (csaf.item, CSAF, "document.csaf_version", "1.2", "version"),
        (csaf.item, CSAF, "document.tracking.status", "draft", "draft"),
        (csaf.item, CSAF, "document.tracking.id", "", "missing"),
        (csaf.item, CSAF, "vulnerabilities", {"a": 1}, "wrong-type"),
        (csaf.item, CSAF, "vulnerabilities.0.scores.0.cvss_v3.baseScore", "high", "wrong-type"),
        (csaf.item, CSAF, "document.tracking.current_release_date", "yesterday", "wrong-type"),
        (osv.item, OSV, "withdrawn", "2026-03-03T00:00:00Z", "withdrawn"),
        (osv.item, OSV, "affected", "all", "wrong-type"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    reader: Any, document: Any, path: str, value: Any, code: str
) -> None:
    with pytest.raises(BadDocument) as refused:
        reader(1, Fields(changed(document, path, value)))
    assert refused.value.problem.code == code


@pytest.mark.parametrize(
    ("scores", "word"),
    [([], "info"), ([0.0], "info"), ([3.9], "low"), ([2.0, 9.0], "critical"), ([6.9], "moderate")],
)
def test_severity_follows_the_publishers_score(scores: list[float], word: str) -> None:
    assert severity(scores) == word


def test_a_stix_report_names_techniques_and_no_actors_or_people() -> None:
    objects = {one["id"]: one for one in STIX["objects"]}
    item = stix_report.item(1, Fields(objects["report--1"]), objects)
    said = every_text(item)
    assert "Spearphishing Link" in said
    assert "Blamed Organization" not in said
    assert "Private Person" not in said
    assert item.publisher == "Example CERT"
    assert item.tlp is TLP.GREEN
    assert item.content["recommended_actions"][0]["do"] == "Open links from bookmarks."
    assert submit(item) == []


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("objects.5.revoked", True, "withdrawn"),
        (
            "objects.5.object_marking_refs",
            ["marking-definition--00000000-0000-4000-8000-000000000000"],
            "marking",
        ),
        (
            "objects.5.object_marking_refs",
            ["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"],
            "marking",
        ),
        (
            "objects.5.granular_markings",
            [{"marking_ref": "marking-definition--1", "selectors": ["name"]}],
            "marking",
        ),
        ("objects.5.spec_version", "2.0", "version"),
        ("type", "report", "type"),
    ],
)
def test_stix_that_must_not_come_in_is_refused(tmp_path: Path, path: str, value: Any, code: str) -> None:
    (row,) = read("stix", lines_file(tmp_path / "a.json", [changed(STIX, path, value)]))
    assert not isinstance(row, Item)
    assert row.problems[0].code == code


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**6) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _paths(value: Any, path: str = "") -> list[str]:
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [
        found
        for key, one in children
        for here in [f"{path}.{key}" if path else str(key)]
        for found in [here, *_paths(one, here)]
    ]


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_anywhere_gives_a_complete_advisory_or_a_named_refusal(
    name: str, data: st.DataObject
) -> None:
    reader, document = READERS[name]
    path = data.draw(st.sampled_from(_paths(document)))
    try:
        item = reader(1, Fields(changed(document, path, data.draw(_JSON))))
    except BadDocument:
        return
    assert submit(item) == []


@settings(deadline=None)  # a loaded machine is no defect
@given(st.text(max_size=300))
def test_whatever_the_text_the_cleaned_one_is_accepted_and_fits(text: str) -> None:
    clean = Cleaner()
    assert len(clean.line(text, 100)) <= 100
    assert "<script>" not in clean.prose(f"{text}<script>", 500).replace("`<script>`", "")


_PEOPLE = (
    "Dr. Oliver Matula", "Write to jane.doe@uni.example now", "Call +47 22 12 34 56", "tel: 503-629-0887", "0000-0002-1825-0097",
    "see linkedin.com/in/somebody", "Researcher Karin Holm found it", "passport no. X1234567", "Jane Doe, PhD", "张伟教授",
    "date of birth: 1980-01-02", "https://scholar.google.com/citations?user=abc",
)  # fmt: skip


@settings(deadline=None)  # a loaded machine is no defect
@given(st.sampled_from(_PEOPLE), st.text("ab .\n", max_size=30), st.text("ab .\n", max_size=30))
def test_the_quick_look_never_misses_what_the_scan_would_find(person: str, before: str, after: str) -> None:
    text = f"{before} {person} {after}"
    if find(text):
        assert _may_hold(text)
    assert not find(Cleaner().prose(text, 1000)) or not find(person)


def test_a_sentence_that_names_somebody_is_noticed() -> None:
    assert names_a_person("Fine.\n\nResearcher Karin Holm found it.")
    assert not names_a_person("A researcher found it. Captain obvious.")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not beside this tree")
@pytest.mark.parametrize(
    ("name", "file", "least"),
    [
        ("csaf", "cisa_csaf_raw_40.zip", 40),
        ("cisa-jsonl", "cisa_csaf.jsonl.gz", 200),
        ("osv", "osv_go.jsonl.gz", 200),
        ("osv", "osv_pypi.jsonl.gz", 200),
    ],
)
def test_real_documents_become_complete_advisories_without_personal_data(
    name: str, file: str, least: int
) -> None:
    rows = [row for row, _ in zip(read(name, SHARED / "advisories" / file), range(250), strict=False)]
    items = [row for row in rows if isinstance(row, Item)]
    assert len(items) >= least
    for item in items:
        assert submit(item) == []
        cited = ("sources", "entities", "external_refs")
        findings = [
            one for one in personal_data.check_text(Advisory, item.content) if not one.field.startswith(cited)
        ]
        found = [
            one for one in findings if "\n\n" not in one.matched
        ]  # a heading and the next word are no name
        assert found == [], item.foreign_id
        assert "acknowledg" not in " ".join(t.field for t in texts(Advisory, item.content))


def test_only_what_went_through_the_cleaner_says_so() -> None:
    assert all(reader(1, Fields(document)).cleaned for reader, document in READERS.values())
    assert not json_lines.item(1, Fields(RECORD)).cleaned


@pytest.mark.parametrize("name", READERS)
def test_whatever_text_a_publisher_writes_nobody_is_named_in_what_is_kept(name: str) -> None:
    """`cleaned` is trusted later on: so every single text of every format is tried with a name in it."""
    reader, document = READERS[name]
    for path in _paths(document):
        try:
            item = reader(
                1, Fields(changed(document, path, "Researcher Karin Holm, karin.holm@uni.example, found it."))
            )
        except BadDocument:
            continue
        own = [one.text for one in texts(Advisory, item.content) if not one.verbatim]
        assert not any(names_a_person(text) for text in own), path
