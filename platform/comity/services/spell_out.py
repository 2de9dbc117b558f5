"""What a handling block asks of its readers, in plain sentences: for the page, the print, the API and every copy (H-06).

Says only what binds a reader. Who else may read, and who embargoed it until when, stays with those at work on the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from comity import policies
from comity.domain.handling import Caveat, Handling

PERMITTED: Final[Mapping[str, str]] = {
    "contact_originator_first": "Before you act on it, contact the originator.",
    "internal_decision_only": "Use it for decisions inside your organization only.",
    "may_raise_with_partner": "You may raise it with the partner it is about.",
    "may_seek_own_sources": "You may look for sources of your own.",
    "may_publish": "You may publish what it says.",
}
"""The permitted action as the sentence a reader sees."""

_ATTRIBUTION: Final[Mapping[str, str]] = {
    "must": "When you use it, name the originator.",
    "may": "When you use it, you may name the originator.",
    "must_not": "When you use it, do not say whom it is from.",
}
_NOTICE: Final[Mapping[str, str]] = {
    "may": "You may tell the organization concerned that it exists.",
    "must_not": "Do not tell the organization concerned that it exists.",
}


def caveats_of(handling: Handling) -> list[dict[str, str]]:
    """`[{code, text}]`, ORCON first: what stands beside the marking, in the words of the policy."""
    words = policies.handling_policy().caveats
    held = ["ORCON"] if handling.orcon else []
    held += [Caveat(caveat).value for caveat in handling.caveats]
    return [{"code": code, "text": _sentence(words[code])} for code in held]  # type: ignore[index]


def permitted_of(handling: Handling) -> str:
    """The sentence for the permitted action in force; empty where the marking alone says it."""
    return PERMITTED.get(handling.permitted or "", "")


def conditions_of(handling: Handling, now: datetime) -> list[str]:
    """Whom a reader may name and tell, and until when all of it holds. An end that has passed loosens nothing by itself."""
    said = [_ATTRIBUTION[handling.attribution_in_force], _NOTICE[handling.affected_party_notice]]
    ends = handling.handling_ends
    if ends is None:
        return said
    day = ends.astimezone(UTC).strftime("%-d %B %Y, %H:%M UTC")
    if ends > now:
        return [*said, f"Its originator looks at these conditions again on {day}."]
    return [
        *said,
        f"The time set for these conditions ended on {day}. They hold until its originator changes them.",
    ]


def spell_out(handling: Handling, now: datetime) -> Sequence[str]:
    """The whole block, the meaning of the marking first."""
    said = [handling.tlp.meaning, permitted_of(handling)]
    said += [f"{one['code']}: {one['text']}" for one in caveats_of(handling)]
    return [one for one in (*said, *conditions_of(handling, now)) if one]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
