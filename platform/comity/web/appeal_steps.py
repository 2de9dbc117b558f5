"""The steps of an appeal: the first look, the panel and the decision of each of its members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from comity.domain.errors import Invalid, Problem
from comity.services import appeal_again, decide, dispute
from comity.services.name_readers import to_accounts
from comity.services.read import find_record
from comity.services.unit import Unit
from comity.web.forms import Field
from comity.web.step import YES_NO, Answers, Step, reason, words


def _which(found: Sequence[dispute.StoredDispute]) -> Field:
    options = tuple((str(one.id), f"{one.raised_by}: {one.grounds[:200]}") for one in found)
    return Field("dispute", "Which appeal", "choice", options=options)


def _received(unit: Unit, ref: str) -> Sequence[Field]:
    found = [one for one in dispute.appeals(unit, ref=ref) if one.state == "received"]
    passes = Field("passes", "Does it pass the first look?", "choice", options=YES_NO)
    return [_which(found), passes, words("Why")]


def _to_be_decided(unit: Unit, ref: str) -> Sequence[Field]:
    found = [one for one in dispute.appeals(unit, ref=ref) if one.state == "open"]
    hint = "E-mail addresses of three people of three sectors who did not take part before, one a line."
    return [_which(found), Field("panel", "Panel", "lines", hint)]


def _before_me(unit: Unit, ref: str) -> Sequence[Field]:
    """Who raised it stays with the ombudsperson; the grounds are told in full, because the panel decides on them."""
    found = decide.before_me(unit, find_record(unit, ref))
    which = Field(
        "dispute", "Which appeal", "choice", options=tuple((str(one.id), one.grounds) for one in found)
    )
    return [which, reason("dispute_outcome"), words("Your reasons, in words that readers see")]


def _first_look(unit: Unit, ref: str, given: Answers) -> Any:
    if given.one("passes") not in ("yes", "no"):
        raise Invalid([Problem("passes", "missing", "Choose yes or no.")])
    passes = given.one("passes") == "yes"
    return dispute.first_look(
        unit, ref=ref, dispute_id=given.whole("dispute"), passes=passes, text=given.one("text")
    )


def _name_panel(unit: Unit, ref: str, given: Answers) -> Any:
    return decide.name_panel(
        unit,
        ref=ref,
        dispute_id=given.whole("dispute"),
        panel=to_accounts(unit, given.one("panel").split("\n")),
    )


def _decide(unit: Unit, ref: str, given: Answers) -> Any:
    return decide.enter(
        unit,
        ref=ref,
        dispute_id=given.whole("dispute"),
        outcome=given.one("reason_code"),
        text=given.one("text"),
    )


def _decided(unit: Unit, ref: str) -> Sequence[Field]:
    found = appeal_again.open_to_council(unit, find_record(unit, ref))
    options = tuple(
        (str(one.id), f"{one.outcome.replace('_', ' ').capitalize() or 'Refused'}: {one.outcome_text[:200]}")
        for one in found
    )
    grounds = Field(
        "grounds",
        "What is wrong with the decision",
        "prose",
        "Do not name private persons.",
        max_length=dispute.GROUNDS_CHARACTERS,
    )
    return [Field("dispute", "Which decision", "choice", options=options), grounds]


def _before_council(unit: Unit, ref: str) -> Sequence[Field]:
    record = find_record(unit, ref)
    options = tuple(
        (str(one.id), f"Until {one.due_at:%-d %B %Y}: {appeal_again.grounds_of(unit, record, one)}")
        for one in appeal_again.before_council(unit, record)
    )
    which = Field("dispute", "Which appeal", "choice", options=options)
    return [which, reason("dispute_outcome"), words("Your reasons, in words that readers see")]


APPEAL_STEPS: Final = (
    Step(
        "appeal",
        "appeal",
        lambda unit, ref, given: dispute.raise_appeal(
            unit,
            ref=ref,
            grounds=given.one("grounds"),
            claim_ids=[one.strip() for one in given.one("claims").split("\n") if one.strip()],
        ),
        lambda _u, _r: [
            Field(
                "grounds",
                "What is wrong",
                "prose",
                "Say what is wrong and how you know. Do not name private persons.",
                max_length=dispute.GROUNDS_CHARACTERS,
            ),
            Field(
                "claims", "Which claims", "lines", "Their numbers, such as c1, one a line.", required=False
            ),
        ],
        to="",
    ),
    Step(
        "appeals/first-look",
        "appeals",
        _first_look,
        _received,
        needs="dispute",
        to="appeals",
    ),
    Step(
        "appeals/panel",
        "appeals",
        _name_panel,
        _to_be_decided,
        needs="dispute",
        to="appeals",
    ),
    Step(
        "appeals/decide",
        "appeals/decide",
        _decide,
        _before_me,
        needs="dispute",
        to="",
    ),
    Step(
        "appeal/council",
        "appeal/council",
        lambda unit, ref, given: appeal_again.ask(
            unit, ref=ref, dispute_id=given.whole("dispute"), grounds=given.one("grounds")
        ),
        _decided,
        needs="dispute",
        to="",
    ),
    Step(
        "appeals/council",
        "appeals/council",
        lambda unit, ref, given: appeal_again.vote(
            unit,
            ref=ref,
            dispute_id=given.whole("dispute"),
            outcome=given.one("reason_code"),
            text=given.one("text"),
        ),
        _before_council,
        needs="dispute",
        to="",
    ),
)
"""In the order in which a page draws them."""
