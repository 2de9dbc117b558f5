"""The steps of the editorial life that are one short form each: what is asked, and which verb it calls.

Data for `web.actions`. Reason codes come from `policies/governance/reason_codes.yaml`; who may take a step is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from comity.domain.errors import Invalid, Problem
from comity.domain.governance import ReasonFor
from comity.services import correct, discard, dispute, hold, lift, reply, submit, triage, withdraw
from comity.services.name_readers import to_accounts
from comity.services.publish import advance
from comity.services.unit import Unit
from comity.web.forms import Field, Sent
from comity.web.handling_form import moment
from comity.web.step_words import WORDS, Words


class Answers:
    """The fields of one step among several forms on a page: each has the step's own prefix."""

    def __init__(self, sent: Sent, prefix: str) -> None:
        self._sent, self._prefix = sent, prefix

    def one(self, name: str) -> str:
        """As `Sent.one`."""
        return self._sent.one(f"{self._prefix}.{name}")

    def ticked(self, name: str) -> bool:
        """As `Sent.ticked`."""
        return self._sent.ticked(f"{self._prefix}.{name}")

    def agrees(self) -> bool:
        """A yes or a no; neither is a problem, never a guess."""
        if self.one("agrees") not in ("yes", "no"):
            raise Invalid([Problem("agrees", "missing", "Choose yes or no.")])
        return self.one("agrees") == "yes"

    def moment(self, name: str) -> datetime:
        """A moment in UTC."""
        try:
            at = moment(self.one(name))
        except ValueError:
            at = None
        if at is None:
            raise Invalid([Problem(name, "date", "Enter date and time (UTC), such as 2026-12-01T09:00.")])
        return at

    def whole(self, name: str) -> int:
        """The number of something chosen from a list."""
        if not self.one(name).isascii() or not self.one(name).isdigit() or len(self.one(name)) > 9:
            raise Invalid([Problem(name, "missing", "Choose one.")])
        return int(self.one(name))


Act = Callable[[Unit, str, Answers], Any]
Ask = Callable[[Unit, str], Sequence[Field]]


@dataclass(frozen=True)
class Step:
    """`path` is where it is sent to, `offer` its name in `services.offer`. Not drawn while its `needs` field has no options."""

    path: str
    offer: str
    act: Act
    ask: Ask
    tone: str = "primary"
    needs: str = ""
    to: str = "work"

    @property
    def words(self) -> Words:
        """What the page says about it."""
        return WORDS[self.path]


YES_NO: Final = (("yes", "Yes"), ("no", "No"))


def _reason(decision: ReasonFor, *, without: Sequence[str] = ()) -> Field:
    options = tuple(
        (code, label) for code, label in triage.reasons_for(decision).items() if code not in without
    )
    return Field("reason_code", "Reason", "choice", options=options)


def _words(label: str = "In words that the author can read", hint: str = "") -> Field:
    return Field("text", label, "prose", hint, max_length=2000)


def _nothing(_unit: Unit, _ref: str) -> Sequence[Field]:
    return ()


def _appeals(state: str) -> Ask:
    def ask(unit: Unit, ref: str) -> Sequence[Field]:
        found = [one for one in dispute.appeals(unit, ref=ref) if one.state == state]
        options = tuple((str(one.id), f"{one.raised_by}: {one.grounds[:200]}") for one in found)
        which = Field("dispute", "Which appeal", "choice", options=options)
        if state == "received":
            return [
                which,
                Field("passes", "Does it pass the first look?", "choice", options=YES_NO),
                _words("Why"),
            ]
        hint = "E-mail addresses of three people of three sectors who did not take part before, one a line."
        panel = Field("panel", "Panel", "lines", hint)
        return [which, _reason("dispute_outcome"), _words("Reasons of the panel"), panel]

    return ask


def _first_look(unit: Unit, ref: str, given: Answers) -> Any:
    if given.one("passes") not in ("yes", "no"):
        raise Invalid([Problem("passes", "missing", "Choose yes or no.")])
    passes = given.one("passes") == "yes"
    return dispute.first_look(
        unit, ref=ref, dispute_id=given.whole("dispute"), passes=passes, text=given.one("text")
    )


def _decide(unit: Unit, ref: str, given: Answers) -> Any:
    return dispute.decide(
        unit,
        ref=ref,
        dispute_id=given.whole("dispute"),
        outcome=given.one("reason_code"),
        text=given.one("text"),
        panel=to_accounts(unit, given.one("panel").split("\n")),
    )


def _slots(unit: Unit, ref: str) -> Sequence[Field]:
    options = tuple(
        (one.entity_id, f"{one.entity_name} ({one.state})") for one in reply.invited(unit, ref=ref)
    )
    return [
        Field("entity", "Organization", "choice", options=options),
        Field(
            "words",
            "Its own words",
            "prose",
            "Up to 1,000 words, unedited. Leave it empty if it will not reply.",
            required=False,
        ),
        Field(
            "note",
            "Note on what was taken out",
            hint="Only personal data or unlawful content, and say so.",
            required=False,
            max_length=400,
        ),
    ]


def _reply(unit: Unit, ref: str, given: Answers) -> Any:
    if not given.one("words"):
        return reply.decline(unit, ref=ref, entity_id=given.one("entity"))
    return reply.receive(
        unit, ref=ref, entity_id=given.one("entity"), words=given.one("words"), note=given.one("note")
    )


def _waive(unit: Unit, ref: str, given: Answers) -> Any:
    record = reply.waive(unit, ref=ref, reason_code=given.one("reason_code"), text=given.one("text"))
    return advance(unit, record)


STEPS: Final = (
    Step(
        "take-back",
        "take-back",
        lambda unit, ref, _: submit.take_back(unit, ref=ref),
        _nothing,
        to="edit",
    ),
    Step(
        "discard",
        "discard",
        lambda unit, ref, _: discard.discard(unit, ref=ref),
        _nothing,
        tone="danger",
        to="/work",
    ),
    Step(
        "exception",
        "exception",
        lambda unit, ref, given: lift.ask(unit, ref=ref, necessity=given.one("necessity")),
        lambda _u, _r: [Field("necessity", "Why it cannot do without", "prose", max_length=2000)],
    ),
    Step(
        "lift",
        "lift",
        lambda unit, ref, given: lift.lift(unit, ref=ref, text=given.one("text")),
        lambda _u, _r: [_words("Why the exception is necessary")],
    ),
    Step(
        "correct",
        "correct",
        lambda unit, ref, _: correct.begin(unit, ref=ref),
        _nothing,
        to="edit",
    ),
    Step(
        "give-up",
        "give-up",
        lambda unit, ref, _: correct.keep_version_in_force(unit, ref=ref),
        _nothing,
        tone="danger",
        to="",
    ),
    Step(
        "waive",
        "waive",
        _waive,
        lambda _u, _r: [_reason("waiver"), _words()],
        tone="danger",
    ),
    Step(
        "withdraw",
        "withdraw",
        lambda unit, ref, given: withdraw.ask(
            unit,
            ref=ref,
            reason_code=given.one("reason_code"),
            text=given.one("text"),
            replacement=given.one("replacement"),
        ),
        lambda _u, _r: [
            _reason("withdraw", without=("appeal_upheld", "council_decision")),
            _words("In words that readers see"),
            Field(
                "replacement",
                "What takes its place",
                hint="Reference of another record, if there is one.",
                required=False,
                max_length=80,
            ),
        ],
        tone="danger",
        to="",
    ),
    Step(
        "withdraw/acknowledge",
        "withdraw/acknowledge",
        lambda unit, ref, _: withdraw.acknowledge(unit, ref=ref),
        _nothing,
        tone="danger",
        to="",
    ),
    Step(
        "withdraw/council",
        "withdraw/council",
        lambda unit, ref, given: withdraw.council_vote(
            unit, ref=ref, reason_code=given.one("reason_code"), text=given.one("text"), agrees=given.agrees()
        ),
        lambda _u, _r: [
            Field("agrees", "Should it be withdrawn?", "choice", options=YES_NO),
            _reason("withdraw", without=("originator_request",)),
            _words(),
        ],
        tone="danger",
        to="",
    ),
    Step(
        "hold",
        "hold",
        lambda unit, ref, given: hold.ask(
            unit,
            ref=ref,
            reason_code=given.one("reason_code"),
            text=given.one("text"),
            ends_at=given.moment("ends_at"),
        ),
        lambda _u, _r: [
            _reason("hold"),
            _words(),
            Field("ends_at", "It ends on", "datetime", "At most 14 days from now."),
        ],
        to="",
    ),
    Step(
        "hold/agree",
        "hold/agree",
        lambda unit, ref, given: hold.agree(unit, ref=ref, agrees=given.agrees()),
        lambda _u, _r: [Field("agrees", "Should it be held?", "choice", options=YES_NO)],
        to="",
    ),
    Step(
        "hold/renew",
        "hold/renew",
        lambda unit, ref, given: hold.renew(
            unit, ref=ref, new_end=given.moment("new_end"), agrees=given.agrees()
        ),
        lambda _u, _r: [
            Field("agrees", "Should it be renewed?", "choice", options=YES_NO),
            Field("new_end", "New end", "datetime"),
        ],
        to="",
    ),
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
        _appeals("received"),
        needs="dispute",
        to="appeals",
    ),
    Step(
        "appeals/decide",
        "appeals",
        _decide,
        _appeals("open"),
        needs="dispute",
        to="appeals",
    ),
    Step(
        "reply",
        "reply",
        _reply,
        _slots,
        needs="entity",
        to="",
    ),
    Step(
        "restrict",
        "restrict",
        lambda unit, ref, given: withdraw.restrict(
            unit,
            ref=ref,
            reason_code=given.one("reason_code"),
            text=given.one("text"),
            order=given.one("order"),
            tombstone_forbidden=given.ticked("tombstone_forbidden"),
        ),
        lambda _u, _r: [
            _reason("restrict"),
            Field("order", "Reference of the order", max_length=200),
            _words(),
            Field("tombstone_forbidden", "The order forbids a tombstone", "check", required=False),
        ],
        tone="danger",
        to="/work",
    ),
    Step(
        "restrict/lift",
        "restrict/lift",
        lambda unit, ref, given: withdraw.lift_restriction(unit, ref=ref, text=given.one("text")),
        lambda _u, _r: [_words("How the order ended")],
        to="/work",
    ),
)
"""In the order in which a page draws them. `to`: where one goes afterwards under the record, or an address of its own."""

BY_PATH: Final[Mapping[str, Step]] = {step.path: step for step in STEPS}


def page_of(path: str) -> str:
    """`hold/agree` -> `hold`: the steps of one matter stand on one page."""
    return path.partition("/")[0]
