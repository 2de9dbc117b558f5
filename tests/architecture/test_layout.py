"""Sizes, names and places: the house stays one in which everything can be found."""

from __future__ import annotations

import ast

from tests.architecture.sources import PACKAGE, PLATFORM, modules

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {
        module.name: lines for module in modules() if (lines := len(module.text.splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{module.name}:{node.lineno} {node.name}": length
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*")
        if path.stem in SAYS_NOTHING and (path.suffix == ".py" or path.is_dir())
    ]
    assert empty == []


def test_every_module_says_what_it_decides() -> None:
    silent = [
        module.name
        for module in modules()
        if module.name != "__init__.py" and not ast.get_docstring(module.tree)
    ]
    assert silent == []


def test_the_source_root_does_not_shadow_the_standard_library() -> None:
    import platform

    assert not (PLATFORM / "__init__.py").exists()
    assert platform.system()


def test_nothing_that_reads_a_database_is_a_cached_property() -> None:
    """Before Python 3.12 it holds one lock for all instances while it computes: two units can wait for each other."""
    floors = ("domain/", "policies.py")
    locked = [
        module.name
        for module in modules()
        if "cached_property" in module.text.replace("`cached_property`", "")
        and not module.name.startswith(floors)
    ]
    assert locked == []
