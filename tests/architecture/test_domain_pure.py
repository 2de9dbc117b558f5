"""Floor 0 gives the same answer to the same question, today and in ten years: no clock, no chance, no machine."""

from __future__ import annotations

import ast
import sys

from tests.architecture.sources import Module, modules

THIRD_PARTY = {"pydantic", "pydantic_core", "annotated_types", "rfc8785", "joserfc"}
"""The last two are pure functions over bytes and keys: what is hashed and signed, and the signature itself."""
TOUCHES_THE_MACHINE = {
    "asyncio", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil", "socket",
    "sqlite3", "subprocess", "tempfile", "threading", "time", "urllib.request",
}  # fmt: skip
ASKS_THE_CLOCK = {"now", "utcnow", "today", "fromtimestamp"}
BUILT_IN = {"open", "input", "print", "exec", "eval", "uuid1", "uuid4"}


def imports(module: Module) -> set[str]:
    """Full names of what the module imports."""
    names: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_the_domain_imports_the_standard_library_and_pure_shapes_only() -> None:
    foreign = {
        f"{module.name}: {name}"
        for module in modules("domain")
        for name in imports(module)
        if name.split(".")[0] not in sys.stdlib_module_names | THIRD_PARTY | {"comity"}
    }
    assert foreign == set()


def test_the_domain_does_not_reach_the_machine() -> None:
    reached = {
        f"{module.name}: {name}"
        for module in modules("domain")
        for name in imports(module)
        if name in TOUCHES_THE_MACHINE or name.split(".")[0] in TOUCHES_THE_MACHINE
    }
    assert reached == set()


def impure_calls(module: Module) -> set[str]:
    """Calls that answer differently each time."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name) if name in BUILT_IN:
                found.add(f"{module.name}:{node.lineno} {name}()")
            case ast.Attribute(attr=name) if name in ASKS_THE_CLOCK | {"uuid1", "uuid4"}:
                found.add(f"{module.name}:{node.lineno} .{name}()")
            case _:
                pass
    return found


def test_now_is_an_argument() -> None:
    assert set().union(*(impure_calls(module) for module in modules("domain"))) == set()


def test_the_check_itself_sees_a_clock_and_a_file() -> None:
    guilty = "import datetime as d\nx = d.datetime.now()\ny = open('z')\n"
    assert len(impure_calls(Module("guilty.py", guilty, ast.parse(guilty)))) == 2
