"""The quick way and the library write the same bytes, or refuse alike, whatever is written."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.canonical import canonical_json
from comity.domain.handling import _IN_EVERY_MARKING, national_marking_problems

TEXTS = st.text(st.characters(), max_size=12)
NUMBERS = (
    st.integers(-(2**60), 2**60) | st.floats(allow_nan=True) | st.sampled_from([1.0, -0.0, 1e21, 2**53, 1e-7])
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | NUMBERS
    | TEXTS
    | st.sampled_from([":1.5", ",12345678901234567", "\u2028", "\U0001f600", "\ufb33"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4) | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


def written(write: Any, value: Any) -> bytes | None:
    try:
        return bytes(write(value))
    except (ValueError, TypeError):
        return None


@given(VALUES)
def test_both_write_the_same(value: Any) -> None:
    assert written(canonical_json, value) == written(rfc8785.dumps, value)


@pytest.mark.parametrize(
    "value", [{1: "a"}, {"a": {2: "b"}}, [{None: 1}], {"a": [[{True: 1}]]}, {"a": object()}, {"a": {1, 2}}]
)
def test_what_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical_json(value)


MARKED = [
    "TOP SECRET", "SECRET //", "SECRET//NOFORN", "CONFIDENTIAL//X", "UK SECRET", "OFFICIAL-SENSITIVE", "NATO RESTRICTED",
    "NATO CONFIDENTIAL", "NATO SECRET", "COSMIC TOP", "EU RESTRICTED", "RESTREINT UE", "SECRET UE", "CONFIDENTIEL UE", "VS-NUR F",
    "VS-VERTRAULICH", "GEHEIM", "NOFORN",
]  # fmt: skip


def test_no_national_marking_is_looked_past() -> None:
    for words in MARKED:
        assert any(one in words for one in _IN_EVERY_MARKING)
        assert national_marking_problems({"text": f"Marked {words} by its author."}), words
