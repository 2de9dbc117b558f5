from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.search import analyzer


@pytest.mark.parametrize(("text", "expected"), [
    ("Straße ÆON Łódź", "strasse aeon lodz"), ("Ёлка", "елка"), ("أحمد", "احمد"), ("北京AI技术", "北 京 ai 技 术"),
    ("ＣＶＥ－２０２４", "cve 2024"), ("한국", "한 국"), ("がぎ", "が ぎ"), ("विश्व", "विश्व"), ("snake_case", "snake_case"),
    ("a'b\x00c", "a b c"), ("\ud800", ""), ("", ""), ("x" * 100, "x" * 64),
])  # fmt: skip
def test_what_a_word_is(text: str, expected: str) -> None:
    assert analyzer.normalise(text) == expected


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = analyzer.normalise(text)
    assert analyzer.normalise(once) == once
    once.encode()


@given(st.text(max_size=60))
def test_spans_stand_in_the_original(text: str) -> None:
    spans = analyzer.spans(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert [s.start for s in spans] == sorted(s.start for s in spans)


def test_forms_of_names() -> None:
    assert {"bei", "jing", "beijing", "daxue", "beijingdaxue"} <= set(analyzer.name_forms("北京大学"))
    assert "moskva" in analyzer.name_forms("Москва")
    assert "mueller" in analyzer.name_forms("Müller")
    assert analyzer.name_forms("Delft") == ()
    assert analyzer.query_forms(("北", "京")) == (("beijing",), ("bei", "jing"))
    assert analyzer.query_forms(("delft",)) == ()
