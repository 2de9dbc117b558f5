"""The real parameters, once: everywhere else they are replaced by quick ones."""

from __future__ import annotations

import threading

import pytest

from comity.domain.errors import Busy
from comity.services import verify_password
from comity.services.verify_password import NOBODYS, hashed, matches


def test_argon2id_with_64_mib_three_passes_four_lanes() -> None:
    kept = hashed("seven grey herons wade")
    prefix = "$argon2id$v=19$m=65536,t=3,p=4$"
    assert kept.startswith(prefix)
    assert NOBODYS.startswith(prefix)  # so that no account costs what an account costs
    assert len(NOBODYS) == len(kept)
    assert matches("seven grey herons wade", kept)
    assert not matches("seven grey herons wade", "")
    assert not matches("seven grey herons wadf", kept)


def test_one_password_on_every_keyboard() -> None:
    assert matches("fu\u0308nf graue Reiher", hashed("fünf graue Reiher"))


def test_more_than_a_few_at_once_wait_and_then_are_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_password, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(verify_password, "_WAIT_SECONDS", 0.01)
    with verify_password._place(), pytest.raises(Busy):
        hashed("seven grey herons wade")
