"""Which passwords an account may have: long rather than odd, and not a thing that is guessed first (NIST SP 800-63B §3.1.1.2)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from comity.domain.errors import Problem

SHORTEST: Final = 12
LONGEST: Final = 256
FEWEST_CHARACTERS: Final = 5
_GUESSED_FIRST: Final = (
    "password",
    "passwort",
    "motdepasse",
    "qwerty",
    "azerty",
    "qwertz",
    "123456",
    "abcdef",
    "letmein",
    "comity",
)


def normalized(password: str) -> str:
    """One byte sequence for one password, on whichever keyboard it was typed."""
    return unicodedata.normalize("NFKC", password)


def password_problems(password: object, about: Iterable[str] = ()) -> list[Problem]:
    """What is wrong with a new password; empty when nothing is. `about` are words of the person: name, e-mail, organization."""
    if not isinstance(password, str) or not password:
        return [Problem("password", "empty", "Choose a password.")]
    text = normalized(password)
    problems = []
    if len(text) < SHORTEST:
        problems.append(
            Problem(
                "password",
                "short",
                f"Use at least {SHORTEST} characters. Four words in a row are easy to keep in mind.",
            )
        )
    if len(text) > LONGEST:
        problems.append(Problem("password", "long", f"Use at most {LONGEST} characters."))
    if len(set(text)) < FEWEST_CHARACTERS:
        problems.append(
            Problem("password", "uniform", f"Use at least {FEWEST_CHARACTERS} different characters.")
        )
    if _mostly(text.casefold(), (*_GUESSED_FIRST, *_words(about))):
        problems.append(
            Problem(
                "password",
                "guessable",
                "It is made of a common password, your name or your address. Choose another.",
            )
        )
    return problems


def _words(about: Iterable[str]) -> list[str]:
    return [
        word
        for text in about
        for word in text.casefold().replace("@", " ").replace(".", " ").split()
        if len(word) > 3
    ]


def _mostly(text: str, words: Iterable[str]) -> bool:
    """Does taking the guessable words away leave less than half of `SHORTEST`?"""
    left = text
    for word in words:
        left = left.replace(word, "")
    return left != text and len(left) < SHORTEST // 2
