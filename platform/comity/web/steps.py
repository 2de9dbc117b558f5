"""The steps of the editorial life that are one short form each: what is asked, and which verb it calls.

Data for `web.actions`. Reason codes come from `policies/governance/reason_codes.yaml`; who may take a step is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from comity.services import (
    correct,
    discard,
    end_handling,
    hold,
    lift,
    reply,
    restrict,
    submit,
    triage,
    waive_again,
    withdraw,
)
from comity.services.publish import advance
from comity.services.unit import Unit
from comity.web.appeal_steps import APPEAL_STEPS
from comity.web.conflict_steps import CONFLICT_STEPS
from comity.web.forms import Field
from comity.web.recall_fields import hours_of, recall_fields
from comity.web.sharing_steps import SHARING
from comity.web.step import YES_NO, Answers, Step, nothing, reason, words


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
            "redacted",
            "Why something was taken out",
            "choice",
            "Only if something was.",
            required=False,
            options=tuple((code, triage.reasons_for("redact")[code]) for code in reply.REDACTIONS),
        ),
        Field(
            "note",
            "What was taken out",
            hint="Shown beside the reply. Do not repeat it.",
            required=False,
            max_length=400,
        ),
    ]


def _reply(unit: Unit, ref: str, given: Answers) -> Any:
    if not given.one("words"):
        return reply.decline(unit, ref=ref, entity_id=given.one("entity"))
    return reply.receive(
        unit,
        ref=ref,
        entity_id=given.one("entity"),
        words=given.one("words"),
        redaction=reply.redacted(given.one("redacted"), given.one("note")),
    )


def _waive(unit: Unit, ref: str, given: Answers) -> Any:
    record = reply.waive(unit, ref=ref, reason_code=given.one("reason_code"), text=given.one("text"))
    return advance(unit, record)


STEPS: Final = (
    Step(
        "take-back",
        "take-back",
        lambda unit, ref, _: submit.take_back(unit, ref=ref),
        nothing,
        to="edit",
    ),
    Step(
        "discard",
        "discard",
        lambda unit, ref, _: discard.discard(unit, ref=ref),
        nothing,
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
        lambda _u, _r: [words("Why the exception is necessary")],
    ),
    Step(
        "correct",
        "correct",
        lambda unit, ref, _: correct.begin(unit, ref=ref),
        nothing,
        to="edit",
    ),
    Step(
        "still-true",
        "still-true",
        lambda unit, ref, given: correct.confirm_still_true(
            unit, ref=ref, review_due=given.day("review_due")
        ),
        lambda _u, _r: [Field("review_due", "Next review", "date", "Before it expires.")],
        to="",
    ),
    Step(
        "give-up",
        "give-up",
        lambda unit, ref, _: correct.keep_version_in_force(unit, ref=ref),
        nothing,
        tone="danger",
        to="",
    ),
    Step(
        "handling",
        "handling",
        lambda unit, ref, given: end_handling.keep(unit, ref=ref, text=given.one("text")),
        lambda _u, _r: [words("Why it stays as it is")],
    ),
    Step(
        "waive",
        "waive",
        _waive,
        lambda _u, _r: [reason("waiver"), words()],
        tone="danger",
    ),
    Step(
        "waive/council",
        "waive/council",
        lambda unit, ref, given: waive_again.vote(
            unit, ref=ref, reason_code=given.one("reason_code"), text=given.one("text"), agrees=given.agrees()
        ),
        lambda _u, _r: [
            Field("agrees", "May notice wait longer?", "choice", options=YES_NO),
            reason("waiver"),
            words(),
        ],
        to="",
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
            action=given.one("action"),
            hours=hours_of(given),
        ),
        lambda unit, ref: [
            reason("withdraw", without=("appeal_upheld", "council_decision")),
            words("In words that readers see"),
            Field(
                "replacement",
                "What takes its place",
                hint="Reference of another record, if there is one.",
                required=False,
                max_length=80,
            ),
            *recall_fields(unit, ref),
        ],
        tone="danger",
        to="",
    ),
    Step(
        "withdraw/acknowledge",
        "withdraw/acknowledge",
        lambda unit, ref, _: withdraw.acknowledge(unit, ref=ref),
        nothing,
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
            reason("withdraw", without=("originator_request",)),
            words(),
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
            reason("hold"),
            words(),
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
    *APPEAL_STEPS,
    *CONFLICT_STEPS,
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
        lambda unit, ref, given: restrict.restrict(
            unit,
            ref=ref,
            reason_code=given.one("reason_code"),
            text=given.one("text"),
            order=given.one("order"),
            tombstone_forbidden=given.ticked("tombstone_forbidden"),
        ),
        lambda _u, _r: [
            reason("restrict"),
            Field("order", "Reference of the order", max_length=200),
            words(),
            Field("tombstone_forbidden", "The order forbids a tombstone", "check", required=False),
        ],
        tone="danger",
        to="/work",
    ),
    Step(
        "restrict/confirm",
        "restrict/confirm",
        lambda unit, ref, given: restrict.confirm(unit, ref=ref, order=given.one("order")),
        lambda _u, _r: [
            Field("order", "Reference of the order", hint="As the order itself says it.", max_length=200)
        ],
        to="/work",
    ),
    Step(
        "restrict/lift",
        "restrict/lift",
        lambda unit, ref, given: restrict.lift_restriction(unit, ref=ref, text=given.one("text")),
        lambda _u, _r: [words("How the order ended")],
        to="/work",
    ),
    *SHARING,
)
"""In the order in which a page draws them. `to`: where one goes afterwards under the record, or an address of its own."""

BY_PATH: Final[Mapping[str, Step]] = {step.path: step for step in STEPS}


def page_of(path: str) -> str:
    """`hold/agree` -> `hold`: the steps of one matter stand on one page."""
    return path.partition("/")[0]
