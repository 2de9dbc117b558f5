"""JSON means one thing only."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.formats.rows import BadDocument
from comity.formats.strict_json import parse

BAD = {
    b'{"a": 1, "a": 2}': "duplicate-key",
    b'{"a": {"b": 1, "b": 1}}': "duplicate-key",
    b'{"a": NaN}': "number",
    b'{"a": -Infinity}': "number",
    b'{"a": 1e999}': "number",
    b'{"a": 9007199254740993}': "number",
    b'{"a": ' + b"9" * 5000 + b"}": "number",
    b'{"a": "\xff"}': "encoding",
    '{"a": 1}'.encode("utf-16"): "encoding",
    b'{"a": "\\ud800"}': "encoding",
    b'{"\\udc00": 1}': "encoding",
    b"[1]": "json",
    b"": "json",
    b'{"a": 1} x': "json",
    b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}": "depth",
    b'{"a": ' + b"[" * 100_000: "depth",
}


@pytest.mark.parametrize(
    ("data", "code"), BAD.items(), ids=[f"{code}-{i}" for i, code in enumerate(BAD.values())]
)
def test_what_could_be_read_in_two_ways_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BadDocument) as refused:
        parse(data)
    assert refused.value.problem.code == code


def test_a_byte_order_mark_and_many_brackets_in_texts_are_fine() -> None:
    assert parse(b'\xef\xbb\xbf{"a": "' + b"[{" * 200 + b'"}') == {"a": "[{" * 200}


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert parse(b'{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def _outcome(data: bytes) -> object:
    try:
        return parse(data)
    except BadDocument as refused:
        return refused.problem.code


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)  # a loaded machine is no defect
@given(st.dictionaries(st.text(), _VALUES))
def test_whatever_json_writes_is_read_back_or_refused_by_name(value: dict[str, object]) -> None:
    data = json.dumps(value).encode()
    found = _outcome(data)
    assert found in (value, "encoding", "number")


@settings(deadline=None)  # a loaded machine is no defect
@given(st.binary(max_size=300))
def test_no_bytes_at_all_break_it(data: bytes) -> None:
    assert isinstance(_outcome(data), dict | str)
