"""Signing in: one refusal for every cause, counted attempts, sessions that end, and secrets that are nowhere (S19, S30)."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pwdlib import PasswordHash

from comity.domain.account import AccountState
from comity.domain.errors import NotFound, SignInNeeded
from comity.services import sign_in, sign_out, suspend, verify_password
from comity.services.sign_in import REFUSAL, WAIT, Refused, SignedIn
from comity.storage import people
from tests.factories import NOW, person_id
from tests.place import PASSWORD, Place

pytestmark = pytest.mark.usefixtures("quick_hashes")
UNUSABLE: list[Any] = [None, "", b"", 0, False, [], {}, ["x"], "x" * 5000, "\ud800", "a\0b"]


def test_whoever_signs_in_is_who_they_are(place: Place) -> None:
    place.give_password("liaison")
    visit = place.resume(place.signed_in("liaison").secret)
    assert visit is not None
    assert visit.viewer == place.world.viewer("liaison", second_factor=False)
    assert visit.viewer.powers == place.world.viewer("liaison").powers
    assert not visit.awaiting_second_factor
    assert place.audited() == ["sign_in"]


def test_s30_no_secret_is_stored(place: Place) -> None:
    place.give_password("liaison")
    answer = place.signed_in("liaison")
    stored = place.everything_stored()
    assert person_id("liaison") in stored  # the search does look where it should
    assert answer.secret not in stored
    assert PASSWORD not in stored


@pytest.mark.parametrize("cause", ["wrong", "unknown", "no password", "suspended"])
def test_every_refusal_looks_and_costs_the_same(
    place: Place, cause: str, monkeypatch: pytest.MonkeyPatch, quick_hashes: PasswordHash
) -> None:
    place.give_password("liaison", "researcher")
    with place.unit("editor") as unit:
        suspend.suspend_account(unit, account_id=person_id("researcher"), reason="left the university")
    checked: list[str] = []

    class Counting(PasswordHash):
        def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002  the library's name
            checked.append(str(hash))
            return super().verify(password, hash)

    monkeypatch.setattr(verify_password, "_hasher", Counting(quick_hashes.hashers))
    with place.unit("public") as unit:
        email, password = {
            "wrong": (place.email("liaison"), "not the password"),
            "unknown": ("nobody@example.org", PASSWORD),
            "no password": (place.email("editor"), PASSWORD),
            "suspended": (place.email("researcher"), PASSWORD),
        }[cause]
        assert sign_in.sign_in(unit, email=email, password=password) == Refused(REFUSAL, 0)
    assert len(checked) == 1
    assert place.audited()[-1] == "sign_in.refused"


@pytest.mark.parametrize("value", UNUSABLE, ids=repr)
def test_s19_what_cannot_be_a_credential_is_refused(sqlite_place: Place, value: Any) -> None:
    sqlite_place.give_password("liaison")
    with sqlite_place.unit("public") as unit:
        assert isinstance(sign_in.sign_in(unit, email=value, password=PASSWORD), Refused)
        assert isinstance(sign_in.sign_in(unit, email=sqlite_place.email("liaison"), password=value), Refused)
        assert isinstance(sign_in.sign_in(unit, email=sqlite_place.email("editor"), password=value), Refused)
    assert sqlite_place.resume(value) is None


def test_the_mailbox_is_found_however_it_is_capitalized(place: Place) -> None:
    place.give_password("liaison")
    with place.unit("public") as unit:
        answer = sign_in.sign_in(unit, email=f" {place.email('liaison').upper()} ", password=PASSWORD)
    assert isinstance(answer, SignedIn)


def test_waits_grow_and_hold_back_even_the_right_password(place: Place) -> None:
    place.give_password("liaison", "editor")
    for _ in range(sign_in.FREE_BY_EMAIL):
        assert place.sign_in("liaison", "wrong") == Refused(REFUSAL, 0)
    moment, waits = NOW, []
    for _ in range(14):
        assert place.sign_in("liaison", "wrong", now=moment) == Refused(REFUSAL, 0)
        held = place.sign_in("liaison", PASSWORD, now=moment)
        assert isinstance(held, Refused)
        assert held.sentence == WAIT
        waits.append(held.retry_after)
        moment += timedelta(seconds=held.retry_after)
    assert waits == sorted(waits)
    assert waits[0] <= 2
    assert waits[-1] == 15 * 60 + 1
    assert isinstance(place.sign_in("editor"), SignedIn)  # somebody else is not held back
    assert isinstance(
        place.sign_in("liaison", now=moment), SignedIn
    )  # and the right person comes in after the wait
    place.sign_in("liaison", "wrong", now=moment, address="192.0.2.1")
    with place.engine.connect() as connection:
        keys = list(connection.execute(sa.text("SELECT key FROM throttle")).scalars())
    assert len(keys) == 2
    assert all(set(key) <= set("0123456789abcdef") for key in keys)


def test_an_address_that_waits_does_not_count_against_other_mailboxes(place: Place) -> None:
    place.give_password("liaison")
    for number in range(sign_in.FREE_BY_ADDRESS + 1):
        with place.unit("public") as unit:
            sign_in.sign_in(unit, email=f"guess{number}@example.org", password="x", address="2001:db8::1")
    for _ in range(sign_in.FREE_BY_EMAIL + 3):
        held = place.sign_in("liaison", "wrong", address="2001:db8::2")  # the same /64
        assert isinstance(held, Refused)
        assert held.retry_after
    assert isinstance(place.sign_in("liaison", address="192.0.2.1"), SignedIn)


def test_signing_in_does_not_wipe_the_count_of_the_address(place: Place) -> None:
    place.give_password("liaison")
    for number in range(sign_in.FREE_BY_ADDRESS):
        with place.unit("public") as unit:
            sign_in.sign_in(unit, email=f"guess{number}@example.org", password="x", address="192.0.2.7")
    assert isinstance(place.sign_in("liaison", address="192.0.2.7"), SignedIn)
    place.sign_in("editor", "wrong", address="192.0.2.7")
    held = place.sign_in("editor", "wrong", address="192.0.2.7")
    assert isinstance(held, Refused)
    assert held.retry_after


def test_an_attempt_is_counted_though_the_unit_fails(place: Place) -> None:
    place.give_password("liaison")

    def fails_afterwards() -> None:
        with place.unit("public") as unit:
            sign_in.sign_in(unit, email=place.email("liaison"), password="wrong")
            raise RuntimeError

    for _ in range(sign_in.FREE_BY_EMAIL + 1):
        with pytest.raises(RuntimeError):
            fails_afterwards()
    assert isinstance(place.sign_in("liaison"), Refused)


def test_guesses_at_the_same_moment_are_all_counted(place: Place) -> None:
    place.give_password("liaison", "editor")
    place.signed_in("editor")  # a node that was set up has an audit chain before anybody guesses
    answers: list[SignedIn | Refused] = []
    start = threading.Barrier(4)

    def guess() -> None:
        start.wait()
        answers.extend(place.sign_in("liaison", f"guess {n}") for n in range(4))

    threads = [threading.Thread(target=guess) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    judged = [answer for answer in answers if isinstance(answer, Refused) and not answer.retry_after]
    assert len(answers) == 16
    assert (
        len(judged) == sign_in.FREE_BY_EMAIL + 1
    )  # the one that goes over is judged, and makes the next ones wait


def test_s30_a_new_sign_in_has_a_new_secret_and_ends_the_old(place: Place) -> None:
    place.give_password("liaison")
    first = place.signed_in("liaison")
    second = place.signed_in("liaison", current=first.secret)
    assert first.secret != second.secret
    assert place.resume(first.secret) is None
    assert place.resume(second.secret) is not None


def test_s30_a_planted_cookie_is_never_taken_over(place: Place) -> None:
    place.give_password("liaison")
    answer = place.signed_in("liaison", current="planted-by-somebody")
    assert answer.secret != "planted-by-somebody"
    assert place.resume("planted-by-somebody") is None


def test_s30_sessions_of_two_people_do_not_touch(place: Place) -> None:
    place.give_password("liaison", "researcher")
    theirs, mine = place.signed_in("liaison"), place.signed_in("researcher")
    with place.unit("researcher") as unit:
        assert sign_out.sign_out_everywhere(unit) == 1
    assert place.resume(mine.secret) is None
    visit = place.resume(theirs.secret)
    assert visit is not None
    assert visit.viewer.person == person_id("liaison")
    with place.unit("liaison") as unit:
        [session] = sign_out.open_sessions(unit, current=theirs.secret)
        assert session.current
    with place.unit("researcher") as unit, pytest.raises(NotFound):
        sign_out.sign_out_one(unit, name=session.name)
    assert place.resume(theirs.secret) is not None
    assert place.resume(session.name) is None  # the name of a session opens nothing


def test_a_session_ends_when_unused_and_in_any_case(place: Place) -> None:
    place.give_password("liaison")
    secret = place.signed_in("liaison").secret
    assert place.resume(secret, now=NOW + timedelta(minutes=59)) is not None
    assert place.resume(secret, now=NOW + timedelta(minutes=60)) is None
    moment = NOW
    for _ in range(23):
        moment += timedelta(minutes=31)
        visit = place.resume(secret, now=moment)
        assert visit is not None
        assert visit.touch
        with place.unit("liaison", now=moment) as unit:
            sign_in.keep_alive(unit, visit)
    assert place.resume(secret, now=NOW + timedelta(hours=12)) is None
    with place.unit("system", now=NOW + timedelta(hours=12)) as unit:
        assert sign_out.forget_ended(unit) == 1


def test_signing_out_ends_this_session_only(place: Place) -> None:
    place.give_password("liaison")
    here, there = place.signed_in("liaison"), place.signed_in("liaison")
    with place.unit("liaison") as unit:
        sign_out.sign_out(unit, secret=here.secret)
    assert place.resume(here.secret) is None
    assert place.resume(there.secret) is not None
    with place.unit("public") as unit, pytest.raises(SignInNeeded):
        sign_out.open_sessions(unit)


def test_who_is_suspended_is_out_with_the_next_request(place: Place) -> None:
    place.give_password("researcher", "liaison")
    secret, other = place.signed_in("researcher").secret, place.signed_in("liaison").secret
    with place.unit("editor") as unit:
        suspend.suspend_account(unit, account_id=person_id("researcher"), reason="left the university")
        suspend.suspend_organization(
            unit, organization_id="gov-security-office", reason="merged with another"
        )
    assert place.resume(secret) is None
    visit = place.resume(other)
    assert visit is not None
    assert visit.viewer.organization is None
    assert visit.viewer.sector is None
    assert visit.viewer.powers == place.world.viewer("public").powers
    assert not visit.viewer.groups


def test_an_account_suspended_while_its_password_is_checked_stays_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.give_password("liaison")

    def slow(password: object, kept: str) -> bool:
        with place.unit("system") as unit:
            account = people.account(unit.db, person_id("liaison"))
            assert account is not None
            people.save_account(unit.db, replace(account, state=AccountState.SUSPENDED))
        return verify_password.matches(password, kept)

    monkeypatch.setattr(sign_in, "matches", slow)
    assert isinstance(place.sign_in("liaison"), Refused)
