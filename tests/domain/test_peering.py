"""What is missing before an ally is admitted, from the steps alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from comity import policies
from comity.domain.peering import Council, PeerStep, Profiles, in_groups, same_fingerprint, standing
from comity.domain.roles import Sector
from tests import allies
from tests.factories import NOW

G, A, I, C = Sector.GOVERNMENT, Sector.ACADEMIA, Sector.INDUSTRY, Sector.CIVIL_SOCIETY  # noqa: E741
PROFILES = Profiles(allies.legal_profile("NO"), allies.legal_profile("SE"))
FOUR = Council({"g": G, "a": A, "i": I, "c": C})


def step(what: str, by: str = "x", **details: Any) -> PeerStep:
    return PeerStep(what, by, NOW, details=details)


def offered(what: str = "proposed") -> PeerStep:
    return step(what, agreement=allies.AGREEMENT.model_dump(mode="json"))


def ready(*votes: str) -> list[PeerStep]:
    return [
        offered(),
        step("confirmed", fingerprint="ff"),
        step("reviewed", profiles=PROFILES.digest),
        step("acknowledged"),
        *(step("voted", by, agrees=True) for by in votes),
    ]


def missing(steps: list[PeerStep], *, council: Council = FOUR, fingerprint: str = "ff") -> tuple[str, ...]:
    rule = policies.quorum().actions.admit_peer_node
    return standing(
        steps, fingerprint=fingerprint, profiles=PROFILES, council=council, rule=rule, now=NOW
    ).missing


def test_everything_in_hand() -> None:
    assert missing(ready("g", "a", "c")) == ()
    assert missing(ready("g", "a")) != ()
    assert missing([*ready("g", "a", "c"), step("voted", "c", agrees=False)]) != ()


def test_a_seat_that_somebody_does_not_hold_any_more_does_not_speak() -> None:
    assert missing(ready("g", "a", "gone")) != ()
    assert missing(ready("g", "a", "c", "gone")) == ()


def test_empty_seats_make_no_decision_easier() -> None:
    crowded = Council({"a": A, "a2": A, "a3": A, "i": I, "c": C})
    assert crowded.seats == 12
    assert missing(ready("a", "i", "c"), council=crowded) != ()  # three of twelve
    assert Council({}).seats == 0
    assert missing(ready(), council=Council({})) != ()


def test_only_what_came_after_the_newest_offer_counts_except_the_key() -> None:
    assert len(missing([*ready("g", "a", "c"), offered("offered")])) > 2
    again = [*ready("g", "a", "c"), offered("offered"), *ready("g", "a", "c")[2:]]
    assert missing(again) == ()
    assert missing([*ready("g", "a", "c"), step("ended"), offered(), *ready("g", "a", "c")[2:]]) != ()
    assert missing([*ready("g", "a", "c"), step("admitted")]) == ("Nothing is before council.",)


def test_a_key_that_follows_by_signed_succession_is_confirmed_with_the_one_before_it() -> None:
    rotated = [*ready("g", "a", "c"), step("refreshed", fingerprint="ee", follows="ff")]
    assert missing(rotated, fingerprint="ee") == ()
    other = [*ready("g", "a", "c"), step("refreshed", fingerprint="ee")]
    assert missing(other, fingerprint="ee") != ()
    assert missing(ready("g", "a", "c"), fingerprint="ee") != ()


def test_a_fingerprint_is_compared_however_it_is_spaced() -> None:
    assert in_groups("ab12cd34ef") == "ab12 cd34 ef"
    assert same_fingerprint(" ab12 cd34\nef", "ab12cd34ef")
    assert same_fingerprint("ab:12:cd", "ab12cd")
    assert not same_fingerprint("ab12cd34", "ab12cd34ef")
    assert not same_fingerprint("", "")


def test_an_agreement_that_has_ended_meanwhile_cannot_come_into_force() -> None:
    over = allies.AGREEMENT.model_copy(update={"ends_on": (NOW - timedelta(days=1)).date()})
    steps = [step("proposed", agreement=over.model_dump(mode="json")), *ready("g", "a", "c")[1:]]
    assert any("end date" in text for text in missing(steps))
