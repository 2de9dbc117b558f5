"""The steps of sharing as short forms: release to an ally, ask and answer for onward use, propose and decide, tear off a line.

Data for `web.actions`, as `web.steps`. Who may take a step is decided in `services.offer_sharing` and again by each verb.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from comity.domain.claim import Claim
from comity.domain.errors import Invalid, Problem
from comity.domain.fields.shape import shape_at
from comity.domain.onward import ANSWERS, PASSAGE_CHARACTERS, PURPOSES
from comity.domain.peer import Purpose
from comity.domain.proposal import TEXT_CHARACTERS
from comity.services import list_releases, onward, propose, release, stand_by, tear, weigh_release
from comity.services.unit import Unit
from comity.web.forms import Field
from comity.web.sharing_words import claim_words, recipient_choices, recipient_name
from comity.web.step import Answers, Step

SEPARATOR: Final = "/"


def _why(label: str = "Why", hint: str = "Whoever asked reads it.", *, required: bool = True) -> Field:
    return Field("text", label, "prose", hint, required=required, max_length=600)


# ---------------------------------------------------------------- releases


def _ask_release(unit: Unit, _ref: str) -> Sequence[Field]:
    options = tuple(
        (f"{peer.node_id}{SEPARATOR}{one['id']}", f"{one.get('name') or one['id']} ({peer.name})")
        for peer in list_releases.peers_to_ask(unit)
        for one in peer.organizations
    )
    purposes = tuple((one.value, one.sentence) for one in Purpose)
    return [
        Field("organizations", "For whom", "choices", "Organizations of one allied node.", options=options),
        Field("purpose", "What for", "choice", options=purposes),
        Field(
            "conditions",
            "Conditions",
            "prose",
            "What the readers there are asked to keep to.",
            required=False,
            max_length=release.CONDITIONS_CHARACTERS,
        ),
    ]


def _release(unit: Unit, ref: str, given: Answers) -> Any:
    chosen = [one.partition(SEPARATOR) for one in given.many("organizations")]
    nodes = {node for node, _, _ in chosen}
    if len(nodes) != 1:
        said = "Choose organizations of one node; another node needs a decision of its own."
        raise Invalid([Problem("organizations", "choice", said)])
    return release.ask(
        unit,
        ref=ref,
        node=nodes.pop(),
        organizations=[name for _, _, name in chosen],
        purpose=given.one("purpose"),
        conditions=given.one("conditions"),
    )


def _decisions(*states: str) -> Any:
    def ask(unit: Unit, ref: str) -> Sequence[Field]:
        lines = [one for one in list_releases.waiting_of(unit, ref) if one.decision.state in states]
        options = tuple((str(one.decision.id), _decision(one)) for one in lines)
        which = Field("decision", "Which release", "choice", options=options)
        if states == (list_releases.ASKED,):
            return [which]
        if states == (list_releases.AGREED,):
            return [which, *_foreseen(unit, lines)]
        return [which, _why()]

    return ask


def _decision(line: list_releases.Line) -> str:
    names = ", ".join(line.organizations)
    conditions = f" Conditions: {line.decision.conditions}" if line.decision.conditions else ""
    purpose = Purpose(line.decision.purpose).sentence
    return f"Version {line.version} to {names} ({line.node}). {purpose}{conditions}"


def _foreseen(unit: Unit, lines: Sequence[list_releases.Line]) -> Sequence[Field]:
    """What the release check says before the officer presses anything; a tick confirms that it was read."""
    said = [
        f"Version {line.version} to {line.node}: {' '.join(found)}"
        for line in lines
        if (found := weigh_release.foresee(unit, decision_id=line.decision.id))
    ]
    hint = (
        " ".join(said)
        or "The release check has no objection now. It is asked again when you press the button."
    )
    return [Field("seen", "I have read what the release check says", "check", hint)]


def _execute(unit: Unit, _ref: str, given: Answers) -> Any:
    if not given.ticked("seen"):
        raise Invalid([Problem("seen", "missing", "Read what the release check says first.")])
    return release.execute(unit, decision_id=given.whole("decision"))


# ---------------------------------------------------------------- onward use


def _ask_onward(unit: Unit, ref: str) -> Sequence[Field]:
    return [
        Field("recipient", "Who would get it", "choice", options=recipient_choices(unit, ref)),
        Field("purpose", "What for", "choice", options=tuple(PURPOSES.items())),
        Field(
            "passage",
            "What would go on",
            "prose",
            "The passage or the summary in your words. Leave it empty for the whole record.",
            required=False,
            max_length=PASSAGE_CHARACTERS,
        ),
    ]


def _answer_onward(unit: Unit, ref: str) -> Sequence[Field]:
    lines = onward.waiting_of(unit, ref)
    options = tuple((one.request.id, _request(unit, one)) for one in lines)
    torn = tuple((one.ref, one.ref) for one in tear.published_tear_lines(unit, ref))
    fields = [
        Field("request", "Which request", "choice", options=options),
        Field(
            "answer",
            "Your answer",
            "choice",
            options=tuple((one.value, said) for one, said in ANSWERS.items()),
        ),
        Field(
            "text",
            "Words",
            "prose",
            "Why not, or the words that may go on. They are shown to whoever asked.",
            required=False,
            max_length=PASSAGE_CHARACTERS,
        ),
    ]
    if torn:
        fields.append(Field("tear_line", "Its tear-line", "choice", options=torn, required=False))
    return fields


def _request(unit: Unit, line: onward.Line) -> str:
    what = f"“{line.request.passage[:300]}”" if line.request.passage else "the whole record"
    to = recipient_name(unit, line.request.recipient)
    return f"{line.who} asks to pass {what} on to {to}. {PURPOSES.get(line.request.purpose, '')}"


# ---------------------------------------------------------------- proposed corrections


def _choices_of(path: str) -> tuple[tuple[str, str], ...]:
    shape = shape_at(Claim, path)
    return tuple(shape.options) if shape else ()


_OF_A_CLAIM: Final = (
    ("level", "Kind of part", "unit_scope.level"),
    ("type", "Type of source", "sources.0.type"),
    ("weight", "Weight", "weight"),
    ("confidence", "Confidence", "confidence"),
)
_FIELD_OF: Final = {
    "claim.text": "claim",
    "claim.unit_scope.level": "level",
    "claim.unit_scope.unit": "unit",
    "claim.sources": "title",
    "claim.weight": "weight",
    "claim.confidence": "confidence",
    **{f"claim.sources.0.{name}": name for name in ("title", "publisher", "type", "url")},
}


def _ask_proposal(_unit: Unit, _ref: str) -> Sequence[Field]:
    fact = "One fact, neutrally put. Then say below what it is about and where it can be looked up."
    said = "Name organizations and conduct, never persons."
    return [
        Field("text", "What is wrong, and how you know", "prose", said, max_length=TEXT_CHARACTERS),
        Field("claim", "The fact as it should stand", "prose", fact, required=False, max_length=2000),
        Field("unit", "Part of the organization it is about", required=False, max_length=300),
        Field("title", "Title of the source", required=False, max_length=300),
        Field("publisher", "Publisher", required=False, max_length=300),
        Field("url", "Web address", required=False, max_length=1000),
        *(
            Field(name, label, "choice", required=False, options=_choices_of(path))
            for name, label, path in _OF_A_CLAIM
        ),
    ]


def _propose(unit: Unit, ref: str, given: Answers) -> Any:
    try:
        return propose.propose(unit, ref=ref, text=given.one("text"), claim=_claim(unit, given))
    except Invalid as wrong:
        raise Invalid(
            [Problem(_FIELD_OF.get(one.field, one.field), one.code, one.message) for one in wrong.problems]
        ) from None


def _claim(unit: Unit, given: Answers) -> dict[str, Any] | None:
    if not given.one("claim"):
        return None
    today = unit.now.date()
    scope = {name: given.one(name) for name in ("level", "unit") if given.one(name)}
    source = {name: given.one(name) for name in ("title", "publisher", "type", "url") if given.one(name)}
    chosen = {name: given.one(name) for name in ("weight", "confidence") if given.one(name)}
    return {
        "text": given.one("claim"),
        "unit_scope": scope,
        "sources": [source] if source else [],
        **chosen,
        "last_checked": today.isoformat(),
        "expires_at": (today + timedelta(days=360)).isoformat(),
    }


def _open_proposals(*, why: bool) -> Any:
    def ask(unit: Unit, ref: str) -> Sequence[Field]:
        options = tuple(
            (one.proposal.id, f"{one.who}: {one.proposal.text[:400]}{claim_words(one.proposal.claim)}")
            for one in propose.waiting_of(unit, ref)
        )
        which = Field("proposal", "Which proposal", "choice", options=options)
        return [which, _why() if why else _why("A word to whoever proposed it", "", required=False)]

    return ask


# ---------------------------------------------------------------- tear-lines


def _ask_tear(unit: Unit, ref: str) -> Sequence[Field]:
    markings = tuple((one.value, one.label) for one in tear.markings(unit, ref))
    pieces = tuple((one.path, f"{one.label}: {one.text}") for one in tear.choices(unit, ref))
    return [
        Field("tlp", "Its marking", "choice", options=markings),
        Field(
            "passages",
            "What is torn off",
            "choices",
            "You can edit all of it before you hand it in.",
            options=pieces,
        ),
    ]


def _tear(unit: Unit, ref: str, given: Answers) -> Any:
    return tear.tear(unit, ref=ref, tlp=given.one("tlp"), chosen=given.many("passages"))


SHARING: Final = (
    Step("release", "release", _release, _ask_release, needs="organizations", to=""),
    Step(
        "release/agree",
        "release/agree",
        lambda unit, _ref, given: release.agree(unit, decision_id=given.whole("decision")),
        _decisions(list_releases.ASKED),
        needs="decision",
        to="",
    ),
    Step(
        "release/execute",
        "release/execute",
        _execute,
        _decisions(list_releases.AGREED),
        needs="decision",
        to="",
    ),
    Step(
        "release/refuse",
        "release/refuse",
        lambda unit, _ref, given: release.refuse(
            unit, decision_id=given.whole("decision"), text=given.one("text")
        ),
        _decisions(list_releases.ASKED, list_releases.AGREED),
        tone="danger",
        needs="decision",
        to="",
    ),
    Step(
        "onward",
        "onward",
        lambda unit, ref, given: onward.ask(
            unit,
            ref=ref,
            recipient=given.one("recipient"),
            purpose=given.one("purpose"),
            passage=given.one("passage"),
        ),
        _ask_onward,
        to="",
    ),
    Step(
        "onward/answer",
        "onward/answer",
        lambda unit, _ref, given: onward.answer(
            unit,
            request_id=given.one("request"),
            answer=given.one("answer"),
            text=given.one("text"),
            tear_line=given.one("tear_line"),
        ),
        _answer_onward,
        needs="request",
        to="",
    ),
    Step("proposal", "proposal", _propose, _ask_proposal, to=""),
    Step(
        "proposal/accept",
        "proposal/accept",
        lambda unit, _ref, given: propose.accept(
            unit, proposal_id=given.one("proposal"), text=given.one("text")
        ),
        _open_proposals(why=False),
        needs="proposal",
        to="edit",
    ),
    Step(
        "proposal/decline",
        "proposal/decline",
        lambda unit, _ref, given: propose.decline(
            unit, proposal_id=given.one("proposal"), text=given.one("text")
        ),
        _open_proposals(why=True),
        tone="danger",
        needs="proposal",
        to="",
    ),
    Step("tear-line", "tear-line", _tear, _ask_tear, needs="passages", to="new"),
    Step(
        "inputs",
        "inputs",
        lambda unit, ref, given: stand_by.stand_by(unit, ref=ref, text=given.one("text")),
        lambda _u, _r: [_why("Why it stands without what it rested on", "It is kept with the record.")],
        to="",
    ),
)
"""As `web.steps.STEPS`."""
