"""Ranking quality on a public collection. The floor is a little under what was measured (0.367)."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from comity.search import embedded
from tests.search import cranfield

FLOOR = 0.35


@pytest.mark.slow
def test_cranfield(sqlite_engine: Engine) -> None:
    place = cranfield.folder()
    if place is None:
        pytest.skip("the Cranfield collection is missing: set COMITY_SHARED")
    with sqlite_engine.connect() as connection:
        index = embedded(connection)
        index.put(cranfield.documents(place))
        measured = cranfield.mean_ndcg(place, index)
        connection.rollback()
    assert measured >= FLOOR
