"""What the index gets: names in every form, facets by code, and nothing that is marked more strictly than the record."""

from __future__ import annotations

import copy
from typing import Any

from comity.domain.fields.prose import plain
from comity.domain.kinds.portions import readable_part
from comity.domain.kinds.registry import KINDS
from comity.domain.kinds.search_fields import search_fields
from comity.domain.tlp import TLP

NOTE = KINDS["due_diligence_note"]


def note_with_secret(**change: Any) -> dict[str, Any]:
    data = copy.deepcopy(dict(NOTE.example))
    secret = {
        **copy.deepcopy(data["claims"][0]),
        "claim_id": "c2",
        "text": "The turbine hall has a second purpose.",
    }
    secret["unit_scope"]["unit"] = "Turbine Hall"
    data["claims"].append({**secret, **change})
    data["tie_levels"][0]["claims"] = ["c1", "c2"]
    return data


def test_names_come_in_every_script_and_form() -> None:
    names = search_fields(NOTE.model_validate(NOTE.example)).names
    assert {"Meridian Institute of Technology", "子午线理工学院", "Meridian School of Mines", "MIOT"} <= set(
        names
    )


def test_facets_are_codes_under_the_names_the_index_knows() -> None:
    advisory = KINDS["advisory"]
    facets = search_fields(advisory.model_validate(advisory.example)).facets
    assert facets["technology_area"] == ("T-AID", "T-SEN")
    assert facets["severity"] == ("moderate",)
    assert facets["subtype"] == ("threat_note",)
    practice = KINDS["best_practice"]
    assert search_fields(practice.model_validate(practice.example)).facets["evidence_level"] == (
        "several_cases",
    )


def test_a_note_is_found_by_the_type_of_its_subject_and_by_tie_level() -> None:
    facets = search_fields(NOTE.model_validate(NOTE.example)).facets
    assert facets["entity_type"] == ("university",)
    assert facets["tie_level"] == ("P2", "P0")


def test_heavier_text_comes_first() -> None:
    advisory = KINDS["advisory"]
    content = advisory.model_validate(advisory.example)
    body = search_fields(content).body
    assert (
        body.index(plain(content.example["known"]))
        < body.index(plain(content.example["assessed"]))
        < body.index(plain(content.body))
    )


def test_a_claim_that_is_stricter_than_its_record_is_not_indexed() -> None:
    open_claim = search_fields(NOTE.model_validate(note_with_secret()))
    assert "turbine hall" in open_claim.body.lower()
    assert "Turbine Hall" in open_claim.names
    closed = search_fields(NOTE.model_validate(note_with_secret(tlp="AMBER")))
    assert "turbine" not in f"{closed.body} {closed.names} {closed.title} {closed.summary}".lower()


def test_s4_the_readable_part_drops_the_claim_and_what_points_at_it() -> None:
    data = note_with_secret(tlp="AMBER")
    part = readable_part(data, lambda tlp: tlp is TLP.GREEN)
    assert [claim["claim_id"] for claim in part["claims"]] == ["c1"]
    assert part["tie_levels"][0]["claims"] == ["c1"]
    assert len(data["claims"]) == 2, "the content itself is unchanged"
    assert readable_part(data, lambda _: True) == data


def test_a_marking_that_nobody_knows_counts_as_red() -> None:
    data = {"claims": [{"claim_id": "c1", "tlp": "PURPLE"}]}
    assert readable_part(data, lambda tlp: tlp is not TLP.RED)["claims"] == []


def test_the_words_of_markdown_are_indexed_without_its_marks() -> None:
    text = (
        "## The page\n> **Welcome.** See [the form](https://forms.example/a) and `run_it`,\n"
        "2*3 and snake_case.\n| a | b |\n|---|---|"
    )
    assert plain(text).split() == "The page Welcome. See the form and run_it, 2*3 and snake_case. a b".split()
    assert plain("No mark at all, 5 - 3 = 2.") == "No mark at all, 5 - 3 = 2."
