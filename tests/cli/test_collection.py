"""The collections of a node on the command line."""

from __future__ import annotations

from tests.cli.conftest import Run


def test_shelves_are_opened_shown_given_to_others_and_closed(run: Run) -> None:
    first = run("collection", "list").output
    assert "records" in first
    assert "inbox" in first
    made = run(
        *"collection add indicators --title Indicators --tlp CLEAR --reader any --reader org:uni-north".split(),
        *"--writer org:uni-north".split(),
    )
    assert made.exit_code == 0, made.output
    listed = run("collection", "list").output
    assert "readers: any, org:uni-north" in listed
    assert made.output.split()[-1] in listed
    assert run("collection", "users", "indicators", "--nobody-reads").exit_code == 0
    after = run("collection", "list").output
    assert "readers: any, org:uni-north" not in after
    assert "writers: org:uni-north" in after
    gone = run("collection", "remove", "indicators")
    assert gone.output == "indicators is closed, and 0 objects with it.\n"
    assert run("collection", "list").output == first


def test_what_cannot_be_done_is_a_sentence(run: Run) -> None:
    for words, said in (
        ("collection add x! --title X --reader everyone", "alias: Use 2 to 59"),
        ("collection add ab --title X --reader everyone", "readers: Use any"),
        ("collection add ab --title X --tlp AMBER", "tlp: A shelf holds"),
        ("collection add records --title X", "alias: There is a collection"),
        ("collection remove records", "belong to the node"),
        ("collection remove nothing", "nothing here"),
        ("collection users inbox --reader any", "nobody reads it"),
        ("collection users records --writer any", "nobody writes to the feed"),
    ):
        told = run(*words.split())
        assert told.exit_code == 1, words
        assert said in told.stderr, told.stderr
