"""The form is read off the model, and what comes back is what was typed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from comity.domain.errors import Problem
from comity.domain.fields.prose import texts
from comity.domain.fields.shape import shapes
from comity.domain.fields.values import without_controls
from comity.domain.kinds.base import SECTIONS, Kind
from comity.domain.kinds.form import FormField, form_for, items_of, parse_form
from comity.domain.kinds.registry import KINDS
from comity.policies import taxonomy

ADVISORY = KINDS["advisory"]
EVERY_KIND = pytest.mark.parametrize("model", KINDS.values(), ids=list(KINDS))


def field(
    kind: type[Kind], data: dict[str, Any], name: str, problems: list[Problem] | None = None
) -> FormField:
    form = form_for(kind, data, problems or (), taxonomy().vocabularies)

    def find(fields: Any) -> FormField | None:
        for one in fields:
            if isinstance(one, list):
                if found := find(one):
                    return found
            elif one.name == name:
                return one  # type: ignore[no-any-return]
            elif found := find(one.children):
                return found
        return None

    found = find([one for section in form for one in section.fields])
    assert found is not None, name
    return found


def test_the_sections_come_in_their_order_and_hold_every_field() -> None:
    form = form_for(ADVISORY, {})
    assert [section.title for section in form] == [
        title for title in SECTIONS if title in {s.title for s in form}
    ]
    assert {f.name for section in form for f in section.fields} == set(ADVISORY.model_fields)


def test_a_field_says_what_the_model_says() -> None:
    title = field(ADVISORY, {"title": "As typed"}, "title")
    assert (title.widget, title.required, title.max_length, title.value) == ("line", True, 160, "As typed")
    assert field(ADVISORY, {}, "not_known").widget == "prose"
    assert field(ADVISORY, {}, "expires_at").widget == "date"
    assert ("T-QUA", "Quantum") in field(ADVISORY, {}, "technology_areas").options
    assert field(ADVISORY, {}, "severity").options[0] == ("", "Choose…")
    assert field(ADVISORY, {}, "urgency").value == "routine"
    assert field(ADVISORY, {"observed_methods": [{}]}, "observed_methods.0.method").widget == "choice"


def test_problems_stand_beside_their_field_at_any_depth() -> None:
    data = {"claims": [{"sources": [{"title": "x"}]}], "gaps": ["a", "b"]}
    problems = [
        Problem("claims.0.sources.0.url", "format", "Bad address."),
        Problem("gaps.1", "too-long", "Too long."),
    ]
    assert field(ADVISORY, data, "claims.0.sources.0.url", problems).errors == ["Bad address."]
    assert field(ADVISORY, data, "gaps", problems).errors == ["Too long."]
    assert field(ADVISORY, data, "claims", problems).errors == []


def test_a_code_that_this_node_does_not_know_survives_the_form() -> None:
    data = {"technology_areas": ["T-QUA", "T-ELSEWHERE"], "severity": "extreme"}
    back = parse_form(ADVISORY, items_of(form_for(ADVISORY, data, (), taxonomy().vocabularies)))
    assert back["technology_areas"] == ["T-QUA", "T-ELSEWHERE"]
    assert back["severity"] == "extreme"


def test_what_is_malformed_is_kept_as_it_was_typed() -> None:
    items = [
        ("expires_at", "next Tuesday"),
        ("title", "x" * 500),
        ("claims.0.text", "One"),
        ("claims.0.from_date", "31 Feb"),
    ]
    draft = parse_form(ADVISORY, items)
    assert draft == {
        "expires_at": "next Tuesday",
        "title": "x" * 500,
        "claims": [{"text": "One", "from_date": "31 Feb", "claim_id": "c1"}],
    }
    assert field(ADVISORY, draft, "claims.0.from_date").value == "31 Feb"


def test_rows_are_added_removed_and_closed_up() -> None:
    items = [
        ("claims.0.text", "First"),
        ("claims.1.text", ""),
        ("claims.4.text", "Last"),
        ("claims.3.text", "Gone"),
        ("claims.3._remove", "1"),
        ("claims.4.sources.7.title", "Deep"),
        ("_add", "claims.4.sources"),
        ("_add", "judgements"),
    ]
    draft = parse_form(ADVISORY, items)
    assert [claim["text"] for claim in draft["claims"]] == ["First", "Last"]
    assert draft["claims"][1]["sources"] == [{"title": "Deep"}, {}]
    assert draft["judgements"] == [{}]
    assert len(field(ADVISORY, draft, "judgements").children) == 1
    assert "judgements" not in parse_form(ADVISORY, items_of(form_for(ADVISORY, draft)))


def test_claim_numbers_once_given_never_change() -> None:
    items = [
        ("claims.0.text", "New"),
        ("claims.1.text", "Old"),
        ("claims.1.claim_id", "c1"),
        ("claims.2.text", "Newer"),
    ]
    numbered = parse_form(ADVISORY, items)["claims"]
    assert [(claim["text"], claim["claim_id"]) for claim in numbered] == [
        ("New", "c2"),
        ("Old", "c1"),
        ("Newer", "c3"),
    ]


def test_an_untouched_row_of_defaults_is_no_row() -> None:
    blank = form_for(ADVISORY, {"sources": [{}]})
    assert "sources" not in parse_form(ADVISORY, items_of(blank))


def test_s13_names_outside_the_model_are_passed_over() -> None:
    items = [
        ("title", "Kept"),
        ("csrf", "token"),
        ("owner_id", "1"),
        ("tlp", "CLEAR"),
        ("claims.0.owner", "x"),
        ("__class__", "x"),
    ]
    assert parse_form(ADVISORY, items) == {"title": "Kept"}


def test_an_absurd_row_number_costs_nothing() -> None:
    items = [(f"claims.{i}.text", "x") for i in range(500)] + [
        ("claims.99999999999.text", "x"),
        ("claims.-1.text", "x"),
    ]
    assert len(parse_form(ADVISORY, items)["claims"]) == 200


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20)


def _value(shape: Any) -> st.SearchStrategy[Any]:
    match shape.widget:
        case "group":
            return drafts(shape.model)
        case "groups":
            return st.lists(drafts(shape.model), max_size=2)
        case "check":
            return st.booleans()
        case "choices" | "lines":
            return st.lists(_WORDS, max_size=3)
        case "prose":
            return st.lists(_WORDS, max_size=3).map("\n".join)
        case _:
            return _WORDS


def drafts(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """Drafts of any state: some fields, some rows, values that may be wrong."""
    names = {shape.name: shape for shape in shapes(model)}
    return st.lists(st.sampled_from(sorted(names)), max_size=5, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: _value(names[name]) for name in chosen})
    )


@EVERY_KIND
@settings(
    max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None
)
@given(data=st.data())
def test_form_and_back_loses_nothing_and_settles_at_once(model: type[Kind], data: st.DataObject) -> None:
    draft = data.draw(drafts(model))
    once = parse_form(model, items_of(form_for(model, draft)))
    typed = sorted(
        without_controls(t.text).strip() for t in texts(model, draft) if without_controls(t.text).strip()
    )
    kept = sorted(t.text for t in texts(model, once))
    defaults = [str(shape.default) for group in [model] for shape in shapes(group)]
    for text in typed:
        assert text in kept or text in defaults, text
    assert parse_form(model, items_of(form_for(model, once))) == once
