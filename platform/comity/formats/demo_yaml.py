"""The project's own demonstration records: `demo/records/<node>/*.yaml`, one record a file, all organizations invented.

Dates are written relative to the day of loading (`@-40d`, `@+200d`), so that a demonstration never starts expired. Decides only how
such a file reads; who the authors are and how a record reaches its state is the loader's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from comity.domain.handling import Handling
from comity.domain.kinds.registry import kind

_DAY: Final = re.compile(r"@([+-]\d{1,4})d")


class DemoRecord(BaseModel):
    """One file. `organization`, `author` and `named_readers` are keys of the demonstration world, not ids of a database.

    `published_days_ago` is how long the record has been out; in the states before publication it is how long it has been there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(pattern=r"^[a-z0-9-]+$")
    kind: Literal["advisory", "best_practice", "due_diligence_note"]
    organization: str
    author: str
    state: Literal["draft", "submitted", "in_review", "published"] = "published"
    published_days_ago: int = Field(ge=0, le=3000)
    handling: Mapping[str, Any]
    named_readers: tuple[str, ...] = ()
    supersedes_title: str = ""
    after: Literal["", "corrected", "withdrawn", "disputed"] = ""
    content: Mapping[str, Any]

    def handling_for(self, accounts: Mapping[str, str]) -> Handling:
        """The handling block with the named readers as account ids. Raises `KeyError` for a reader who is not in `accounts`."""
        if not self.named_readers:
            return Handling.model_validate(self.handling)
        audience = {
            **self.handling.get("audience", {}),
            "persons": tuple(accounts[one] for one in self.named_readers),
        }
        return Handling.model_validate({**self.handling, "audience": audience})


def read_demo(folder: Path, today: date) -> list[DemoRecord]:
    """Every record, oldest first, with its dates counted from `today`. Raises `ValueError` for a file that is not in order."""
    found = [_record(path, today) for path in sorted(folder.glob("*.yaml"))]
    if len({one.key for one in found}) != len(found):
        raise ValueError("two demonstration records have the same key")
    return sorted(found, key=lambda one: -one.published_days_ago)


def _record(path: Path, today: date) -> DemoRecord:
    data = _dated(yaml.safe_load(path.read_text(encoding="utf-8")), today)
    record = DemoRecord.model_validate(data)
    return record.model_copy(update={"content": _with_validity(record, today)})


def _dated(value: Any, today: date) -> Any:
    match value:
        case str() if hit := _DAY.fullmatch(value):
            return (today + timedelta(days=int(hit[1]))).isoformat()
        case dict():
            return {name: _dated(one, today) for name, one in value.items()}
        case list():
            return [_dated(one, today) for one in value]
        case _:
            return value


def _with_validity(record: DemoRecord, today: date) -> dict[str, Any]:
    """Where the file says nothing: valid from publication for as long as the kind may be, reviewed after two thirds of that."""
    start = today - timedelta(days=record.published_days_ago if record.state == "published" else 0)
    handling = Handling.model_validate(record.handling)
    end = kind(record.kind).longest_expiry(str(record.content["subtype"]), start, handling.tlp)
    if limit := record.content.get("expires_at"):
        end = min(end, date.fromisoformat(str(limit)))
    review = start + timedelta(days=(end - start).days * 2 // 3)
    dates = {"valid_from": start, "review_due": review, "expires_at": end}
    return {**{name: day.isoformat() for name, day in dates.items()}, **record.content}
