"""A diff reads like the record and can be undone: equal and deleted make the old text, equal and inserted the new one."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain.diff import compare, diff
from comity.domain.kinds.registry import KINDS
from comity.policies import taxonomy

ADVISORY, NOTE = KINDS["advisory"], KINDS["due_diligence_note"]


def two(kind: Any = ADVISORY) -> tuple[dict[str, Any], dict[str, Any]]:
    return copy.deepcopy(dict(kind.example)), copy.deepcopy(dict(kind.example))


def test_equal_contents_have_no_changes() -> None:
    for kind in KINDS.values():
        old, new = two(kind)
        assert diff(kind, old, new) == []


def test_prose_changes_word_by_word() -> None:
    old, new = two()
    old["known"], new["known"] = "Three groups reported it.", "Four groups reported it."
    (change,) = diff(ADVISORY, old, new)
    assert change.label == "Known"
    assert change.parts == (("delete", "Three"), ("insert", "Four"), ("equal", " groups reported it."))


def test_choices_and_codes_are_shown_in_words() -> None:
    old, new = two()
    new["severity"], new["technology_areas"] = "high", ["T-AID"]
    changes = {c.label: c.parts for c in diff(ADVISORY, old, new, taxonomy().vocabularies)}
    assert changes["Severity"] == (("delete", "Moderate"), ("insert", "High"))
    assert changes["Technology areas"] == (
        ("delete", "Artificial intelligence and big data, Advanced sensing and surveillance"),
        ("insert", "Artificial intelligence and big data"),
    )


def test_rows_are_matched_by_their_own_identity_and_not_by_their_place() -> None:
    old, new = two(NOTE)
    second = {**copy.deepcopy(old["claims"][0]), "claim_id": "c2", "text": "It has forty staff."}
    old["claims"] = [old["claims"][0], second]
    new["claims"] = [second, new["claims"][0]]
    assert diff(NOTE, old, new) == []
    new["claims"][0] = {**second, "text": "It has fifty staff."}
    (change,) = diff(NOTE, old, new)
    assert (change.field, change.label) == ("claims.0.text", "Claims › c2 › One fact, neutrally put")
    assert ("insert", "fifty") in change.parts


def test_a_row_that_came_and_one_that_went_are_shown_in_full() -> None:
    old, new = two()
    new["sources"] = [{"title": "New paper", "publisher": "P", "type": "press"}, old["sources"][1]]
    changes = diff(ADVISORY, old, new)
    came = {c.field: c.parts for c in changes if "New paper" in c.label}
    went = [c.parts for c in changes if "Note of the security officers" in c.label]
    assert came["sources.0.title"] == (("insert", "New paper"),)
    assert went
    assert all(op == "delete" for parts in went for op, _ in parts)


def test_a_default_said_aloud_is_no_change_of_an_equal_value() -> None:
    old, new = two(KINDS["best_practice"])
    new["fairness_check"]["same_for_everyone"] = False
    (change,) = diff(KINDS["best_practice"], old, new)
    assert change.parts == (("delete", "Yes"),)


_TEXT = st.text(alphabet="ab \n.中", max_size=60)


@given(_TEXT, _TEXT)
def test_the_parts_rebuild_both_texts(old: str, new: str) -> None:
    parts = compare(old, new)
    assert "".join(text for op, text in parts if op != "insert") == old
    assert "".join(text for op, text in parts if op != "delete") == new
    assert all(text for _, text in parts)
    assert (old == new) == all(op == "equal" for op, _ in parts)


_ROWS = st.lists(
    st.fixed_dictionaries(
        {"claim_id": st.sampled_from(["", "c1", "c2"]), "text": st.sampled_from(["a b", "a c", ""])}
    ),
    max_size=4,
)


@settings(deadline=None)
@given(_ROWS, _ROWS)
def test_every_difference_shows_both_ways_round(old: list[dict[str, str]], new: list[dict[str, str]]) -> None:
    forth, back = (diff(NOTE, {"claims": a}, {"claims": b}) for a, b in ((old, new), (new, old)))
    deleted = sorted(text for change in forth for op, text in change.parts if op == "delete")
    restored = sorted(text for change in back for op, text in change.parts if op == "insert")
    assert bool(forth) == bool(back)
    if all(row["claim_id"] for row in [*old, *new]):
        assert sum(map(len, deleted)) >= 0
        assert bool(deleted) == bool(restored)


@pytest.mark.parametrize("data", [{"claims": None}, {"claims": ["x"]}, {"title": 3}, {"sources": {"a": 1}}])
def test_drafts_of_any_shape_can_be_compared(data: dict[str, Any]) -> None:
    diff(NOTE, data, {})
    diff(NOTE, {}, data)


def test_long_texts_that_share_nothing_are_shown_whole_and_fast() -> None:
    started = time.process_time()
    old, new = (" ".join(f"{letter}{n}" for n in range(15_000)) for letter in "ab")
    assert compare(old, new) == [("delete", old), ("insert", new)]
    assert time.process_time() - started < 5


def blocks(words: str) -> str:
    """200 blocks that differ in all but their first line."""
    return "".join(f"h{i}\n{words * 40}\n" for i in range(200))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\n" * 2000, "b\na\nc\n" * 2000),
        ("a b c a " * 350, "b a c c " * 350),
        (blocks("a b c a "), blocks("b a c c ")),
    ],
    ids=["lines that repeat", "words that repeat", "many blocks of both"],
)
def test_hostile_texts_are_compared_in_bounded_time_and_nothing_is_lost(old: str, new: str) -> None:
    """Lines that repeat cost the cube of their number: 4 kB took 80 seconds, and a body may have 100."""
    started = time.process_time()
    parts = compare(old, new)
    assert time.process_time() - started < 5
    assert "".join(text for op, text in parts if op != "insert") == old
    assert "".join(text for op, text in parts if op != "delete") == new


def test_one_word_in_a_long_text_is_shown_as_one_word() -> None:
    words = [f"word{i % 97}" for i in range(5000)]
    old = " ".join(words)
    new = " ".join([*words[:2500], "mended", *words[2501:]])
    assert [text for op, text in compare(old, new) if op != "equal"] == [words[2500], "mended"]
