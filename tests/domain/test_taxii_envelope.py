"""One bad object on a page spoils nothing but itself; a page that was cut off is no page."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.taxii_envelope import BadEnvelope, read_envelope

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=4)


@given(st.lists(OBJECTS, max_size=5), st.booleans(), st.sampled_from([None, 2]), st.booleans())
def test_a_sound_page_comes_apart_into_what_it_was_made_of(
    objects: list[dict[str, object]], more: bool, indent: int | None, ascii_only: bool
) -> None:
    made = {"more": more, "next": "abc", "objects": objects, "x": [1]}
    page = read_envelope(json.dumps(made, indent=indent, ensure_ascii=ascii_only).encode())
    assert [one.value for one in page.pieces] == objects
    assert [json.loads(one.text) for one in page.pieces] == objects
    assert (page.more, page.next) == (more, "abc")


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b'{"a":1,"a":2}', "duplicate-key"),
        (b'{"deep":{"a":1,"a":2},"b":[{"c":"}]"}]}', "duplicate-key"),
        (b'{"a":123456789012345678901234567890}', "number"),
        (b'{"a":1e999}', "number"),
        (b'{"a":NaN}', "number"),
        (b'{"a":"\\ud800"}', "encoding"),
        (b'{"a":"\xff\xfe"}', "encoding"),
        (b'{"a":' + b"[" * 70 + b"]" * 70 + b"}", "depth"),
        (b"[1,2]", "json"),
        (b'{"a" 1}', "json"),
        (b'{"a":"new\nline"}', "json"),
    ],
)
def test_a_bad_object_spoils_nothing_but_itself(bad: bytes, problem: str) -> None:
    page = read_envelope(b'{"objects":[{"n":1},' + bad + b',{"n":3}],"more":true,"next":"n"}')
    assert [one.problem for one in page.pieces] == ["", problem, ""]
    assert [one.value for one in page.pieces] == [{"n": 1}, None, {"n": 3}]
    assert page.pieces[1].text.encode("utf-8", "surrogateescape") == bad
    assert page.next == "n"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'{"objects":[', b'{"objects":[{"a":1}', b'{"objects":[{"a":1},', b'{"objects":[{"a":"}',
        b'{"objects":{}}', b'{"objects":[{"a":1 }]} x', b'{"more":"yes"}', b'{"next":1}', b'{"objects":[],"objects":[]}',
        b'{"more":true,"more":true}', b'{"objects":[1,2', b'{"objects":[{"a":1}}', b'{"objects":[{"a":NaN,"b":[}]}', b'{1:2}',
    ],
)  # fmt: skip
def test_what_is_no_page(body: bytes) -> None:
    with pytest.raises(BadEnvelope):
        read_envelope(body)


def test_an_empty_page() -> None:
    assert read_envelope(b"{}").pieces == ()
    assert read_envelope(b' { "objects" : [ ] } ').pieces == ()


def test_every_cut_of_a_page_is_noticed() -> None:
    whole = json.dumps(
        {"more": True, "objects": [{"id": "a", "t": ['x"}]']}, {"id": "b"}], "next": "n"}
    ).encode()
    for length in range(len(whole)):
        with pytest.raises(BadEnvelope):
            read_envelope(whole[:length])
