"""SG-03: people are not described by origin; what is flagged comes with a sentence about organizations (J-05.4)."""

from __future__ import annotations

import gzip
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from comity.config import ROOT
from comity.domain.fields.prose import replaced
from comity.domain.kinds.registry import KINDS
from comity.domain.neutral_language import Finding, LanguageRules, check_text
from comity.policies import language

ADVISORY = KINDS["advisory"]


def rules() -> LanguageRules:
    found = language("en-GB")
    assert found is not None
    return found


def found(text: str, **more: Any) -> list[Finding]:
    return check_text(ADVISORY, {"known": text, **more}, rules())


def test_j_05_4_a_measure_against_students_is_flagged_with_a_rewrite_about_organizations() -> None:
    text = "We note that X students should be reported to the desk."
    (finding,) = found(text)
    assert text[finding.start : finding.end] == finding.matched == "X students should be reported"
    assert finding.field == "known"
    assert finding.why
    assert "organization" in finding.suggestion
    rewritten = replaced({"known": text}, finding.field, finding.start, finding.end, finding.suggestion)
    assert check_text(ADVISORY, rewritten, rules()) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Chinese students took part.", "NL-02"),
        ("Several Russian and Iranian visiting scholars came.", "NL-02"),
        ("Ruritanian researchers asked.", "NL-02"),
        ("Muslim academics were there.", "NL-02"),
        ("An American-born engineer wrote.", "NL-02"),
        ("We met researchers from Iran.", "NL-03"),
        ("People who come from the United States ask.", "NL-03"),
        ("Foreign nationals have keys.", "NL-04"),
        ("They infiltrate laboratories.", "NL-05"),
        ("A fifth column grows.", "NL-05"),
        ("They act as non-traditional collectors.", "NL-05"),
        ("A flood of foreign students arrived.", "NL-06"),
        ("All institutions in Russia serve it.", "NL-07"),
        ("All Chinese universities serve it.", "NL-08"),
        ("China is trying to buy it.", "NL-09"),
        ("Germany wants our designs.", "NL-09"),
        ("This proves that they knew.", "NL-10"),
        ("They undoubtedly knew.", "NL-10"),
    ],
)
def test_each_pattern_flags_and_offers_something_else(text: str, rule: str) -> None:
    findings = found(text)
    assert [f.rule for f in findings] == [rule]
    assert findings[0].suggestion != findings[0].matched
    assert "{" not in findings[0].suggestion


@pytest.mark.parametrize(
    "text",
    [
        "The meeting took place in Iran.",
        "Under Chinese law the licence is public.",
        "The German ministry of research published the list.",
        "The Chinese Academy of Sciences and the Russian Science Foundation funded it.",
        "The Chinese Students and Scholars Association organised it.",
        "The act says “US nationals must register” in section 3.",
        "Bayesian researchers disagree.",
        "A reviewer with reading knowledge of Chinese checked it.",
        "Chinese language experts read the page.",
        "Researchers from Northmoor University came.",
        "International students are welcome.",
        "A SYN flood was seen.",
        "The firm exploits China clay.",
    ],
)
def test_places_laws_bodies_programmes_and_quotations_are_left_alone(text: str) -> None:
    assert found(text) == []


def test_cited_titles_and_names_are_not_the_authors_words() -> None:
    cited = {
        "title": "Chinese students flood campuses",
        "publisher": "Daily Example",
        "type": "press",
        "cites": ["Russian spies"],
    }
    content = {"sources": [cited], "entities": [{"name": "Chinese Scholars Ltd", "role": "mentioned"}]}
    assert check_text(ADVISORY, content, rules()) == []
    assert (
        check_text(ADVISORY, {**content, "gaps": ["Where Chinese students go"]}, rules())[0].field == "gaps.0"
    )


def test_certainty_is_allowed_when_a_source_is_confirmed() -> None:
    confirmed = {"claims": [{"sources": [{"title": "Judgment", "credibility": "1"}]}]}
    doubtful = {"claims": [{"sources": [{"title": "Judgment", "credibility": "2"}]}]}
    assert found("This proves that it was so.", **confirmed) == []
    assert len(found("This proves that it was so.", **doubtful)) == 1


def test_words_are_flagged_once_and_in_order() -> None:
    findings = found("All Chinese students should be reported. Russian scholars too.")
    assert [f.rule for f in findings] == ["NL-01", "NL-02"]


def test_the_examples_of_all_kinds_are_neutral() -> None:
    for kind in KINDS.values():
        assert check_text(kind, kind.example, rules()) == []


def test_a_language_without_rules_has_none_and_a_path_is_no_language() -> None:
    assert language("fi") is None
    assert language("../taxonomy") is None


@pytest.mark.parametrize(
    "change",
    [
        {"rules": [{"id": "NL-01", "why": "w", "pattern": "(", "rewrite": "r"}]},
        {"rules": [{"id": "NL-01", "why": "w", "pattern": "{nobody}", "rewrite": "r"}]},
        {"rules": []},
        {"extra": 1},
        {"rules": [{"id": "NL-01", "why": "w", "pattern": "a", "rewrite": "r"}] * 2},
    ],
)
def test_a_rule_file_that_cannot_work_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LanguageRules.model_validate(
            {"version": "1.0.0", "language": "xx", "words": {}, "rules": [], **change}
        )


@settings(deadline=None)
@given(st.text(max_size=200))
def test_spans_always_point_at_what_was_matched(text: str) -> None:
    for finding in found(text):
        assert text[finding.start : finding.end] == finding.matched


@pytest.mark.parametrize(
    "unit",
    [
        "Chinese ",
        "A-",
        "the ",
        "Aa ",
        "foreign  ",
        "“",
        "China is ",
        "Chinese students ",
        "Chinese Students Association ",
    ],
)
def test_long_hostile_text_is_checked_in_linear_time(unit: str) -> None:
    started = time.process_time()
    found(unit * (60_000 // len(unit)))
    assert time.process_time() - started < 5


def test_real_advisories_are_almost_never_flagged() -> None:
    """False alarms teach people to click past; on the real corpus fewer than one advisory in a thousand may be flagged."""
    data = (
        Path(os.environ.get("COMITY_SHARED", ROOT.parent / "shared"))
        / "data"
        / "advisories"
        / "cisa_csaf.jsonl.gz"
    )
    if not data.exists():
        pytest.skip("needs the public advisories in $COMITY_SHARED/data/advisories")
    with gzip.open(data, "rt", encoding="utf-8") as lines:
        texts = ["\n".join(note["text"] for note in json.loads(line)["notes"]) for line in lines]
    flagged = sum(bool(found(text)) for text in texts)
    assert len(texts) > 2_000
    assert flagged / len(texts) < 0.001
