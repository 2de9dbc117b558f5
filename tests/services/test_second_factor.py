"""Codes that work once, sessions that open nothing before one was given, and resets that no single person can misuse."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, SignInNeeded
from comity.services import invite, second_factor
from comity.services.second_factor import WRONG
from comity.services.sign_in import Refused, SignedIn
from tests.factories import NOW, person_id
from tests.place import PASSWORD, Place

pytestmark = pytest.mark.usefixtures("quick_hashes")
LATER = NOW + timedelta(seconds=30)


def test_a_password_alone_opens_nothing(place: Place) -> None:
    place.give_password("liaison")
    totp = place.give_second_factor("liaison")
    half = place.signed_in("liaison")
    assert half.awaiting_second_factor
    visit = place.resume(half.secret)
    assert visit is not None
    assert visit.viewer == place.world.viewer("public")
    whole = place.confirm(half.secret, totp.at(NOW))
    assert isinstance(whole, SignedIn)
    assert place.resume(half.secret) is None  # S30: the secret changes with what it opens
    visit = place.resume(whole.secret)
    assert visit is not None
    assert visit.viewer == place.world.viewer("liaison", second_factor=True)
    assert place.resume(place.signed_in("liaison").secret, now=NOW + timedelta(minutes=10)) is None


def test_a_code_works_once(place: Place) -> None:
    place.give_password("liaison")
    totp = place.give_second_factor("liaison")
    code, earlier = totp.at(NOW), totp.at(NOW - timedelta(seconds=30))
    assert isinstance(place.confirm(place.signed_in("liaison").secret, code), SignedIn)
    again = place.signed_in("liaison").secret
    assert place.confirm(again, code) == Refused(WRONG)
    assert place.confirm(again, code, now=LATER) == Refused(WRONG)  # still inside the accepted window
    assert place.confirm(again, earlier) == Refused(WRONG)  # nor an earlier one after a later
    assert isinstance(place.confirm(again, totp.at(LATER), now=LATER), SignedIn)


def test_a_code_works_once_though_sent_twice_at_the_same_moment(place: Place) -> None:
    place.give_password("liaison")
    code = place.give_second_factor("liaison").at(NOW)
    secrets = [place.signed_in("liaison").secret for _ in range(3)]
    answers: list[SignedIn | Refused] = []
    threads = [threading.Thread(target=lambda s=s: answers.append(place.confirm(s, code))) for s in secrets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1


@pytest.mark.parametrize(
    "code", [None, "", " ", 0, 123456, b"000000", [], "12345", "1234567", "１２３４５６", "abcdef"], ids=repr
)
def test_s19_what_cannot_be_a_code_is_refused(sqlite_place: Place, code: Any) -> None:
    sqlite_place.give_password("liaison", "editor")
    sqlite_place.give_second_factor("liaison")
    assert isinstance(sqlite_place.confirm(sqlite_place.signed_in("liaison").secret, code), Refused)
    assert isinstance(
        sqlite_place.confirm(sqlite_place.signed_in("editor").secret, code), Refused
    )  # has no secret at all
    assert isinstance(sqlite_place.confirm(code, "000000"), Refused)


def test_guessing_codes_has_to_wait(sqlite_place: Place) -> None:
    sqlite_place.give_password("liaison")
    totp = sqlite_place.give_second_factor("liaison")
    half = sqlite_place.signed_in("liaison").secret
    wrong = "000000" if totp.at(NOW) != "000000" else "111111"
    for _ in range(second_factor.FREE_CODES + 1):
        sqlite_place.confirm(half, wrong)
    held = sqlite_place.confirm(half, totp.at(NOW))
    assert isinstance(held, Refused)
    assert held.retry_after


def test_it_is_on_only_after_a_first_right_code(place: Place) -> None:
    place.give_password("liaison")
    other, here = place.signed_in("liaison"), place.signed_in("liaison")
    with place.unit("liaison") as unit:
        offer = second_factor.begin(unit)
    assert offer.svg.startswith("<svg")
    assert f"secret={offer.secret}" in offer.uri
    assert not place.signed_in("liaison").awaiting_second_factor
    totp = pyotp.TOTP(offer.secret)
    with place.unit("liaison") as unit, pytest.raises(Invalid):
        second_factor.enable(unit, code="", current=here.secret)
    with place.unit("liaison") as unit:
        renewed = second_factor.enable(unit, code=totp.at(NOW), current=here.secret)
    assert place.resume(here.secret) is None
    assert place.resume(other.secret) is None
    visit = place.resume(renewed.secret)
    assert visit is not None
    assert visit.viewer.second_factor
    with place.unit("liaison") as unit, pytest.raises(Conflict):
        second_factor.begin(unit)
    assert place.signed_in("liaison").awaiting_second_factor


def test_somebody_elses_session_does_not_turn_it_on(sqlite_place: Place) -> None:
    sqlite_place.give_password("researcher")
    theirs = sqlite_place.signed_in("researcher").secret
    with sqlite_place.unit("liaison") as unit:
        code = pyotp.TOTP(second_factor.begin(unit).secret).at(NOW)
    with sqlite_place.unit("liaison") as unit, pytest.raises(SignInNeeded):
        second_factor.enable(unit, code=code, current=theirs)


def test_turning_it_off_needs_password_and_code(sqlite_place: Place) -> None:
    sqlite_place.give_password("liaison")
    totp = sqlite_place.give_second_factor("liaison")
    for password, code in ((PASSWORD, ""), ("wrong", totp.at(NOW)), ("", totp.at(NOW))):
        with sqlite_place.unit("liaison") as unit, pytest.raises(Invalid):
            second_factor.remove(unit, password=password, code=code)
    with sqlite_place.unit("liaison") as unit:
        second_factor.remove(unit, password=PASSWORD, code=totp.at(NOW))
    assert not sqlite_place.signed_in("liaison").awaiting_second_factor


def test_no_one_person_resets_both_password_and_second_factor(sqlite_place: Place) -> None:
    sqlite_place.give_password("reviewer_firm")
    sqlite_place.give_second_factor("reviewer_firm")
    target = person_id("reviewer_firm")
    both = []
    for who in sqlite_place.world.people:
        done = 0
        for verb in (second_factor.reset, invite.renew):
            try:
                with sqlite_place.unit(who) as unit:
                    verb(unit, account_id=target)
                    done += 1  # it was allowed
                    unit.db.rollback()
            except (NotAllowed, NotFound):
                continue
        both.append(done)
    assert max(both) == 1
    assert sum(both) == 5  # one editor, four of council
    with sqlite_place.unit("editor") as unit:
        secret = invite.renew(unit, account_id=target).secret
    with sqlite_place.unit("public") as unit:
        invite.accept(unit, secret=secret, password="nine white swans sleep")
    assert sqlite_place.sign_in("reviewer_firm") == Refused()
    answer = sqlite_place.sign_in("reviewer_firm", "nine white swans sleep")
    assert isinstance(answer, SignedIn)
    assert answer.awaiting_second_factor
