"""One more row in a form without script: the button saves, and the page that follows opens with an empty row at the right place."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

DEEPEST: Final = 6
"""Groups in groups; a longer path cannot have come from our form."""


def new_row(content: Mapping[str, Any]) -> str:
    """Path of the empty row that `parse_form` left (`claims.0.sources.1`); empty when none was asked for."""
    return _find(content, "")


def _find(value: Any, path: str) -> str:
    if isinstance(value, Mapping):
        pairs = ((f"{path}.{name}" if path else name, one) for name, one in value.items())
    elif isinstance(value, list):
        pairs = ((f"{path}.{i}", one) for i, one in enumerate(value))
        if value and value[-1] == {}:
            return f"{path}.{len(value) - 1}"
    else:
        return ""
    return next((found for where, one in pairs if (found := _find(one, where))), "")


def without_empty_rows(content: Mapping[str, Any]) -> dict[str, Any]:
    """A copy without empty rows, as it is saved."""
    kept = {name: _kept(value) for name, value in content.items()}
    return {name: value for name, value in kept.items() if value != [] or content[name] == []}


def _kept(value: Any) -> Any:
    if isinstance(value, list):
        return [_kept(one) for one in value if one != {}]
    return {name: _kept(one) for name, one in value.items()} if isinstance(value, Mapping) else value


def with_row(content: Mapping[str, Any], path: str) -> dict[str, Any]:
    """A copy with an empty row at `path`, the end of an existing list; unchanged for any other path."""
    changed: dict[str, Any] = deepcopy(dict(content))
    parts = path.split(".")
    if len(parts) < 2 or len(parts) > 2 * DEEPEST or not parts[-1].isdigit():
        return changed
    here: Any = changed
    for name in parts[:-2]:
        here = _step(here, name)
    if isinstance(here, dict):
        rows = here.setdefault(parts[-2], [])
        if isinstance(rows, list) and len(rows) == int(parts[-1]):
            rows.append({})
    return changed


def _step(here: Any, name: str) -> Any:
    if isinstance(here, list):
        return here[int(name)] if name.isdigit() and int(name) < len(here) else None
    return here.get(name) if isinstance(here, dict) else None
