"""Words that the interface never says (glossary, product part 6), for templates, sentences in code and rendered pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

NEVER = (
    "approved", "cleared", "safe", "banned", "blacklist", "blacklisted", "suspect", "suspects", "adversary", "adversaries",
    "clearing house", "foreign national", "foreign nationals", "risk score", "risk scores", "enemy", "enemies",
)  # fmt: skip
NEVER_SAID = re.compile(rf"\b({'|'.join(re.escape(word) for word in NEVER)})\b", re.IGNORECASE)
CLASSIFICATION = re.compile(r"(?<!nationally )\b(de)?classif(y|ied|ication|ications)\b", re.IGNORECASE)
MARKING = re.compile(r"\b(TLP|traffic light|markings?)\b", re.IGNORECASE)
"""TLP is a sharing agreement; the word for a state secret's marking would promise a protection in law it does not have.
Said of exports, or of what is "nationally classified" and refused here, it is the proper word, so only a line that
speaks of a marking may not say it."""

SPOKEN_ATTRIBUTES = {
    "title",
    "alt",
    "aria-label",
    "aria-description",
    "placeholder",
    "summary",
    "content",
    "label",
}


def never_said(text: str) -> list[str]:
    """The words of `text` that a reader must not meet."""
    of_markings = " ".join(line for line in text.splitlines() if MARKING.search(line))
    found = [*NEVER_SAID.finditer(text), *CLASSIFICATION.finditer(of_markings)]
    return [match.group(0) for match in found]


class _Spoken(HTMLParser):
    """Collects what a reader sees or hears of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}
        self.parts += [value for name, value in attrs if value and name in SPOKEN_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def spoken(html: str) -> str:
    """What a reader sees or hears of a page, one line a piece."""
    parser = _Spoken()
    parser.feed(html)
    return "\n".join(parser.parts)


_COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
_CODE = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
_LITERAL = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def spoken_by_template(source: str) -> Iterator[str]:
    """The fixed text of a Jinja template, and the sentences in its expressions; a word alone there is a code, not speech."""
    source = _COMMENT.sub("", source)
    for code in _CODE.findall(source):
        for single, double in _LITERAL.findall(code):
            if " " in (single or double):
                yield single or double
    yield spoken(_CODE.sub(" ", source))
