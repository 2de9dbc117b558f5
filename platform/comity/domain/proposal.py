"""A proposed correction: words, and where there is one a claim with its sources (J-12). Decides what may be proposed at all.

The same at both ends: what a node would refuse to send, it refuses to take. Refuses to know who proposes and who decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from pydantic import ValidationError

from comity.domain.claim import Claim
from comity.domain.errors import Problem
from comity.domain.fields.prose import texts
from comity.domain.handling import national_marking_problems
from comity.domain.personal_data import find

TEXT_CHARACTERS: Final = 6000
CLAIM_CHARACTERS: Final = 40_000


class ProposalState(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"

    @property
    def verb(self) -> str:
        """As the audit log has it."""
        return {"open": "make", "accepted": "accept", "declined": "decline"}[self.value]

    @property
    def label(self) -> str:
        """As a page says it."""
        return {
            "open": "waits for the originator",
            "accepted": "taken up: a correction is being worked on",
            "declined": "not taken up",
        }[self.value]


def proposal_problems(text: str, claim: Mapping[str, Any] | None) -> list[Problem]:
    """Why this cannot be proposed; empty when it can. A claim without a source is none (C-01)."""
    if not text.strip() or len(text) > TEXT_CHARACTERS:
        return [
            Problem(
                "text",
                "length",
                f"Say what is wrong and how you know, in up to {TEXT_CHARACTERS} characters.",
            )
        ]
    problems = [*_personal("text", text), *national_marking_problems({"text": text})]
    if claim:
        problems += _claim_problems(claim)
    return problems


def _claim_problems(claim: Mapping[str, Any]) -> list[Problem]:
    if len(json.dumps(claim, default=str)) > CLAIM_CHARACTERS:
        return [Problem("claim", "length", "The claim is longer than a proposal can carry.")]
    try:
        Claim.model_validate(dict(claim))
    except ValidationError as wrong:
        return [
            Problem(".".join(("claim", *map(str, item["loc"]))), item["type"], _said(item["type"]))
            for item in wrong.errors(include_url=False, include_input=False)
        ]
    words = {f"claim.{one.field}": one.text for one in texts(Claim, claim)}
    return [
        *(problem for field, text in words.items() for problem in _personal(field, text)),
        *national_marking_problems(words),
    ]


def _said(code: str) -> str:
    return "This is needed." if code == "missing" else "This is not in the expected form."


def _personal(field: str, text: str) -> list[Problem]:
    found = [text[start:end] for _, start, end in find(text)]
    said = "Name organizations and conduct, never persons: “{words}”."
    return [Problem(field, "personal-data", said.format(words=words[:60])) for words in found]
