"""The personal-data scan (SG-02): finds what may identify a natural person and says what an author can do about it.

Looks at every text, cited ones too. Knows no register of persons and never stores what it found. A name without a title, a role or
an identifier beside it is not recognised: people read too, and the data protection officer decides about exceptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel

from comity.domain.fields.prose import texts

Option = Literal["remove", "replace", "official_capacity", "exceptional"]
What = Literal["name", "email", "phone", "orcid", "identifier", "profile"]

OPTIONS: Final[Mapping[Option, str]] = {
    "remove": "Remove it",
    "replace": "Replace it by a role, such as “the visiting researcher”",
    "official_capacity": "An office holder acting as such, named in a public source",
    "exceptional": "Ask the data protection officer and the ombudsperson for exceptional handling",
}

_PARTICLE: Final = r"(?:van|von|de|der|den|bin|al|el|la|di|da)"
_NAME: Final = (
    rf"(?:{_PARTICLE}\s+){{0,2}}(?:[A-Z][\w’'-]*\.?(?:\s+{_PARTICLE}){{0,2}}\s+){{0,2}}[A-Z][\w’'-]+"
)
_FULL_NAME: Final = (
    r"[A-Z][a-zà-ÿ’'-]+\s+(?:[A-Z]\.\s+|(?:van|von|de|der|den|bin|al|el)\s+){0,2}[A-Z][a-zà-ÿ’'-]+"
)
_ROLES: Final = (
    r"(?i:director|rector|dean|chancellor|president|minister|chief\s+executive|CEO|CTO|founder|co-founder|owner"
    r"|researchers?|students?|postdoc|scientist|professor|investigator|applicant|spokesperson|colonel|general|major|captain)"
)
_NOT_A_NAME: Final = (
    r"(?!(?:The|This|That|These|And|Or|For|From|With|Of|In|On|At|By|University|Institute|Department|Ministry|Faculty|School"
    r"|College|Office|Group|Laboratory|Security|Research|Center|Centre|Academy|Program|Programme|Team|Project|Agency|Council|Service|Union)\b)"
)
_SURNAMES: Final = (
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許邓鄧韩韓冯馮曹彭曾肖田董潘袁蔡蒋蔣余于杜叶"
    "葉程魏苏蘇吕呂丁任沈姚卢盧"
)

# Blanks between two parts that may both be missing are bounded: any number of them would cost the square, or the cube, of the text.
_PATTERNS: Final[tuple[tuple[What, re.Pattern[str]], ...]] = (
    ("orcid", re.compile(r"\b(?P<hit>\d{4}-\d{4}-\d{4}-\d{3}[\dX])\b")),
    ("profile", re.compile(
        r"\b(?P<hit>(?:https?://)?(?:www\.)?(?:linkedin\.com/in|researchgate\.net/profile|scholar\.google\.[a-z.]+/citations\?\S{0,200}user=)"
        r"[/\w%.=&-]+)", re.IGNORECASE)),
    ("email", re.compile(r"(?<![\w.+/-])(?P<hit>[\w.+-]{1,64}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24})\b")),
    ("phone", re.compile(
        r"(?<![\w.+-])(?P<hit>\+\d{1,3}[\s./-]?(?:\(0?\d{1,5}\)[\s./-]?)?"
        r"\d{1,5}(?:[\s./-]?\d{2,5}){1,5})(?![\w.-]?\d)")),
    ("phone", re.compile(
        r"(?i:\b(?:tel|phone|telephone|mobile|cell|call|fax|whatsapp)\b\.?:?\s{0,3}(?:no\.?|number|at)?:?\s{0,3})"
        r"(?P<hit>\(?\d{2,5}\)?[\s./-]?\d{2,5}(?:[\s./-]?\d{2,5}){0,4})(?!\d)")),
    ("identifier", re.compile(
        r"(?i:\b(?:passport|national\s+id(?:entity)?(?:\s+card)?|identity\s+card|social\s+security|SSN|personal\s+number|visa)"
        r"\s{0,3}(?:no\.?|number|id)?\s{0,3}[:#]?\s{0,3})(?P<hit>(?=[A-Z0-9-]*\d)[A-Z0-9][A-Z0-9-]{5,19})\b")),
    ("identifier", re.compile(
        r"(?i:\b(?:date\s+of\s+birth|born\s+on|d\.?o\.?b\.?)\s{0,3}:?\s{0,3})(?P<hit>\d{1,4}[\s./-]\w{1,9}[\s./-]\d{1,4})\b")),
    ("name", re.compile(
        rf"\b(?:Dr|Prof|Professor|Mr|Mrs|Ms|Mx|Miss|Sir|Dame|Herr|Frau|Mme|Mlle)\b\.?\s+(?P<hit>{_NOT_A_NAME}{_NAME})")),
    ("name", re.compile(rf"(?P<hit>{_NOT_A_NAME}{_FULL_NAME}),\s+(?:PhD|Ph\.D\.|MD|MSc|DPhil)\b")),
    ("name", re.compile(rf"\b{_ROLES},?\s+(?:(?i:named|called)\s+)?(?P<hit>{_NOT_A_NAME}{_FULL_NAME})")),
    ("name", re.compile(rf"(?P<hit>[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}(?:教授|博士|先生|女士))")),
)  # fmt: skip

_ROLE_MAILBOX: Final = re.compile(
    r"^(?:[\w.+-]*[._+-])?(?:info|contact|security|psirt|cert|csirt|soc|support|central|reports?|report-?\w*|abuse|press|media|office"
    r"|admin|help|helpdesk|secretariat|no-?reply|product-?security|cybersecurity|vulnerabilit(?:y|ies)|disclosure|privacy|dpo|legal|compliance"
    r"|advice|desk|enquiries|hello|mail|postmaster|webmaster|sales|service|team|git)(?:[._+-][\w.+-]*)?@", re.IGNORECASE,
)  # fmt: skip

_WHY: Final[Mapping[What, str]] = {
    "name": "This looks like the name of a natural person.",
    "email": "This looks like a person's e-mail address.",
    "phone": "This looks like a telephone number.",
    "orcid": "An ORCID identifies one researcher.",
    "identifier": "This looks like a number or date that identifies one person.",
    "profile": "This links to a person's profile.",
}


MOST: Final = 100
"""Findings in one text; the rest show once these are dealt with."""


@dataclass(frozen=True)
class Finding:
    """Characters `start` to `end` of the text at `field` (a dotted path), what it is, why it matters, what can be done."""

    field: str
    start: int
    end: int
    matched: str
    what: What
    why: str
    options: tuple[Option, ...]


def check_text(kind: type[BaseModel], content: Mapping[str, Any]) -> list[Finding]:
    """Every finding in the texts of a draft or a record, in the order of the fields."""
    return [
        Finding(text.field, start, end, text.text[start:end], what, _WHY[what], _options(what))
        for text in texts(kind, content)
        for what, start, end in find(text.text)
    ]


def find(text: str) -> list[tuple[What, int, int]]:
    """What in one text may identify a person: kind, start and end, without overlaps. Also for attachments and questions."""
    found: list[tuple[What, int, int]] = []
    for what, start, end in _raw(text):
        if len(found) == MOST:
            break
        if not any(start < e and s < end for _, s, e in found):
            found.append((what, start, end))
    return sorted(found, key=lambda one: one[1])


def blocking(findings: Iterable[Finding], declared: str) -> list[Finding]:
    """The findings that stop a record, given what its author declared in `personal_data`.

    Office holders may be named with their work contact; numbers that identify a person stay out. Declaring exceptional handling
    asks for it and gives nothing: that is for two officers together (`services.lift`).
    """
    allowed = {"name", "email", "phone", "orcid", "profile"} if declared == "official_capacity" else set()
    return [finding for finding in findings if finding.what not in allowed]


def _options(what: What) -> tuple[Option, ...]:
    return ("remove", "replace", "exceptional") if what == "identifier" else tuple(OPTIONS)


def _raw(text: str) -> Iterator[tuple[What, int, int]]:
    for what, pattern in _PATTERNS:
        for hit in pattern.finditer(text):
            if _counts(what, hit["hit"]):
                yield what, *hit.span("hit")


def _counts(what: What, hit: str) -> bool:
    match what:
        case "orcid":
            return _is_orcid(hit)
        case "email":
            # Names of SSH algorithms have the form of an address and are none.
            return _ROLE_MAILBOX.match(hit) is None and not hit.endswith(("@openssh.com", "@libssh.org"))
        case "phone":
            return 7 <= sum(c.isdigit() for c in hit) <= 15
        case _:
            return True


def _is_orcid(text: str) -> bool:
    """ISO 7064 mod 11-2, so that other numbers of sixteen digits are left alone."""
    total = 0
    for digit in text.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == text[-1]
