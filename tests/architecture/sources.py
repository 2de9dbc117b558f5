"""What the architecture tests read: the modules of the package as syntax trees, the templates and policies as text."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = ROOT / "platform"
PACKAGE = PLATFORM / "comity"
TEMPLATES = ROOT / "templates"


@dataclass(frozen=True)
class Module:
    """One Python file: `name` is its path from the package, such as `domain/tlp.py`."""

    name: str
    text: str
    tree: ast.Module

    def docstrings(self) -> set[int]:
        """Identities of the nodes that are documentation, the bare strings under an attribute included."""
        return {
            id(node.value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }

    def strings(self, *, with_docstrings: bool = False) -> Iterator[tuple[int, str]]:
        """Line and text of each string literal, the fixed parts of f-strings too."""
        documentation = set() if with_docstrings else self.docstrings()
        for node in ast.walk(self.tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in documentation
            ):
                yield node.lineno, node.value


@cache
def modules(under: str = "") -> tuple[Module, ...]:
    """Every module below `platform/comity/<under>`; raises when there is none, so that no test passes on nothing."""
    found = tuple(
        Module(path.relative_to(PACKAGE).as_posix(), text, ast.parse(text))
        for path in sorted((PACKAGE / under).rglob("*.py"))
        for text in [path.read_text(encoding="utf-8")]
    )
    if not found:
        raise FileNotFoundError(PACKAGE / under)
    return found


@cache
def templates() -> tuple[tuple[str, str], ...]:
    """Name and text of every template; raises when there is none."""
    found = tuple(
        (path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(TEMPLATES.rglob("*"))
        if path.is_file()
    )
    if not found:
        raise FileNotFoundError(TEMPLATES)
    return found


def imported(package: str) -> Iterator[ModuleType]:
    """Import a package with everything below it."""
    top = importlib.import_module(package)
    yield top
    for info in pkgutil.walk_packages(top.__path__, f"{package}."):
        yield importlib.import_module(info.name)


@cache
def tracked() -> tuple[Path, ...]:
    """Files that a clone would hold."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())
