"""The value types that fields are made of: bounded, without control characters, codes lowercase or as the standard spells them.

Bounds are in characters after trimming. Raises pydantic errors only; sentences for people are made in `problems`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from comity.domain.fields.annotations import Verbatim

# C0 and C1 controls (a database may refuse NUL) and the bidirectional overrides that make text read otherwise than it is stored.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufeff]")


def without_controls(text: str) -> str:
    """Line ends as line feeds, control characters gone; what a person typed by hand is otherwise unchanged."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _no_controls(text: str) -> str:
    if _CONTROL.search(text):
        raise PydanticCustomError("control_character", "Invisible control characters are not accepted.")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise PydanticCustomError("one_line", "Keep this on one line.")
    return _no_controls(text)


def _web_address(text: str) -> str:
    if text and not re.match(r"https?://[^\s/?#@]+(?:[/?#]\S*)?\Z", text):
        raise PydanticCustomError("web_address", "Enter a web address that starts with https:// or http://.")
    return text


def _unique(items: list[str]) -> list[str]:
    return list(dict.fromkeys(items))


def _sane_date(day: date) -> date:
    # Years outside this range are typing slips, and adding months to them would overflow.
    if not 1800 <= day.year <= 2200:
        raise PydanticCustomError("sane_date", "Enter a date between the years 1800 and 2200.")
    return day


Line = Annotated[str, StringConstraints(max_length=300), AfterValidator(_one_line)]
Prose = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_no_controls)]
Body = Annotated[str, StringConstraints(max_length=100_000), AfterValidator(_no_controls)]
Note = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(_no_controls)]
Day = Annotated[date, AfterValidator(_sane_date)]
Url = Annotated[
    str,
    StringConstraints(max_length=2_000),
    AfterValidator(_one_line),
    AfterValidator(_web_address),
    Verbatim(),
]
Name = Annotated[str, StringConstraints(max_length=300), AfterValidator(_one_line), Verbatim()]
Code = Annotated[str, StringConstraints(max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$"), Verbatim()]
Language = Annotated[
    str, StringConstraints(max_length=35, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"), Verbatim()
]
Codes = Annotated[list[Code], AfterValidator(_unique), Field(max_length=60)]
Lines = Annotated[list[Annotated[Line, Field(min_length=1)]], Field(max_length=100)]

NEEDED: Final[Any] = Field(min_length=1)
"""Beside a text or a list: it may not be empty when the record is submitted."""

MANY: Final[Any] = Field(max_length=200)
"""Beside a list of groups: a bound on work, far above real use."""


class Group(BaseModel):
    """A set of fields that belong together; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
