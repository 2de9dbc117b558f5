from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comity.search.query import MAX_TOKENS, Clause, Term, looser, parse


def typed(text: str, *, typing: bool = False) -> list[tuple[str, ...]]:
    return [clause.terms[0].tokens for clause in parse(text, typing=typing)]


def test_words_phrases_and_joined_words() -> None:
    assert typed('export "dual use" CVE-2024-1') == [("export",), ("dual", "use"), ("cve", "2024", "1")]
    assert typed("risk/benefit") == [("risk",), ("benefit",)]
    assert typed("„dual use“ »a b«") == [("dual", "use"), ("a", "b")]


def test_stop_words_go_if_others_remain() -> None:
    assert typed("the export of the") == [("export",)]
    assert typed("to be or not") == [("to",), ("be",), ("or",), ("not",)]
    assert typed('"of the"') == [("of", "the")]


def test_operators_are_words() -> None:
    assert typed("NEAR AND laser NOT x*") == [("near",), ("laser",), ("x",)]


def test_no_more_than_ten_tokens_and_stop_words_take_no_room() -> None:
    assert typed("the " * 20 + "laser") == [("laser",)]
    assert sum(map(len, typed(" ".join(f"word{n}" for n in range(40))))) == MAX_TOKENS
    assert sum(map(len, typed("-".join(f"word{n}" for n in range(40))))) == MAX_TOKENS


def test_last_word_is_open_only_while_it_is_typed() -> None:
    def is_open(text: str) -> bool:
        return any(term.prefix for clause in parse(text, typing=True) for term in clause.terms)

    assert is_open("export con")
    assert not is_open("export con ")
    assert not is_open('"export con"')
    assert not is_open("export c")


def test_long_runs_come_apart_for_the_last_pass() -> None:
    assert [clause.terms[0].tokens for clause in looser(parse("北京大学"))] == [
        ("北", "京"),
        ("京", "大"),
        ("大", "学"),
    ]


def test_similar_spellings_join_what_was_typed() -> None:
    clause = Clause((Term(("laser",)),)).or_similar(["lasers", "laser"])
    assert [term.tokens for term in clause.terms] == [("laser",), ("lasers",)]


@given(st.text(), st.booleans())
def test_never_an_error(text: str, typing: bool) -> None:
    for clause in parse(text, typing=typing):
        assert all(term.tokens and all(term.tokens) for term in clause.terms)
