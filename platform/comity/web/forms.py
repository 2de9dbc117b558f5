"""What a browser sent in a form, and the small forms that no kind describes (sign-in, account, organizations).

`Sent` reads the body before the endpoint's thread begins. `Field` has the attributes that `components/form.html` draws. Whatever
was typed is drawn again with what is wrong beside it; passwords and codes are the exception.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from comity.domain.errors import Invalid, Problem

MOST_FIELDS: Final = 5000
MOST_FILES: Final = 10
_Model = TypeVar("_Model", bound=BaseModel)
_NEVER_REPEATED: Final = ("password", "file")


class Sent:
    """The fields of one form. Every value is text; a field that was sent twice is read by `many`."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def one(self, name: str) -> str:
        """The last value, without blanks around it; empty when it was not sent. Lines end as in Python."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """As `one`, with the blanks: for passwords."""
        value = self._data.get(name, "")
        return value.replace("\r\n", "\n") if isinstance(value, str) else ""

    def many(self, name: str) -> list[str]:
        """All values in order."""
        return [value.replace("\r\n", "\n") for value in self._data.getlist(name) if isinstance(value, str)]

    def ticked(self, name: str) -> bool:
        """Was this box ticked?"""
        return bool(self.raw(name))

    def pairs(self) -> list[tuple[str, str]]:
        """Everything that is text, in order: for `domain.kinds.form`."""
        return [
            (name, value.replace("\r\n", "\n"))
            for name, value in self._data.multi_items()
            if isinstance(value, str)
        ]

    def files(self, name: str) -> list[UploadFile]:
        """Attached files, left out when none was chosen. Read them by `.file` in the endpoint's thread."""
        return [item for item in self._data.getlist(name) if isinstance(item, UploadFile) and item.filename]

    def only(self, *names: str) -> None:
        """Raises `Invalid` when any other field was sent: nobody sets what the form does not offer (peers S13)."""
        strange = sorted({name for name, _ in self._data.multi_items()} - set(names))
        if strange:
            raise Invalid([Problem(name, "unexpected", "This form has no such field.") for name in strange])


async def sent(request: Request) -> AsyncIterator[Sent]:
    """Parse the body within bounds; uploaded files are closed afterwards."""
    limit = request.app.state.runtime.settings.max_body_bytes
    async with request.form(max_fields=MOST_FIELDS, max_files=MOST_FILES, max_part_size=limit) as data:
        yield Sent(data)


SentForm = Annotated[Sent, Depends(sent)]


@dataclass(frozen=True)
class Field:
    """One field of a small form, as `components/form.html` names its attributes."""

    name: str
    label: str
    widget: str = "line"
    hint: str = ""
    required: bool = True
    value: str | bool | Sequence[str] = ""
    options: Sequence[tuple[str, str]] = ()
    errors: Sequence[str] = ()
    max_length: int | None = None
    autocomplete: str = ""
    children: Sequence[object] = ()


def filled(fields: Iterable[Field], sent: Sent, problems: Iterable[Problem] = ()) -> list[Field]:
    """The same fields with what was typed and what is wrong with it."""
    told: dict[str, list[str]] = {}
    for problem in problems:
        told.setdefault(problem.field, []).append(problem.message)
    return [replace(field, value=_typed(field, sent), errors=told.get(field.name, ())) for field in fields]


def general(fields: Iterable[Field], problems: Iterable[Problem]) -> list[str]:
    """Problems that belong to none of the fields."""
    names = {field.name for field in fields}
    return [problem.message for problem in problems if problem.field not in names]


def with_values(fields: Iterable[Field], values: Mapping[str, str]) -> list[Field]:
    """The same fields with present values."""
    return [replace(field, value=values.get(field.name, field.value)) for field in fields]


def parsed(model: type[_Model], values: Mapping[str, object]) -> _Model:
    """A write model of a service from what was typed. Raises `Invalid`, in plain words, by field."""
    try:
        return model.model_validate(values)
    except ValidationError as wrong:
        problems = [
            Problem(
                str(item["loc"][0]) if item["loc"] else "",
                item["type"],
                _plainly(item["type"], item.get("ctx", {})),
            )
            for item in wrong.errors(include_url=False, include_input=False)
        ]
        raise Invalid(problems) from None


def _plainly(kind: str, limits: Mapping[str, object]) -> str:
    match kind:
        case "string_too_short":
            return f"Write at least {limits['min_length']} characters."
        case "string_too_long" | "too_long":
            return f"At most {limits['max_length']} fit."
        case "missing":
            return "This is needed."
        case _:
            return "This is not written as the hint asks."


def local_path(text: str) -> str:
    """An address of this node to go on to, or `/`. Never another host, however it is written."""
    local = (
        text.startswith("/")
        and not text.startswith(("//", "/\\"))
        and text.isprintable()
        and "\\" not in text
    )
    return text if local else "/"


def _typed(field: Field, sent: Sent) -> str | bool | Sequence[str]:
    if field.widget in _NEVER_REPEATED or field.autocomplete == "one-time-code":
        return ""
    if field.widget == "check":
        return sent.ticked(field.name)
    return sent.many(field.name) if field.widget == "choices" else sent.one(field.name)
