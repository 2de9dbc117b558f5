"""Writes what must never lag behind the code: `docs/settings.md`, `docs/cli.md` and the golden list of routes.

Run by `make reference`; `tests/architecture/test_reference.py` fails while a file differs from what this writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi.routing import iter_route_contexts
from pydantic import SecretStr

from comity.config import ROOT, Settings

SETTINGS_HEAD = """# Settings

Each is an environment variable, or a line in a file `.env` beside the place where `comity` is started. Written by
`make reference` from `platform/comity/config.py`.

| variable | default | meaning |
| --- | --- | --- |
"""
CLI_HEAD = """# Commands

Written by `make reference` from `platform/comity/cli/`. `comity COMMAND --help` says the same.
"""

UNDECLARED = "NONE DECLARED"


def _default(value: object) -> str:
    if isinstance(value, SecretStr):
        return "empty" if not value.get_secret_value() else "secret"
    text = str(value).replace(f"{ROOT}/", "")
    return f"`{text}`" if text else "empty"


def settings_page() -> str:
    """Every field of `Settings`, in the order in which it is declared."""
    rows = [
        f"| `COMITY_{name.upper()}` | {_default(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return SETTINGS_HEAD + "\n".join(rows) + "\n"


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command that does something, with the words that call it; groups are walked into."""
    below = getattr(command, "commands", None)
    if below is None:
        yield words, command
        return
    for name in sorted(below):
        yield from _commands(below[name], (*words, name))


def _section(words: tuple[str, ...], command: Any) -> str:
    lines = [f"## `{' '.join(words)}`", "", (command.help or "").strip(), ""]
    for parameter in command.params:
        names = ", ".join([*parameter.opts, *parameter.secondary_opts])
        names = names.upper() if parameter.param_type_name == "argument" else names
        lines.append(f"- `{names}`: {getattr(parameter, 'help', None) or ''}".rstrip(": ").rstrip())
    return "\n".join(lines).rstrip() + "\n"


def cli_page() -> str:
    """Every command, with its arguments and options."""
    import typer.main

    from comity.cli.main import app

    pages = [
        _section(words, command) for words, command in _commands(typer.main.get_command(app), ("comity",))
    ]
    return CLI_HEAD + "\n" + "\n".join(pages)


def routes_page() -> str:
    """`METHOD path capability`, sorted: what a reviewer reads to see that no door was added by accident."""
    from comity.app import create_app

    with TemporaryDirectory() as empty:
        app = create_app(Settings(database_url=f"sqlite:///{empty}/none.db", data_dir=Path(empty)))
    lines = set()
    for context in iter_route_contexts(app.routes):  # through routers within routers
        route, path = context.original_route, context.path or ""
        capability = getattr(route, "capability", None) or ("static" if path == "/static" else UNDECLARED)
        methods = set(getattr(route, "methods", None) or {"GET"}) - {"HEAD"}
        lines |= {f"{method:<6} {path}  {capability}" for method in methods}
    return "\n".join(sorted(lines, key=lambda line: line.split()[1::-1])) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
    "docs/cli.md": cli_page,
    "tests/architecture/routes.txt": routes_page,
}
"""Path -> what writes it."""


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (Path(ROOT) / name).write_text(page(), encoding="utf-8")
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
