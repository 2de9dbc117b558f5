from __future__ import annotations

from comity.search.spelling import listed, similar, slips


def test_how_many_slips() -> None:
    assert [slips(word) for word in ("chip", "laser", "photonic", "photonics", "cve20241234")] == [
        0,
        1,
        1,
        2,
        0,
    ]


def test_all_within_reach_and_none_beyond() -> None:
    near = [f"photonic{letter}" for letter in "abcdefghijklmnopqrtuvwxyz"]
    assert similar("photonics", [*near, "photonics", "photons", "philosophy"]) == sorted([*near, "photons"])
    assert similar("qauntum", ["quantum"]) == ["quantum"]


def test_only_words_that_could_be_meant_are_listed() -> None:
    assert listed(["laser", "of", "cve2024", "beam", "beam"]) == {"laser", "beam"}
