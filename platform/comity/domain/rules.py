"""The algebra in which policy is written, and its reading in Python.

A rule speaks only of an item's facts; the viewer's attributes are constants inside it. Positive only: no NOT, no NULL, no string
matching, so that every engine gives the same answer. The reading in SQL is `storage.audiences.to_sql`; neither holds policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, assert_never

Fact = frozenset[str] | int
Facts = Mapping[str, Fact]


@dataclass(frozen=True)
class Overlaps:
    """The item's set-valued `field` shares at least one value with `values`. Empty `values` is never true."""

    field: str
    values: frozenset[str]
    why: str = ""


@dataclass(frozen=True)
class AtMost:
    """The item's integer `field` is not greater than `limit`."""

    field: str
    limit: int
    why: str = ""


@dataclass(frozen=True)
class All:
    """Every rule holds; `All(())` is always true."""

    rules: tuple[Rule, ...]
    why: str = ""


@dataclass(frozen=True)
class Any:
    """At least one rule holds; `Any(())` is never true."""

    rules: tuple[Rule, ...]
    why: str = ""


Rule = Overlaps | AtMost | All | Any

EVERYTHING: Final = All(())
NOTHING: Final = Any(())


def _set(facts: Facts, field: str) -> frozenset[str]:
    fact = facts[field]
    if isinstance(fact, int):
        raise TypeError(f"{field} is a number, not a set")
    return fact


def _number(facts: Facts, field: str) -> int:
    fact = facts[field]
    if not isinstance(fact, int):
        raise TypeError(f"{field} is a set, not a number")
    return fact


def allows(rule: Rule, facts: Facts) -> bool:
    """Does the rule hold for an item with these facts? A missing fact raises `KeyError`: every fact is required."""
    match rule:
        case Overlaps(field, values):
            return not values.isdisjoint(_set(facts, field))
        case AtMost(field, limit):
            return _number(facts, field) <= limit
        case All(rules):
            return all(allows(part, facts) for part in rules)
        case Any(rules):
            return any(allows(part, facts) for part in rules)
        case _:
            assert_never(rule)


def explain(rule: Rule, facts: Facts) -> list[str]:
    """The named reasons that made `rule` hold, outermost first; empty when it does not hold."""
    if not allows(rule, facts):
        return []
    named = [rule.why] if rule.why else []
    match rule:
        case Overlaps() | AtMost():
            return named
        case All(rules):
            return named + [why for part in rules for why in explain(part, facts)]
        case Any(rules):
            held = next(part for part in rules if allows(part, facts))
            return named + explain(held, facts)
        case _:
            assert_never(rule)


def lacking(
    rule: Rule, facts: Facts, weight: Callable[[Overlaps | AtMost], int] = lambda _: 1
) -> list[Overlaps | AtMost]:
    """What keeps `rule` from holding, on the way that comes nearest, where the sum of the `weight` of what is missing is least.

    Empty when it holds, or when no way is open at all.
    """
    match rule:
        case Overlaps() | AtMost():
            return [] if allows(rule, facts) else [rule]
        case All(rules):
            return [leaf for part in rules for leaf in lacking(part, facts, weight)]
        case Any(rules):
            if allows(rule, facts):
                return []
            ways = (lacking(part, facts, weight) for part in rules if possible(part))
            return min(ways, key=lambda way: sum(map(weight, way)), default=[])
        case _:
            assert_never(rule)


def possible(rule: Rule) -> bool:
    """Can the rule hold for any item at all? `Any(())` and `Overlaps` with no values cannot."""
    match rule:
        case Overlaps(_, values):
            return bool(values)
        case AtMost():
            return True
        case All(rules):
            return all(possible(part) for part in rules)
        case Any(rules):
            return any(possible(part) for part in rules)
        case _:
            assert_never(rule)
