from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comity.search.highlight import Needles, passage, whole
from comity.search.query import parse


def marked(text: str, typed: str, *, typing: bool = False) -> list[str]:
    return [part for part, hit in whole(text, Needles(parse(typed, typing=typing))) if hit]


def test_words_phrases_prefixes() -> None:
    assert marked("Dual-use items, dual items", '"dual use"') == ["Dual-use"]
    assert marked("Export exporter", "export") == ["Export"]
    assert marked("Export exporter", "exp", typing=True) == ["Export", "exporter"]
    assert marked("Müller und muller", "muller") == ["Müller", "muller"]
    assert marked("在北京大学", "北京") == ["北京"]
    assert marked("nothing here", "laser") == []


def test_the_fast_way_and_the_thorough_way_agree() -> None:
    for typed in ("dual", '"dual use"', "dual-use items", "item", "du"):
        text = "Dual-use items are dual; du dualist use ITEM"
        assert marked(text, typed) == marked(text + " é", typed)


def test_passage_is_around_the_hits() -> None:
    text = "alpha " * 100 + "laser beam laser " + "omega " * 100
    parts = passage(["no hit", text], Needles(parse("laser")))
    assert [part for part, hit in parts if hit] == ["laser", "laser"]
    assert parts[0] == parts[-1] == ("…", False)
    assert passage(["", "first words"], Needles(parse("laser"))) == (("first words", False),)


@given(st.text(), st.text(max_size=20), st.booleans())
def test_parts_make_the_text_again(text: str, typed: str, typing: bool) -> None:
    assert "".join(part for part, _ in whole(text, Needles(parse(typed, typing=typing)))) == text
