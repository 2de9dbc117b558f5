"""The editorial life: every row, every refusal, and that no path reaches publication without a quorum."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.domain.lifecycle import (
    Actor,
    Facts,
    Overlay,
    State,
    TransitionRefused,
    Verb,
    next_states,
    obstacles,
    step,
    transition,
    verbs_for,
)
from comity.domain.lifecycle_facts import GUARDS
from comity.domain.lifecycle_table import HOLDABLE, RESTRICTABLE, TABLE, Back, Transition

FLAGS = [field.name for field in fields(Facts) if field.type == "bool"]
ROWS = pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.verb}-{row.by[0]}-{row.sources[0]}")


def everything_true(by: Actor, **but: object) -> Facts:
    true = dict.fromkeys(FLAGS, True)
    facts = Facts(by=by, reason_code="duplicate", reason_text="See the other record.", **true)  # type: ignore[arg-type]
    return replace(facts, held_from=State.IN_REVIEW, restricted_from=State.DRAFT, **but)  # type: ignore[arg-type]


def test_every_guard_is_a_fact_with_a_sentence_and_every_fact_is_asked_for() -> None:
    asked = {name for row in TABLE for name in row.guards}
    assert asked <= GUARDS.keys()
    assert set(FLAGS) | {"reason_given"} == GUARDS.keys()
    assert GUARDS.keys() - asked == set()


@ROWS
def test_a_row_leads_to_its_target_when_all_holds(row: Transition) -> None:
    for source, actor in product(row.sources, row.by):
        reached = transition(source, row.verb, everything_true(actor))
        expected = {Back.TO_HELD_FROM: State.IN_REVIEW, Back.TO_RESTRICTED_FROM: State.DRAFT}
        assert reached == (expected[row.target] if isinstance(row.target, Back) else row.target)


@ROWS
def test_a_row_refuses_everybody_else(row: Transition) -> None:
    for source in row.sources:
        allowed = {
            actor
            for other in TABLE
            if other.verb is row.verb and source in other.sources
            for actor in other.by
        }
        for actor in set(Actor) - allowed:
            with pytest.raises(TransitionRefused) as refused:
                transition(source, row.verb, everything_true(actor))
            assert refused.value.reason_code == "not-by-you"


@ROWS
def test_each_guard_of_a_row_stops_it_alone(row: Transition) -> None:
    for source, actor, guard in product(row.sources, row.by, row.guards):
        missing = {"reason_text": " "} if guard == "reason_given" else {guard: False}
        facts = everything_true(actor, **missing)
        twin = any(
            other is not row and other.verb is row.verb and source in other.sources and actor in other.by
            for other in TABLE
        )
        if not twin:
            with pytest.raises(TransitionRefused) as refused:
                transition(source, row.verb, facts)
            assert refused.value.reason_code == guard.replace("_", "-")
            assert GUARDS[guard] in refused.value.sentence


def test_what_is_not_in_the_table_is_refused() -> None:
    listed = {(source, row.verb) for row in TABLE for source in row.sources}
    for state, verb, actor in product(State, Verb, Actor):
        if (state, verb) not in listed:
            assert obstacles(state, verb, everything_true(actor))[0].code == "no-such-step"


def test_forgotten_facts_stop_every_guarded_step() -> None:
    for row in TABLE:
        if row.guards:
            assert obstacles(row.sources[0], row.verb, Facts(by=row.by[0]))


def test_only_the_system_publishes_and_asks_for_the_quorum_twice() -> None:
    into = [row for row in TABLE if row.target is State.PUBLISHED and State.PUBLISHED not in row.sources]
    assert {row.verb for row in into} == {Verb.PUBLISH, Verb.KEEP_VERSION_IN_FORCE}
    publish = next(row for row in into if row.verb is Verb.PUBLISH)
    assert publish.by == (Actor.SYSTEM,)
    assert "quorum_met" in publish.guards
    approve = next(row for row in TABLE if row.target is State.APPROVED)
    assert approve.by == (Actor.SYSTEM,)
    assert "quorum_met" in approve.guards


MOVES = st.lists(
    st.tuples(st.sampled_from(Verb), st.sampled_from(Actor), st.sets(st.sampled_from(FLAGS)), st.booleans()),
    max_size=60,
)


def _honest(
    state: State, history: dict[str, State | bool | None], flags: set[str], quorum: bool, by: Actor
) -> Facts:
    """Facts as a truthful caller gives them: the record's own past is not open to choice, all else is."""
    chosen = dict.fromkeys(FLAGS, True) | dict.fromkeys(flags, False)
    chosen |= {
        "quorum_met": quorum,
        "version_in_force": bool(history["published"]),
        "nothing_in_force": not history["published"],
    }
    facts = Facts(by=by, reason_code="error", reason_text="Words.", **chosen)  # type: ignore[arg-type]
    return replace(facts, held_from=history["held"], restricted_from=history["restricted"])  # type: ignore[arg-type]


@given(MOVES)
def test_no_path_from_draft_to_published_avoids_the_quorum(
    moves: list[tuple[Verb, Actor, set[str], bool]],
) -> None:
    state = State.DRAFT
    history: dict[str, State | bool | None] = {"published": False, "held": None, "restricted": None}
    ever_met = False
    for verb, actor, flags, quorum in moves:
        facts = _honest(state, history, flags, quorum, actor)
        if obstacles(state, verb, facts):
            continue
        before, state = state, transition(state, verb, facts)
        ever_met = ever_met or quorum
        if state is State.HELD and before is not State.LEGALLY_RESTRICTED:
            history["held"] = before
        if state is State.LEGALLY_RESTRICTED:
            history["restricted"] = before
        if state is State.PUBLISHED:
            assert ever_met
            assert history["published"] or (verb is Verb.PUBLISH and quorum)
            history["published"] = True


Place = tuple[State, State | None, State | None]
"""A state, where the last hold began, and where the last order came."""


def _walk(avoid: tuple[str, ...]) -> set[State]:
    """All states reachable from draft when rows with any guard of `avoid` are shut; exhaustive, with honest returns."""
    seen: set[Place] = {(State.DRAFT, None, None)}
    waiting: list[Place] = list(seen)
    while waiting:
        place = waiting.pop()
        state, held, restricted = place
        for row in TABLE:
            if state not in row.sources or set(row.guards) & set(avoid):
                continue
            target = _arrival(row, held, restricted)
            if target is None:
                continue
            reached = (
                target,
                state if row.verb is Verb.HOLD else held,
                state if row.verb is Verb.RESTRICT else restricted,
            )
            if reached not in seen:
                seen.add(reached)
                waiting.append(reached)
    return {state for state, _, _ in seen}


def _arrival(row: Transition, held: State | None, restricted: State | None) -> State | None:
    match row.target:
        case Back.TO_HELD_FROM:
            return held
        case Back.TO_RESTRICTED_FROM:
            return restricted
        case _:
            return row.target


def test_exhaustively_without_a_quorum_nothing_is_ever_published() -> None:
    assert State.PUBLISHED in _walk(avoid=())
    without = _walk(avoid=("quorum_met", "version_in_force"))
    assert without.isdisjoint(
        {State.PUBLISHED, State.APPROVED, State.SUPERSEDED, State.EXPIRED, State.WITHDRAWN}
    )


@pytest.mark.parametrize("origin", HOLDABLE)
def test_a_hold_resumes_by_itself_to_where_it_was(origin: State) -> None:
    assert transition(origin, Verb.HOLD, everything_true(Actor.SYSTEM)) is State.HELD
    over = Facts(by=Actor.SYSTEM, hold_over=True, held_from=origin)
    assert transition(State.HELD, Verb.RESUME, over) is origin
    with pytest.raises(TransitionRefused, match="not ended"):
        transition(State.HELD, Verb.RESUME, replace(over, hold_over=False))


@pytest.mark.parametrize("origin", [None, State.DRAFT, State.HELD, State.ARCHIVED])
def test_a_hold_never_resumes_to_where_no_hold_can_begin(origin: State | None) -> None:
    with pytest.raises(TransitionRefused, match="not known"):
        transition(State.HELD, Verb.RESUME, Facts(by=Actor.SYSTEM, hold_over=True, held_from=origin))


def test_an_order_reaches_any_state_and_is_lifted_to_where_the_record_was() -> None:
    for state in RESTRICTABLE:
        assert (
            transition(state, Verb.RESTRICT, everything_true(Actor.LEGAL_ORDER)) is State.LEGALLY_RESTRICTED
        )
        ended = Facts(by=Actor.LEGAL_ORDER, order_ended=True, restricted_from=state)
        assert transition(State.LEGALLY_RESTRICTED, Verb.LIFT_RESTRICTION, ended) is state
    assert set(RESTRICTABLE) == set(State) - {State.LEGALLY_RESTRICTED, State.ARCHIVED}


@pytest.mark.parametrize(
    "actor", [Actor.EDITOR, Actor.REVIEWER, Actor.OMBUDSPERSON, Actor.SYSTEM, Actor.AUTHOR]
)
def test_only_originator_appeal_or_council_withdraws(actor: Actor) -> None:
    with pytest.raises(TransitionRefused):
        transition(State.PUBLISHED, Verb.WITHDRAW, everything_true(actor))


def test_a_correction_that_fails_leaves_the_version_in_force_up() -> None:
    kept = Facts(by=Actor.SYSTEM, version_in_force=True)
    assert transition(State.REJECTED, Verb.KEEP_VERSION_IN_FORCE, kept) is State.PUBLISHED
    with pytest.raises(TransitionRefused, match="No version"):
        transition(State.REJECTED, Verb.KEEP_VERSION_IN_FORCE, Facts(by=Actor.SYSTEM))
    with pytest.raises(TransitionRefused, match="still in force"):
        transition(State.REJECTED, Verb.ARCHIVE, Facts(by=Actor.SYSTEM, retention_over=True))


def test_a_record_under_correction_can_still_expire_and_be_withdrawn() -> None:
    assert (
        transition(
            State.IN_REVIEW, Verb.EXPIRE, Facts(by=Actor.SYSTEM, expiry_reached=True, version_in_force=True)
        )
        is State.EXPIRED
    )
    owner = Facts(
        by=Actor.ORIGINATOR, reason_code="error", reason_text="Wrong unit.", editor_acknowledged=True
    )
    assert (
        transition(State.IN_REVIEW, Verb.WITHDRAW, replace(owner, version_in_force=True)) is State.WITHDRAWN
    )
    with pytest.raises(TransitionRefused):
        transition(State.IN_REVIEW, Verb.WITHDRAW, owner)


def test_overlays_are_set_and_cleared_without_taking_the_record_down() -> None:
    opened = step(
        State.PUBLISHED, Verb.OPEN_DISPUTE, Facts(by=Actor.OMBUDSPERSON, appeal_passes_first_look=True)
    )
    assert (opened.state, opened.sets) == (State.PUBLISHED, Overlay.UNDER_DISPUTE)
    recount = step(State.PUBLISHED, Verb.OPEN_DISPUTE, Facts(by=Actor.SYSTEM, quorum_lost=True))
    assert recount.sets is Overlay.UNDER_DISPUTE
    closed = step(State.PUBLISHED, Verb.CLOSE_DISPUTE, everything_true(Actor.APPEAL_PANEL))
    assert (closed.state, closed.clears) == (State.PUBLISHED, Overlay.UNDER_DISPUTE)


def test_one_reviewer_cannot_return_or_reject_a_record() -> None:
    alone = Facts(by=Actor.REVIEWER, reason_code="missing_source", reason_text="Where from?")
    for verb in (Verb.REQUEST_CHANGES, Verb.REJECT):
        with pytest.raises(TransitionRefused, match="One voice"):
            transition(State.IN_REVIEW, verb, alone)


def test_the_end_states_are_ends() -> None:
    assert next_states(State.ARCHIVED) == frozenset()
    assert next_states(State.WITHDRAWN) == {State.ARCHIVED, State.LEGALLY_RESTRICTED}
    assert State.PUBLISHED not in next_states(State.DRAFT) | next_states(State.IN_REVIEW)
    assert State.PUBLISHED in next_states(State.APPROVED)


def test_buttons_offered_are_those_of_the_capacity() -> None:
    assert verbs_for(State.DRAFT, Actor.AUTHOR) == (Verb.SUBMIT, Verb.DISCARD)
    assert verbs_for(State.IN_REVIEW, Actor.REVIEWER) == (Verb.REQUEST_CHANGES, Verb.REJECT)
    assert Verb.PUBLISH not in {
        verb
        for state in State
        for actor in Actor
        if actor is not Actor.SYSTEM
        for verb in verbs_for(state, actor)
    }


def test_no_state_is_spoken_with_a_word_that_judges() -> None:
    sentences = [obstacles(state, Verb.CONFIRM_URGENT, Facts(by=Actor.EDITOR))[0].sentence for state in State]
    assert not any("approved" in sentence for sentence in sentences)
    assert len({state.label for state in State}) == len(State)
