"""Every kind walks the whole way: form, validation, page, index, schema, STIX and back (peers 1.1 row 1).

Storing and rendering are walked where rows and templates live: tests/storage and tests/web.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from comity.domain.fields.shape import models_in, shapes
from comity.domain.kinds.base import SECTIONS, Kind
from comity.domain.kinds.form import form_for, items_of, parse_form
from comity.domain.kinds.problems import PERSON_KEYS, draft_problems, submit_problems
from comity.domain.kinds.registry import KINDS, UnknownKind, kind
from comity.domain.kinds.schema import json_schema, property_names
from comity.domain.kinds.search_fields import search_fields
from comity.domain.kinds.sections import Entry, sections_for
from comity.domain.tlp import TLP
from comity.policies import taxonomy
from comity.stix.facts import StixFacts
from comity.stix.record import from_stix, to_stix

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
EVERY_KIND = pytest.mark.parametrize("model", KINDS.values(), ids=list(KINDS))


def facts() -> StixFacts:
    return StixFacts(
        uid=UUID("01934f3e-7c1a-7b3d-8f00-1234567890ab"),
        ref="RSI-XX-ADV-2026-1",
        version="1.0",
        node="xx",
        node_name="Example node",
        sector="academia",
        tlp=TLP.GREEN,
        created=NOW,
        modified=NOW,
        published=NOW,
    )


def shown(entries: tuple[Entry, ...]) -> Iterator[str]:
    for entry in entries:
        yield from (entry.text, *entry.items)
        for row in entry.rows:
            yield from shown(row)


@EVERY_KIND
def test_a_kind_walks_from_form_to_stix_and_back(model: type[Kind]) -> None:
    vocabularies = taxonomy().vocabularies
    form = form_for(model, model.example, (), vocabularies)
    draft = parse_form(model, items_of(form))
    assert submit_problems(draft, kind=model, tlp=TLP.GREEN, taxonomy=taxonomy(), now=NOW) == []
    content = model.model_validate(draft)
    assert content == model.model_validate(model.example)

    stored = json.loads(json.dumps(content.model_dump(mode="json")))
    assert model.model_validate(stored) == content
    assert form_for(model, stored, (), vocabularies) == form_for(
        model, content.model_dump(mode="json"), (), vocabularies
    )

    page = list(
        shown(tuple(e for section in sections_for(model, stored, vocabularies) for e in section.entries))
    )
    index = search_fields(content)
    assert content.summary in page
    assert index.title == content.title
    assert content.benefits in index.body
    assert index.facets["kind"] == (model.name,)

    parsed = from_stix(json.loads(json.dumps(to_stix(facts(), content))))
    assert parsed.content == content
    assert parsed.facts == facts()


@EVERY_KIND
def test_every_text_of_the_example_is_on_its_page(model: type[Kind]) -> None:
    page = set(shown(tuple(e for section in sections_for(model, model.example) for e in section.entries)))

    def values(data: Any) -> Iterator[str]:
        if isinstance(data, dict):
            for value in data.values():
                yield from values(value)
        elif isinstance(data, list):
            for value in data:
                yield from values(value)
        elif isinstance(data, str) and " " in data:
            yield data

    assert set(values(dict(model.example))) <= page


@EVERY_KIND
def test_every_field_has_words_and_a_place(model: type[Kind]) -> None:
    for shape in shapes(model):
        assert shape.label.section in SECTIONS, shape.name
    for group in models_in(model):
        for shape in shapes(group):
            assert shape.label.text, (group, shape.name)
            assert shape.widget not in ("choice", "choices") or shape.options or shape.vocabulary, (
                group,
                shape.name,
            )


@EVERY_KIND
def test_every_vocabulary_named_by_a_field_exists(model: type[Kind]) -> None:
    for group in models_in(model):
        for shape in shapes(group):
            if shape.vocabulary:
                assert taxonomy().codes(shape.vocabulary)


@EVERY_KIND
def test_sg_01_no_field_describes_a_person(model: type[Kind]) -> None:
    names = {name.lower() for name in property_names(json_schema(model))}
    assert names
    assert not names & PERSON_KEYS
    assert not [
        name
        for name in names
        if re.search(r"national|ethnic|birth|relig|visa|surname|suspect|gender|race$", name)
    ]


def test_the_schema_check_finds_a_field_that_should_not_be() -> None:
    hidden = {"$defs": {"Group": {"properties": {"nationality": {"type": "string"}}}}}
    assert "nationality" in set(property_names(hidden))


@EVERY_KIND
def test_the_schema_is_whole_and_refuses_unknown_keys(model: type[Kind]) -> None:
    schema = json.loads(json.dumps(json_schema(model)))
    assert schema["$id"] == f"urn:comity:kind:{model.name}"
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(model.model_fields)


@EVERY_KIND
@pytest.mark.parametrize("key", ["nationality", "ethnicity", "birthplace", "religion", "cv"])
def test_a_person_attribute_is_refused_with_a_reason(model: type[Kind], key: str) -> None:
    problem = next(p for p in draft_problems(model, {**model.example, key: "anything"}) if p.field == key)
    assert problem.code == "unknown-field"
    assert "never the" in problem.message


def test_kinds_have_distinct_names_codes_and_stix_types() -> None:
    for attribute in ("name", "ref_code", "stix_type", "label"):
        assert len({getattr(model, attribute) for model in KINDS.values()}) == len(KINDS)


def test_an_unknown_kind_is_named_in_the_error() -> None:
    with pytest.raises(UnknownKind, match="rumour"):
        kind("rumour")
