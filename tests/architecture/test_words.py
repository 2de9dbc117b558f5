"""What Comity never says, and what it never asks about a person (SG-01)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel
from sqlmodel import SQLModel

from tests.architecture.interface_words import never_said, spoken_by_template
from tests.architecture.sources import ROOT, imported, modules, templates

LISTS_OF_WORDS_TO_FLAG = ("domain/neutral_language.py",)
"""Code that names such words in order to catch them in what people write, as `policies/language/` does."""

NEVER_A_FIELD = {
    "birthplace", "citizenship", "citizenships", "ethnic", "ethnicity", "nationalities", "nationality", "passport", "race",
    "religion", "religious", "suspect", "visa",
}  # fmt: skip
NEVER_A_FIELD_TOGETHER = (
    "surname_origin",
    "place_of_birth",
    "birth_place",
    "country_of_birth",
    "date_of_birth",
)


def is_sentence(text: str) -> bool:
    """A word alone is a code (the state `approved`), and what holds a word boundary is a pattern; the rest is speech."""
    return " " in text.strip() and "\\b" not in text


def test_no_template_says_a_word_that_judges() -> None:
    said = {
        f"{name}: {words}"
        for name, source in templates()
        if name.endswith((".html", ".txt", ".xml"))
        for text in spoken_by_template(source)
        if (words := never_said(text))
    }
    assert said == set()


def test_no_sentence_in_code_says_a_word_that_judges() -> None:
    said = {
        f"{module.name}:{line}: {words}"
        for module in modules()
        if module.name not in LISTS_OF_WORDS_TO_FLAG
        for line, text in module.strings(
            with_docstrings=module.name.startswith("api/")
        )  # they are the API's manual
        if is_sentence(text) and (words := never_said(text))
    }
    assert said == set()


def leaves(tree: Any) -> Iterator[str]:
    """Every string value of a parsed YAML file."""
    match tree:
        case str():
            yield tree
        case dict():
            for value in tree.values():
                yield from leaves(value)
        case list():
            for value in tree:
                yield from leaves(value)
        case _:
            pass


def test_no_policy_text_says_a_word_that_judges() -> None:
    paths = [path for path in sorted((ROOT / "policies").rglob("*.yaml")) if "language" not in path.parts]
    said = {
        f"{path.relative_to(ROOT)}: {words}"
        for path in paths
        for text in leaves(yaml.safe_load(path.read_text(encoding="utf-8")))
        if is_sentence(text) and (words := never_said(text))
    }
    assert paths
    assert said == set()


def asks_about_origin(name: str) -> bool:
    """Is this the name of a field that no schema may have?"""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace("-", "_")
    return bool(NEVER_A_FIELD & set(words.split("_"))) or any(
        part in words for part in NEVER_A_FIELD_TOGETHER
    )


def names_in_code(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Fields, arguments and keywords: whatever could carry a fact about somebody."""
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.keyword(arg=str(name)):
                yield node.value.lineno, name
            case _:
                pass


def test_no_code_carries_a_fact_about_a_persons_origin() -> None:
    carried = {
        f"{module.name}:{line} {name}"
        for module in modules()
        for line, name in names_in_code(module.tree)
        if asks_about_origin(name)
    }
    assert carried == set()


def test_no_table_has_a_column_for_a_persons_origin() -> None:
    list(imported("comity.storage"))
    columns = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
    }
    assert columns
    assert {column for column in columns if asks_about_origin(column.replace(".", "_"))} == set()


def properties(schema: Any) -> Iterator[str]:
    """Every property name in a JSON Schema, however deep."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


def models() -> set[type[BaseModel]]:
    """Every Pydantic model of the domain."""
    return {
        value
        for module in imported("comity.domain")
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__.startswith("comity.")
    }


def test_no_json_schema_has_a_property_for_a_persons_origin() -> None:
    names = {
        f"{model.__name__}.{name}"
        for model in models()
        for name in properties(model.model_json_schema(mode="validation"))
    }
    assert names
    assert {name for name in names if asks_about_origin(name.split(".", 1)[1])} == set()


def test_no_form_asks_for_a_persons_origin() -> None:
    asked = {
        f"{name}: {field}"
        for name, source in templates()
        for field in re.findall(r"""\b(?:name|id|for)\s*=\s*["']?([\w.\-]+)""", source)
        if asks_about_origin(field)
    }
    assert asked == set()


def test_the_checks_themselves_see_what_they_look_for() -> None:
    assert never_said("This partner is Approved and SAFE.") == ["Approved", "SAFE"]
    assert never_said("The TLP classification") == ["classification"]
    assert never_said("Export classification of the parts") == []
    assert (
        next(iter(spoken_by_template('<p class="approved">{# safe #}{{ _("not an enemy") }}</p>')))
        == "not an enemy"
    )
    assert all(
        asks_about_origin(name) for name in ("nationality", "visaType", "author_place_of_birth", "is_suspect")
    )
    assert not any(
        asks_about_origin(name) for name in ("trace", "organization", "visas_policy_text", "country")
    )
