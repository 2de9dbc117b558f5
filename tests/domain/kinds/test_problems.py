"""What stops a submission, with the field named (J-05.3), and what a draft may still lack."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain.kinds.base import Kind
from comity.domain.kinds.problems import UNSAVEABLE, draft_problems, review_problems, submit_problems
from comity.domain.kinds.registry import KINDS
from comity.domain.tlp import TLP
from comity.policies import taxonomy

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ADVISORY, PRACTICE, NOTE = KINDS["advisory"], KINDS["best_practice"], KINDS["due_diligence_note"]


def example(model: type[Kind], **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(dict(model.example)), **changes}


def fields(model: type[Kind], data: dict[str, Any], tlp: TLP = TLP.GREEN) -> dict[str, str]:
    return {p.field: p.code for p in submit_problems(data, kind=model, tlp=tlp, taxonomy=taxonomy(), now=NOW)}


def without(model: type[Kind], key: str) -> dict[str, Any]:
    return {k: v for k, v in example(model).items() if k != key}


@pytest.mark.parametrize(
    "key",
    ["sources", "not_known", "benefits", "expires_at", "recommended_actions", "known", "severity", "subtype"],
)
@pytest.mark.parametrize("empty", ["absent", "blank"])
def test_j_05_3_a_threat_note_that_lacks_a_field_is_stopped_with_the_field_named(
    key: str, empty: str
) -> None:
    blank: Any = [] if isinstance(ADVISORY.example[key], list) else "  "
    data = without(ADVISORY, key) if empty == "absent" else example(ADVISORY, **{key: blank})
    assert key in fields(ADVISORY, data)


def test_everything_that_is_missing_is_named_at_once_in_words() -> None:
    found = {
        p.field: p.message
        for p in submit_problems({}, kind=ADVISORY, tlp="CLEAR", taxonomy=taxonomy(), now=NOW)
    }
    assert {
        "title",
        "summary",
        "known",
        "not_known",
        "benefits",
        "sources",
        "recommended_actions",
        "expires_at",
    } <= set(found)
    assert found["not_known"] == "Say what is not known."
    assert not [
        message for message in found.values() if "required" in message or "validation" in message.lower()
    ]


@pytest.mark.parametrize("model", KINDS.values(), ids=list(KINDS))
def test_an_empty_draft_has_no_problem_yet(model: type[Kind]) -> None:
    assert draft_problems(model, {}) == []
    assert draft_problems(model, {"claims": [{}], "sources": [{"title": "half"}]}) == []


def test_a_draft_names_what_is_malformed_and_where() -> None:
    data = {
        "title": "x" * 161,
        "expires_at": "next year",
        "claims": [
            {"text": "ok"},
            {"from_date": "soon", "weight": "huge", "sources": [{"url": "javascript:alert(1)"}]},
        ],
        "language": "Dutch!",
    }
    found = {p.field: p.code for p in draft_problems(ADVISORY, data)}
    assert found == {
        "title": "too-long",
        "expires_at": "date",
        "claims.1.from_date": "date",
        "claims.1.weight": "choice",
        "claims.1.sources.0.url": "format",
        "language": "format",
    }


def test_control_characters_and_unknown_keys_cannot_be_saved() -> None:
    found = draft_problems(ADVISORY, {"known": "a\x00b", "owner": 1, "title": "safe\u202egnp.exe"})
    assert {p.field for p in found if p.code in UNSAVEABLE} == {"known", "owner", "title"}


@pytest.mark.parametrize(
    ("model", "subtype", "valid_from", "tlp", "last"),
    [
        (ADVISORY, "urgent", "2026-11-20", TLP.GREEN, "2026-12-04"),
        (ADVISORY, "threat_note", "2026-08-31", TLP.GREEN, "2027-02-28"),
        (ADVISORY, "situational", "2026-11-01", TLP.GREEN, "2027-11-01"),
        (ADVISORY, "incident_lessons", "2026-11-01", TLP.GREEN, "2029-11-01"),
        (PRACTICE, "procedure", "2026-11-01", TLP.GREEN, "2029-11-01"),
        (PRACTICE, "tool_note", "2026-11-01", TLP.GREEN, "2027-11-01"),
        (NOTE, "entity_note", "2026-11-01", TLP.GREEN, "2027-11-01"),
        (NOTE, "entity_note", "2026-11-01", TLP.AMBER, "2027-05-01"),
        (NOTE, "entity_note", "2026-11-01", TLP.AMBER_STRICT, "2027-05-01"),
        (NOTE, "update", "2026-11-01", TLP.GREEN, "2027-02-01"),
    ],
)
def test_expiry_has_a_limit_for_each_kind_and_marking(
    model: type[Kind], subtype: str, valid_from: str, tlp: TLP, last: str
) -> None:
    dates = {"valid_from": valid_from, "review_due": valid_from, "expires_at": last}
    assert "expires_at" not in fields(model, example(model, subtype=subtype, **dates), tlp)
    dates["expires_at"] = (date.fromisoformat(last) + timedelta(days=1)).isoformat()
    assert fields(model, example(model, subtype=subtype, **dates), tlp)["expires_at"] == "too-late"


def claiming(model: type[Kind], **changes: Any) -> dict[str, Any]:
    """The example of a kind with the subject and the claim of the note."""
    taken = {name: copy.deepcopy(NOTE.example[name]) for name in ("entities", "claims")}
    return example(model, **taken, **changes)


@pytest.mark.parametrize("model", [ADVISORY, PRACTICE, NOTE], ids=lambda model: model.name)
def test_who_is_not_asked_to_reply_is_heard_another_way(model: type[Kind]) -> None:
    """G-31: at AMBER and stricter its public position stands in the record, and the record ends within six months."""
    dates = {"valid_from": "2026-11-20", "review_due": "2026-12-01", "expires_at": "2027-05-20"}
    subtype = {"advisory": "incident_lessons", "best_practice": "procedure"}.get(model.name, "entity_note")
    silent = claiming(model, subtype=subtype, position_of_entity=" ", **dates)
    heard = claiming(model, subtype=subtype, position_of_entity="It denies this.", **dates)
    longer = {**heard, "expires_at": "2027-05-21"}
    for tlp in (TLP.AMBER, TLP.AMBER_STRICT, TLP.RED):
        assert fields(model, silent, tlp)["position_of_entity"] == "G-31"
        assert not {"position_of_entity", "expires_at"} & fields(model, heard, tlp).keys()
        assert fields(model, longer, tlp)["expires_at"] == "too-late"
    assert "position_of_entity" not in fields(model, silent, TLP.GREEN)
    assert "expires_at" not in fields(model, longer, TLP.GREEN)


def test_exceptional_personal_data_stays_a_year_at_most() -> None:
    """SG-02."""
    law = {"purpose": "Safety of a person.", "basis": "Article 6(1)(d)."}
    dates = {"valid_from": "2026-11-20", "review_due": "2026-12-01", "expires_at": "2027-11-21"}
    data = example(PRACTICE, personal_data="exceptional", legal_basis=law, **dates)
    assert fields(PRACTICE, data) == {"expires_at": "too-late"}
    assert fields(PRACTICE, {**data, "expires_at": "2027-11-20"}) == {}
    assert fields(PRACTICE, {**data, "personal_data": "official_capacity"}) == {}


def test_dates_must_be_in_order_and_not_past() -> None:
    assert fields(ADVISORY, example(ADVISORY, expires_at="2026-11-21", review_due="2026-11-01")) == {
        "expires_at": "dates"
    }
    assert "review_due" in fields(ADVISORY, example(ADVISORY, review_due="2027-04-06"))


def test_a_rule_change_needs_its_rule_and_ends_with_it() -> None:
    assert "rule_reference" in fields(ADVISORY, example(ADVISORY, subtype="rule_change"))
    rule = {
        "instrument": "Example Act",
        "jurisdiction": "XX",
        "effective_date": "2026-12-01",
        "next_change": "2027-03-01",
        "who_is_covered": "Universities.",
    }
    found = fields(ADVISORY, example(ADVISORY, subtype="rule_change", rule_reference=rule))
    assert found == {"expires_at": "too-late"}


def test_a_small_institution_must_be_able_to_do_something() -> None:
    data = example(ADVISORY)
    for action in data["recommended_actions"]:
        action["small_institution"] = False
    assert fields(ADVISORY, data) == {"recommended_actions": "small-institution"}


@pytest.mark.parametrize(
    "text", ["Applicants of a given nationality", "Unusual surnames", "People born in a listed place"]
)
def test_a_watch_fact_that_is_an_attribute_of_a_person_is_refused(text: str) -> None:
    assert fields(ADVISORY, example(ADVISORY, indicators_to_watch=["Requests for code", text])) == {
        "indicators_to_watch.1": "SG-04"
    }


def test_an_organization_as_subject_needs_a_claim_and_a_type() -> None:
    data = example(ADVISORY)
    data["entities"][0] |= {"role": "subject", "entity_type": None}
    assert fields(ADVISORY, data) == {"entities.0.entity_type": "missing", "claims": "missing"}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Dr Jane Example"},
        {"name": "Prof. J. van Example"},
        {"entity_id": "https://orcid.org/0000-0002-1825-0097"},
    ],
)
def test_a_natural_person_is_refused_as_an_entity(change: dict[str, str]) -> None:
    data = example(NOTE)
    data["entities"][0] |= change
    assert "natural-person" in fields(NOTE, data).values()


@pytest.mark.parametrize(
    "words",
    [
        "Ban them from talks.",
        "Block all visits.",
        "It is on our blacklist.",
        "They should be banned.",
        "Use a black-list.",
    ],
)
def test_words_of_exclusion_are_refused_in_a_due_diligence_note(words: str) -> None:
    data = example(NOTE)
    data["pathways_needing_conditions"][0]["note"] = words
    assert fields(NOTE, data) == {"pathways_needing_conditions.0.note": "refused-word"}


def test_the_same_letters_in_other_words_and_in_cited_titles_are_fine() -> None:
    data = example(
        NOTE, position_of_entity="It works on blockchain and urban planning, a building block of the city."
    )
    data["sources"][0]["title"] = "Blacklist of suppliers 2025"
    assert fields(NOTE, data) == {}


def test_a_note_needs_exactly_one_subject_and_a_reason_for_whole() -> None:
    data = example(NOTE, unit_scope={"level": "whole"})
    data["entities"].append({**data["entities"][0], "name": "Another Institute"})
    assert fields(NOTE, data) == {"entities": "one-subject", "unit_scope.reason": "missing"}


def test_a_tie_level_rests_on_claims_of_the_same_note() -> None:
    data = example(NOTE)
    data["tie_levels"] = [
        {"unit": "A", "level": "P2"},
        {"unit": "B", "level": "P1", "claims": ["c1", "c9"]},
        {"unit": "C", "level": "U"},
    ]
    assert fields(NOTE, data) == {"tie_levels.0.claims": "missing", "tie_levels.1.claims.1": "unknown-claim"}


def test_a_pathway_that_needs_conditions_names_them() -> None:
    data = example(NOTE)
    data["pathways_needing_conditions"][0]["mitigations"] = []
    assert fields(NOTE, data) == {"pathways_needing_conditions.0.mitigations": "missing"}


def test_a_practice_must_be_the_same_for_everyone() -> None:
    data = example(PRACTICE)
    data["fairness_check"]["same_for_everyone"] = False
    assert fields(PRACTICE, data) == {"fairness_check.same_for_everyone": "SG-06"}


def test_a_practice_needs_what_its_type_needs() -> None:
    assert fields(PRACTICE, example(PRACTICE, steps=[])) == {"steps": "missing"}
    assert fields(PRACTICE, example(PRACTICE, subtype="reference_document")) == {"reference_card": "missing"}
    assert fields(PRACTICE, example(PRACTICE, sources=[])) == {"sources": "missing"}
    assert fields(PRACTICE, example(PRACTICE, sources=[], evidence_level="asserted")) == {}


def test_high_confidence_needs_an_alternative_explanation() -> None:
    data = example(ADVISORY, alternatives=[])
    assert fields(ADVISORY, data) == {}
    data["judgements"][0]["confidence"] = "high"
    assert fields(ADVISORY, data) == {"alternatives": "missing"}


def test_personal_data_needs_a_legal_basis() -> None:
    assert fields(ADVISORY, example(ADVISORY, personal_data="official_capacity")) == {
        "legal_basis": "missing"
    }


def test_the_default_caution_cannot_be_emptied() -> None:
    assert fields(ADVISORY, without(ADVISORY, "cautions")) == {}
    assert fields(ADVISORY, example(ADVISORY, cautions=[])) == {"cautions": "missing"}


def test_codes_must_be_terms_of_the_taxonomy() -> None:
    data = example(ADVISORY, technology_areas=["T-AID", "T-XXX"])
    data["recommended_actions"][0]["pathways"] = ["teleportation"]
    data["observed_methods"][1]["method"] = "telepathy"
    assert fields(ADVISORY, data) == {
        "technology_areas.1": "unknown-code",
        "recommended_actions.0.pathways.0": "unknown-code",
        "observed_methods.1.method": "unknown-code",
    }


def test_s17_html_is_named_but_code_and_links_are_not() -> None:
    bad = example(ADVISORY, body="Look: <img src=x onerror=alert(1)>")
    assert fields(ADVISORY, bad) == {"body": "html"}
    good = example(ADVISORY, body="`<script>` and <https://example.org>, a < b > c\n```\n<b>\n```")
    assert fields(ADVISORY, good) == {}


def test_two_claims_with_one_number_are_named() -> None:
    data = example(NOTE)
    data["claims"].append(copy.deepcopy(data["claims"][0]))
    assert fields(NOTE, data) == {"claims.1.claim_id": "duplicate"}


def test_ungraded_sources_stop_the_review_and_not_the_submission() -> None:
    data = example(ADVISORY)
    assert fields(ADVISORY, data) == {}
    found = {p.field: p.code for p in review_problems(ADVISORY.model_validate(data))}
    assert found["sources.0.reliability"] == found["sources.1.credibility"] == "ungraded"
    data["sources"] = [
        {**data["sources"][1], "reliability": "A", "credibility": "2"},
        {**data["sources"][1], "reliability": "B", "credibility": "2"},
    ]
    found = {p.field: p.code for p in review_problems(ADVISORY.model_validate(data))}
    assert found == {"sources.0.grading_reason": "missing"}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(NOTE.model_fields)), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.sampled_from([*NOTE.model_fields, "other"]), _JSON, max_size=6))
def test_no_json_at_all_makes_the_checks_raise(data: dict[str, Any]) -> None:
    for problem in [
        *draft_problems(NOTE, data),
        *submit_problems(data, kind=NOTE, tlp="RED", taxonomy=taxonomy(), now=NOW),
    ]:
        assert problem.field
        assert problem.message
