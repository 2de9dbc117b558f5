"""Whatever is typed, there is an answer and no error, and no operator of an engine works."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from comity.search import embedded
from comity.search.port import Query
from tests.search.samples import HIDDEN, OPEN, document

SIGNS = st.text(
    alphabet="\"'*(){}:^-+|&!<>\\%_;.,?\x00\ud800\u202e\u200d é北ｆ1a AND OR NOT NEAR".replace(" ", " "),
    max_size=40,
)
ATTACKS = st.sampled_from(
    ['" OR 1=1 --', "title: laser", "laser NOT x", "NEAR(laser x)", "laser*", "'); DROP TABLE search_entry; --", ":audiences",
     "laser:*A", "<-> laser", "%(x)s %s", "{title} : laser", "\\", "'" * 30, "\"" * 31, "a" * 10_000, "北" * 2000, "é" * 3000]
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(SIGNS, ATTACKS, st.text()), typing=st.booleans())
def test_any_text_has_an_answer(connection: Connection, text: str, typing: bool) -> None:
    index = embedded(connection)
    index.clear()
    index.put([document(1, "laser x"), document(2, "laser secret", audience_id=HIDDEN)])
    found = index.search(Query(text, [OPEN], typing=typing, facets=("kind",)))
    assert {hit.record_id for hit in found.hits} <= {1}
    assert set(index.suggest(text, [OPEN])) <= {"laser x"}
