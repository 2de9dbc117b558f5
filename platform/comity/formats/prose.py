"""Foreign text made fit for our fields: bounded, without control characters, HTML or personal data. What was changed is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from comity.domain.fields.values import without_controls
from comity.domain.personal_data import find

_CODE: Final = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)
_TAG: Final = re.compile(r"<(?!https?://|mailto:)[/!]?[a-zA-Z][^<>]*>")
_ADDRESS: Final = re.compile(r"https?://[^\s/?#@<>\"`]+[^\s<>\"`]*")
_BIDI: Final = re.compile("[\u2066-\u2069\u200e\u200f]")
_SIGNS: Final = re.compile(
    r"@|\+\d|\d{4}-\d{4}-|\b(?:Dr|Prof|Mr|Mrs|Ms|Mx|Miss|Sir|Dame|Herr|Frau|Mme|Mlle)\b|, (?:Ph|MD|MSc|DPhil)|[\u4e00-\u9fff]"
)
_SIGN_BEGINS: Final = (
    *("@", "+", "Dr", "Prof", "Mr", "Ms", "Mx", "Miss", "Sir", "Dame", "Herr", "Frau", "Mme", "Mlle"),
    *(", Ph", ", MD", ", MSc", ", DPhil"),
)
"""One of these stands in every text that `_SIGNS` hits, unless it has an ORCID or Han characters: far cheaper to look for."""
_FOUR_BY_FOUR: Final = re.compile(r"\d{4}-\d{4}-")
_PROFILES: Final = ("linkedin", "researchgate", "scholar.google")
_NUMBERED: Final = (
    "tel phone mobile cell call fax whatsapp passport national identity social ssn personal visa birth born d.o.b dob"
).split()
"""Words that matter only where there is a digit too."""

_ROLES: Final = (
    "rector dean chancellor president minister executive ceo cto founder owner researcher student postdoc scientist professor "
    "investigator applicant supervisor spokesperson colonel general major captain"
).split()
_AND_NAME: Final = r"(?i:s)?,?\s+(?:(?i:named|called)\s+)?[A-Z]"
_ROLE_AND_NAME: Final = re.compile(rf"(?i:{'|'.join(_ROLES)}){_AND_NAME}")
_NAME_AFTER: Final = re.compile(_AND_NAME)
_DIGIT: Final = re.compile(r"\d")

_SENTENCE: Final = re.compile(r"(?<=[a-z)]{5}\.)(\s+)(?=[A-Z])")
"""Between sentences, never after an abbreviation such as "Prof." that a name may follow."""

_LEFT_OUT: Final = {
    "email": "[e-mail address left out]", "phone": "[telephone number left out]", "name": "[name left out]",
    "orcid": "[personal identifier left out]", "identifier": "[personal identifier left out]", "profile": "[profile left out]",
}  # fmt: skip


class Cleaner:
    """Cleans the texts of one document and remembers what it had to do, for the warnings of the row."""

    def __init__(self) -> None:
        self._did: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was changed, each kind of change once."""
        return tuple(self._did)

    def prose(self, text: str, most: int) -> str:
        """Text of several lines, as Markdown without HTML."""
        cleaned = _without_html(self._without_people(_BIDI.sub("", without_controls(text)).strip()))
        return self._cut(cleaned, most)

    def line(self, text: str, most: int = 300) -> str:
        """Text of one line."""
        return self._cut(" ".join(self.prose(text, 100_000).split()), most)

    def name(self, text: str) -> str:
        """The name of an organization or a title that is cited: kept as it is, on one line."""
        return self._cut(" ".join(_BIDI.sub("", without_controls(text)).split()), 300)

    def note(self, what: str) -> None:
        """Remember another thing that the report should say."""
        self._did[what] = None

    def _cut(self, text: str, most: int) -> str:
        if len(text) <= most:
            return text
        self.note("A text was longer than its field and was cut; the original has it in full.")
        kept = text[: most - 2]
        space = kept.rfind(" ", most // 2)
        kept = kept[:space] if space > 0 else kept
        if kept.count("```") % 2:
            kept = kept[: kept.rfind("```")]
        if kept.rfind("<") > kept.rfind(">"):
            kept = kept[: kept.rfind("<")]
        return f"{kept.rstrip()} …"

    def _without_people(self, text: str) -> str:
        parts = text.split("\n\n")
        kept = [_paragraph(part) for part in parts]
        if kept == parts:
            return text
        self.note("Personal data in a text was left out.")
        return "\n\n".join(kept)


@lru_cache(maxsize=4096)  # publishers repeat themselves: half of all paragraphs are standing phrases
def _paragraph(text: str) -> str:
    """The paragraph with whatever may identify a person replaced by what it was."""
    if not _may_hold(text):
        return text
    return "".join(_sentence(part) if _may_hold(part) else part for part in _SENTENCE.split(text))


def names_a_person(text: str) -> bool:
    """Would anything in this text have been left out?"""
    return any(_paragraph(part) != part for part in text.split("\n\n"))


def _may_hold(text: str) -> bool:
    """Could the personal-data scan hit anything here? Far cheaper than the scan, and it may only err by saying yes."""
    begins = not text.isascii() or any(sign in text for sign in _SIGN_BEGINS) or _FOUR_BY_FOUR.search(text)
    if begins and _SIGNS.search(text):
        return True
    lowered = text.lower()
    if _names_a_role_holder(text, lowered):
        return True
    if any(word in lowered for word in _PROFILES):
        return True
    return any(word in lowered for word in _NUMBERED) and _DIGIT.search(text) is not None


def _names_a_role_holder(text: str, lowered: str) -> bool:
    if not text.isascii():  # lower case may be longer, and places in it may be others
        return _ROLE_AND_NAME.search(text) is not None
    return any(
        _NAME_AFTER.match(text, place + len(role)) for role in _ROLES for place in _places(role, lowered)
    )


def _places(word: str, text: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


def _sentence(text: str) -> str:
    for what, start, end in sorted(find(text), key=lambda hit: -hit[1]):
        text = f"{text[:start]}{_LEFT_OUT[what]}{text[end:]}"
    return text


def _without_html(text: str) -> str:
    """HTML shown as code, so that it is read and never rendered; text that already is code stays."""
    if "<" not in text:
        return text
    parts = _CODE.split(text)
    return "".join(part if i % 2 else _TAG.sub(_as_code, part) for i, part in enumerate(parts))


def _as_code(tag: re.Match[str]) -> str:
    words = " ".join(tag.group().split())
    return f"< {words[1:]}" if "`" in words else f"`{words}`"


def first_sentences(text: str, most: int) -> str:
    """The beginning of a text, whole sentences where there are any."""
    plain = " ".join(text.split())
    if len(plain) <= most:
        return plain
    end = max(plain.rfind(f"{mark} ", 0, most) for mark in ".!?")
    return plain[: end + 1] if end > most // 4 else plain


def unique(texts: Iterable[str]) -> list[str]:
    """Each text once, in order, without empty ones."""
    return list(dict.fromkeys(text for text in texts if text))


def web_addresses(texts: Iterable[str]) -> list[str]:
    """Those texts that are plain web addresses our fields accept."""
    return unique(
        text for text in texts if len(text) <= 2_000 and text.isprintable() and _ADDRESS.fullmatch(text)
    )
