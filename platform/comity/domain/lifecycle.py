"""Takes the steps of the editorial life: one reader of the table, which answers with the next state or with every obstacle.

Refuses to know how a fact was established (quorum, hold and reply have modules of their own), what the clock says, or where
states are kept. Source: product 4.5.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain.errors import Conflict
from comity.domain.lifecycle_facts import GUARDS, Actor, Facts, Overlay, State, Verb
from comity.domain.lifecycle_table import HOLDABLE, RESTRICTABLE, TABLE, Back, Transition

__all__ = [
    "Actor",
    "Facts",
    "Overlay",
    "State",
    "Step",
    "TransitionRefused",
    "Unmet",
    "Verb",
    "next_states",
    "obstacles",
    "step",
    "transition",
    "verbs_for",
]


@dataclass(frozen=True)
class Unmet:
    """One thing that stands in the way of a step: a stable code and a sentence for a person."""

    code: str
    sentence: str


class TransitionRefused(Conflict):
    """The step cannot be taken now. `reason_code` is the first obstacle's; `unmet` holds all of them."""

    code = "transition-refused"

    def __init__(self, unmet: tuple[Unmet, ...]) -> None:
        self.unmet = unmet
        self.reason_code = unmet[0].code
        super().__init__(" ".join(obstacle.sentence for obstacle in unmet))


@dataclass(frozen=True)
class Step:
    """The outcome of a step that may be taken."""

    state: State
    sets: Overlay | None = None
    clears: Overlay | None = None


def next_states(state: State) -> frozenset[State]:
    """Every state that some step leads to from `state`; a return may lead to any state it can come from."""
    reached: set[State] = set()
    for row in TABLE:
        if state in row.sources:
            reached.update(_possible_targets(row.target))
    return frozenset(reached)


def _possible_targets(target: State | Back) -> tuple[State, ...]:
    match target:
        case Back.TO_HELD_FROM:
            return HOLDABLE
        case Back.TO_RESTRICTED_FROM:
            return RESTRICTABLE
        case _:
            return (target,)


def verbs_for(state: State, actor: Actor) -> tuple[Verb, ...]:
    """The steps that `actor` could take from `state` if every guard held: what a page may offer as buttons."""
    return tuple(dict.fromkeys(row.verb for row in TABLE if state in row.sources and actor in row.by))


def transition(state: State, verb: Verb, facts: Facts) -> State:
    """The state that follows. Raises `TransitionRefused` with every obstacle named."""
    return step(state, verb, facts).state


def step(state: State, verb: Verb, facts: Facts) -> Step:
    """As `transition`, with the overlay that the step sets or clears."""
    row, unmet = _row_or_obstacles(state, verb, facts)
    if row is None:
        raise TransitionRefused(unmet)
    return Step(_target(row, facts), row.sets, row.clears)


def obstacles(state: State, verb: Verb, facts: Facts) -> tuple[Unmet, ...]:
    """What stands in the way, for showing before anybody presses a button; empty when nothing does."""
    return _row_or_obstacles(state, verb, facts)[1]


def _row_or_obstacles(state: State, verb: Verb, facts: Facts) -> tuple[Transition | None, tuple[Unmet, ...]]:
    rows = [row for row in TABLE if row.verb is verb and state in row.sources]
    if not rows:
        return None, (Unmet("no-such-step", f"This cannot be done while the record is “{state.label}”."),)
    rows = [row for row in rows if facts.by in row.by]
    if not rows:
        return None, (Unmet("not-by-you", "This step is not taken by your role."),)
    unmet: tuple[Unmet, ...] = ()
    for row in rows:
        unmet = _unmet(row, facts)
        if not unmet:
            return row, ()
    return None, unmet


def _unmet(row: Transition, facts: Facts) -> tuple[Unmet, ...]:
    missing = [
        Unmet(name.replace("_", "-"), GUARDS[name]) for name in row.guards if getattr(facts, name) is not True
    ]
    if row.target is Back.TO_HELD_FROM and facts.held_from not in HOLDABLE:
        missing.append(Unmet("origin-unknown", "It is not known where the record was when the hold began."))
    if row.target is Back.TO_RESTRICTED_FROM and facts.restricted_from not in RESTRICTABLE:
        missing.append(Unmet("origin-unknown", "It is not known where the record was when the order came."))
    return tuple(missing)


def _target(row: Transition, facts: Facts) -> State:
    match row.target:
        case Back.TO_HELD_FROM:
            assert facts.held_from is not None  # _unmet refused otherwise
            return facts.held_from
        case Back.TO_RESTRICTED_FROM:
            assert facts.restricted_from is not None  # _unmet refused otherwise
            return facts.restricted_from
        case _:
            return row.target
