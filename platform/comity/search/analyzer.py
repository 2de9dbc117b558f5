"""Turns text into the words that are indexed, asked for and highlighted: one analyzer for all three.

Decides what a word is in any script. It refuses to know engines: they receive space-joined tokens and add nothing.
Folding is NFKC, casefold, then removal of marks for Latin, Greek, Cyrillic, Hebrew and Arabic only, because in other
scripts (kana, Indic, Thai) a mark makes another letter. Every Han, kana and Hangul character is a token of its own,
so that any substring of a Chinese, Japanese or Korean name can be found as a phrase (UAX #15, UAX #29 as a guide).
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from anyascii import anyascii

VERSION = 1
"""Raise it whenever tokens change: it is part of every digest, so the drift check re-indexes what is old."""

MAX_TOKEN = 64
"""Characters; longer words are cut alike when indexed and when asked for."""

_CJK = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Python's \w leaves out combining marks, which Indic and Thai words need.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0640\u06d6-\u06ed\u0900-\u0903"
    "\u093a-\u094f\u0981-\u0983\u09bc-\u09cd\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u200c\u200d"
)
_TOKEN = re.compile(f"[{_CJK}]|(?:(?![{_CJK}])[\\w{_MARKS}])+")
_ASCII_TOKEN = re.compile(r"[a-z0-9_]+")
_HAN_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_ONE_CJK = re.compile(f"[{_CJK}]")
_STRIPPED = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0640\u06d6-\u06ed\u200c\u200d]"
)
_MARK_BEARING = re.compile("[\u00c0-\u024f\u0370-\u052f\u0590-\u06ff\u1e00-\u1fff]")
_LETTERS = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ё": "е",
        "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th",
    }
)  # fmt: skip
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})
_LONGEST_JOIN = 4


class Span(NamedTuple):
    """One token and where its original stands: text[start:end]."""

    token: str
    start: int
    end: int


def fold(text: str) -> str:
    """The text with case, width, ligatures and optional marks removed. Length may change."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    if _MARK_BEARING.search(text) or _STRIPPED.search(text):
        # Only these scripts are taken apart: NFD on everything would split Hangul and kana.
        text = "".join(unicodedata.normalize("NFD", c) if _MARK_BEARING.match(c) else c for c in text)
        text = _STRIPPED.sub("", text)
    return text.translate(_LETTERS)


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order."""
    folded = fold(text)
    found = _ASCII_TOKEN.findall(folded) if folded.isascii() else _TOKEN.findall(folded)
    return [token[:MAX_TOKEN] for token in found]


def normalise(text: str) -> str:
    """The tokens joined by single spaces: what an engine stores."""
    return " ".join(tokens(text))


def spans(text: str) -> list[Span]:
    """Tokens with their offsets in the original, for highlighting."""
    if text.isascii():
        return [Span(m.group()[:MAX_TOKEN], m.start(), m.end()) for m in _ASCII_TOKEN.finditer(text.lower())]
    return [
        Span(token, match.start(), match.end())
        for match in _TOKEN.finditer(text)
        for token in tokens(match.group())
    ]


def is_cjk(token: str) -> bool:
    """Whether the token is one character of a script written without spaces."""
    return len(token) == 1 and _ONE_CJK.match(token) is not None


def _latin(word: str) -> str:
    return "".join(_ASCII_TOKEN.findall(anyascii(word).lower()))[:MAX_TOKEN]


def _pinyin(run: str) -> list[str]:
    from pypinyin import lazy_pinyin  # 55 MB of readings, for the nodes that meet Han characters

    return [syllable for part in lazy_pinyin(run) if (syllable := _latin(part))]


def _joins(syllables: list[str]) -> list[str]:
    """Neighbouring syllables written together, as romanised names are: `beijing`, `daxue`, `beijingdaxue`."""
    longest = min(_LONGEST_JOIN, len(syllables))
    joined = [
        "".join(syllables[start : start + size])
        for size in range(2, longest + 1)
        for start in range(len(syllables) - size + 1)
    ]
    return joined + (["".join(syllables)] if len(syllables) > _LONGEST_JOIN else [])


def name_forms(text: str) -> tuple[str, ...]:
    """Further words by which a name may be asked for, in Latin letters, without those it already has.

    Han gives pinyin syllables and their joins; other scripts their ASCII transliteration; German and Scandinavian
    vowels their two-letter form; a short name of several Latin words the form without spaces. Index them beside the
    original, so that a Latin query finds the name; `query_forms` is the way back.
    """
    forms: list[str] = []
    for run in _HAN_RUN.findall(unicodedata.normalize("NFKC", text)):
        syllables = _pinyin(run)
        forms += [*syllables, *_joins(syllables)]
    words = unicodedata.normalize("NFKC", text).casefold().split()
    for word in words:
        if not word.isascii():
            forms += [_latin(_HAN_RUN.sub(" ", word)), *tokens(word.translate(_UMLAUTS))]
    plain = tokens(text)
    if 2 <= len(plain) <= _LONGEST_JOIN and all(token.isascii() for token in plain):
        forms.append("".join(plain)[:MAX_TOKEN])
    known = set(plain)
    return tuple(dict.fromkeys(form for form in forms if form and form not in known))


def query_forms(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Latin phrases that may stand for these tokens in a name: `北 京` gives (`beijing`,) and (`bei`, `jing`)."""
    text = "".join(words) if all(is_cjk(word) for word in words) else " ".join(words)
    if text.isascii():
        return ()
    if _HAN_RUN.fullmatch(text):
        syllables = tuple(_pinyin(text))
        return tuple(dict.fromkeys((("".join(syllables)[:MAX_TOKEN],), syllables))) if syllables else ()
    form = tuple(latin for word in text.split() if (latin := _latin(word)))
    return (form,) if form else ()
