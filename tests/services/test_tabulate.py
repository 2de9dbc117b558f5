"""The matrix that lawyers read is the policy in force, and says a few things that may never become otherwise."""

from __future__ import annotations

from comity.config import POLICIES
from comity.domain.audience import Stage
from comity.domain.tlp import TLP
from comity.services.tabulate import cell, items, page, viewers


def test_the_committed_page_is_current() -> None:
    assert (POLICIES / "matrix.md").read_text(encoding="utf-8") == page(), (
        "run: make matrix, and read the difference"
    )


def test_the_node_administrator_reads_nothing_above_clear() -> None:
    admin = viewers()["Node administrator"]
    for item in items():
        if item.audience.tlp is not TLP.CLEAR or item.audience.stage is Stage.WORK:
            assert cell(admin, item.audience) == "-", item.name


def test_the_public_learns_of_nothing_but_what_is_clear_and_published() -> None:
    public = viewers()["The public"]
    for item in items():
        known = item.audience.tlp is TLP.CLEAR and item.audience.stage in (
            Stage.LIVE,
            Stage.ENDED,
            Stage.TOMBSTONE,
        )
        assert (cell(public, item.audience) != "-") == known, item.name


def test_red_is_for_the_named_and_its_author_and_never_found_by_search() -> None:
    for item in items():
        if item.audience.tlp is TLP.RED:
            readers = {who for who, viewer in viewers().items() if cell(viewer, item.audience) != "-"}
            assert readers <= {"The named researcher", "Its author"}
            assert all(
                cell(viewer, item.audience) in ("-", "reads*", "knows*") for viewer in viewers().values()
            )


def test_a_token_without_the_scope_reads_no_amber() -> None:
    narrow, wide = (
        viewers()["Own officer's token, read:records"],
        viewers()["Own officer's token, read:amber too"],
    )
    amber = [
        one.audience for one in items() if one.audience.tlp is TLP.AMBER and one.audience.stage is Stage.LIVE
    ]
    assert {cell(narrow, one) for one in amber} == {"-"}
    assert {cell(wide, one) for one in amber} == {"reads"}
