"""SG-02: what may identify a natural person is found, with what can be done about it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain.fields.prose import replaced
from comity.domain.kinds.registry import KINDS
from comity.domain.personal_data import OPTIONS, blocking, check_text, find

ADVISORY = KINDS["advisory"]


@pytest.mark.parametrize(
    ("text", "what", "hit"),
    [
        ("We met Dr. Jane Example there.", "name", "Jane Example"),
        ("Prof van der Voorbeeld spoke.", "name", "van der Voorbeeld"),
        ("Mr O’Example called.", "name", "O’Example"),
        ("Jane Q. Example, PhD, wrote it.", "name", "Jane Q. Example"),
        ("The visiting researcher Jan Voorbeeld left.", "name", "Jan Voorbeeld"),
        ("The director, Maria Ejemplo, signed.", "name", "Maria Ejemplo"),
        ("王某某教授 came.", "name", "王某某教授"),
        ("Write to jane.example@uni.example.", "email", "jane.example@uni.example"),
        ("Reach her on +44 20 7946 0958.", "phone", "+44 20 7946 0958"),
        ("Tel: 020 7946 0958.", "phone", "020 7946 0958"),
        ("ORCID 0000-0002-1825-0097.", "orcid", "0000-0002-1825-0097"),
        ("Passport no. X1234567 was shown.", "identifier", "X1234567"),
        ("Date of birth: 01.02.1990", "identifier", "01.02.1990"),
        (
            "See https://www.linkedin.com/in/jane-example.",
            "profile",
            "https://www.linkedin.com/in/jane-example.",
        ),
    ],
)
def test_each_form_is_found_exactly(text: str, what: str, hit: str) -> None:
    assert [(w, text[s:e]) for w, s, e in find(text)] == [(what, hit)]


@pytest.mark.parametrize(
    "text",
    [
        "Write to security@uni.example or productsecurity@firm.example or info@desk.example.",
        "Version 1.2.3.4 at 10.0.0.1:8080 fixes CVE-2024-12345 (2024-07-19).",
        "The number 1234-5678-1234-5678 is not an ORCID.",
        "The director of the Institute and the Research Office agreed.",
        "Professor ranks and doctor degrees are unaffected.",
        "ssh-ed25519@openssh.com keys are affected.",
        "Call the helper with 10 arguments.",
        "The Northmoor University Council met.",
        "RSI-XX-ADV-2026-0001 and +1 vote.",
    ],
)
def test_what_is_nobodys_is_left_alone(text: str) -> None:
    assert find(text) == []


def test_findings_say_where_and_what_can_be_done() -> None:
    content = {
        "claims": [{"sources": [{"title": "Interview with Dr Jane Example", "publisher": "x"}]}],
        "gaps": ["a", "ORCID 0000-0002-1825-0097"],
    }
    findings = check_text(ADVISORY, content)
    assert [(f.field, f.matched) for f in findings] == [
        ("claims.0.sources.0.title", "Jane Example"),
        ("gaps.1", "0000-0002-1825-0097"),
    ]
    assert set(findings[0].options) == set(OPTIONS)


def test_replacing_by_a_role_clears_the_finding_and_leaves_the_rest() -> None:
    content = {"known": "Dr Jane Example asked.", "gaps": ["kept"]}
    (finding,) = check_text(ADVISORY, content)
    after = replaced(content, finding.field, 0, finding.end, "the visiting researcher")
    assert after == {"known": "the visiting researcher asked.", "gaps": ["kept"]}
    assert content["known"] == "Dr Jane Example asked."
    assert check_text(ADVISORY, after) == []


@pytest.mark.parametrize("path", ["nothing", "gaps.7", "gaps.x", "known.0"])
def test_replacing_where_there_is_no_text_is_refused(path: str) -> None:
    with pytest.raises(KeyError):
        replaced({"known": "x", "gaps": ["a"]}, path, 0, 1, "y")


def test_what_blocks_depends_on_what_the_author_declared() -> None:
    findings = check_text(
        ADVISORY, {"known": "Minister Jane Example (passport no. X1234567), jane@gov.example"}
    )
    assert {f.what for f in blocking(findings, "none")} == {"name", "identifier", "email"}
    assert {f.what for f in blocking(findings, "official_capacity")} == {"identifier"}
    assert blocking(findings, "exceptional") == list(findings)
    assert {f.what for f in blocking(findings, "anything else")} == {"name", "identifier", "email"}


def test_a_number_that_identifies_a_person_is_never_official_capacity() -> None:
    (finding,) = check_text(ADVISORY, {"known": "passport no. X1234567"})
    assert "official_capacity" not in finding.options


def test_the_examples_of_all_kinds_name_nobody() -> None:
    for kind in KINDS.values():
        assert check_text(kind, kind.example) == []


@settings(deadline=None)
@given(st.text(max_size=200))
def test_findings_never_overlap_and_stay_inside_the_text(text: str) -> None:
    end = 0
    for _, start, stop in find(text):
        assert end <= start < stop <= len(text)
        end = stop


@pytest.mark.parametrize(
    "unit", ["a.", "+1 ", "Dr ", "Aa ", "1234-", "a@", "tel ", "passport A", "x@y.zz ", "Dr Jane Example. "]
)
def test_long_hostile_text_is_scanned_in_linear_time(unit: str) -> None:
    started = time.process_time()
    find(unit * (60_000 // len(unit)))
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "before", ["passport", "tel", "tel:", "born on", "social security", "scholar.google.com/citations?"]
)
def test_a_word_before_many_blanks_costs_no_square_of_them(before: str) -> None:
    """Blanks that several parts of a pattern could take: 1,200 of them kept the server busy for 12 seconds."""
    started = time.process_time()
    find(before + " " * 50_000)
    find(before * (50_000 // len(before)))
    assert time.process_time() - started < 2


@pytest.mark.parametrize("between", [" ", "  ", " no. ", " number: ", "\n# "])
def test_a_number_is_still_found_behind_a_few_blanks(between: str) -> None:
    assert [what for what, _, _ in find(f"passport{between}X1234567")] == ["identifier"]
