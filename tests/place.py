"""The world in one database, with the few steps that tests about people take again and again."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyotp
import sqlalchemy as sa

from comity.domain.viewer import Viewer
from comity.services import second_factor, sign_in
from comity.services.sign_in import Refused, SignedIn, Visit
from comity.services.unit import Unit
from comity.services.verify_password import hashed
from comity.storage import people
from tests.factories import NOW, World, person_id

PASSWORD = "seven grey herons wade"


@dataclass(frozen=True)
class Place:
    """An engine and the world in it. `address` below is where the browser is."""

    engine: sa.Engine
    world: World

    def unit(
        self, who: str | Viewer, *, now: datetime = NOW, second_factor: bool = True
    ) -> AbstractContextManager[Unit]:
        return self.world.unit(self.engine, who, now=now, second_factor=second_factor)

    def email(self, who: str) -> str:
        return f"{who}@{self.world.people[who][0]}.example.org"

    def give_password(self, *whos: str, password: str = PASSWORD) -> None:
        with self.unit("system") as unit:
            for who in whos:
                people.set_password(unit.db, person_id(who), hashed(password))

    def give_second_factor(self, who: str) -> pyotp.TOTP:
        secret = pyotp.random_base32(32)
        with self.unit("system") as unit:
            people.set_totp(unit.db, person_id(who), secret, last=0)
        return pyotp.TOTP(secret)

    def sign_in(
        self, who: str, password: Any = PASSWORD, *, now: datetime = NOW, address: str = "", current: str = ""
    ) -> SignedIn | Refused:
        with self.unit("public", now=now) as unit:
            return sign_in.sign_in(
                unit, email=self.email(who), password=password, address=address, current=current
            )

    def signed_in(self, who: str, *, now: datetime = NOW, current: str = "") -> SignedIn:
        answer = self.sign_in(who, now=now, current=current)
        assert isinstance(answer, SignedIn), answer
        return answer

    def confirm(self, secret: Any, code: Any, *, now: datetime = NOW) -> SignedIn | Refused:
        with self.unit("public", now=now) as unit:
            return second_factor.confirm(unit, secret=secret, code=code)

    def resume(self, secret: Any, *, now: datetime = NOW) -> Visit | None:
        with self.world.unit(self.engine, "public", now=now, writes=False) as unit:
            return sign_in.resume(unit, secret=secret)

    def everything_stored(self) -> str:
        """Every value of every table, for asking whether a secret lies anywhere."""
        with self.engine.connect() as connection:
            tables = sa.inspect(connection).get_table_names()
            plain = [name for name in tables if not name.startswith("search_")]
            return "\n".join(
                repr(tuple(row))
                for name in plain
                for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))
            )

    def audited(self) -> list[str]:
        """The actions in the audit chain, oldest first."""
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text("SELECT action FROM audit_entry ORDER BY seq")).scalars())
