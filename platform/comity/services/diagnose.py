"""Look over a node and say what an operator should mend. Never prints a secret, and no title or content of a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import sqlalchemy as sa

from comity import policies
from comity.config import Settings
from comity.domain.audit_chain import Broken
from comity.domain.errors import KeyLocked
from comity.domain.roles import Role
from comity.services import reindex, sign, verify_ledger, witness
from comity.services.settle import audience_for, stage_of
from comity.services.unit import Unit
from comity.services.verify_audit import verify_chain
from comity.storage import audiences, inspection, outbox, people, records, revisions, role_grants

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_KNOWN_TO_ALL: Final = frozenset(
    {
        "",
        "postgres",
        "password",
        "passw0rd",
        "comity",
        "changeme",
        "change-me",
        "secret",
        "admin",
        "example",
        "test",
        "123456",
    }
)
_STEP: Final = 400
LATE: Final = timedelta(minutes=5)
"""A worker that has not been seen for so long does not run."""

Level = Literal["good", "look", "mend"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `mend` is something that is wrong; `look` may be meant so."""

    level: Level
    what: str
    says: str


def refusals(settings: Settings, *, host: str, demo: bool) -> list[str]:
    """Why the server must not start: what would hand the node to whoever comes by. Empty when it may."""
    open_to_all = host not in _LOOPBACK
    found = []
    if open_to_all and not settings.secure_cookies:
        found.append(
            f"It would listen on {host} while COMITY_PUBLIC_URL is not https: sign-ins would travel in the clear."
        )
    if open_to_all and demo:
        found.append(
            "This is a demonstration node: its sample sign-ins have no second factor. Keep it on 127.0.0.1."
        )
    address = sa.engine.make_url(settings.database_url)
    far = open_to_all or address.host not in (None, "", *_LOOPBACK)
    known = address.password is not None and str(address.password).casefold() in _KNOWN_TO_ALL
    if far and known:
        found.append("The password of the database in COMITY_DATABASE_URL is one that everybody tries first.")
    return found


def diagnose(unit: Unit, settings: Settings) -> Iterator[Finding]:
    """Everything there is to look at, as it is found. The unit is one of the node and only reads."""
    looks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("settings", lambda: _settings(unit, settings)),
        ("files", lambda: _files(unit, settings)),
        ("database roles", lambda: _database_roles(unit)),
        ("people", lambda: _people(unit)),
        ("audit", lambda: _audit(unit)),
        ("key", lambda: _key(unit, settings)),
        ("log", lambda: _log(unit)),
        ("index", lambda: _index(unit)),
        ("worker", lambda: _worker(unit)),
        ("audiences", lambda: _audiences(unit)),
    )
    for what, look in looks:
        found = list(look())
        yield from found or [Finding("good", what, "nothing to mend")]


def _settings(unit: Unit, settings: Settings) -> Iterator[Finding]:
    for reason in refusals(settings, host=settings.host, demo=unit.node.demo):
        yield Finding("mend", "settings", reason)
    if unit.node.demo:
        yield Finding("look", "settings", "This is a demonstration node.")
    if settings.smtp_url.startswith("smtp://") and settings.smtp_password.get_secret_value():
        yield Finding("look", "settings", "Mail is sent with smtp://: the server must offer STARTTLS.")


def _files(unit: Unit, settings: Settings) -> Iterator[Finding]:
    for path in {settings.data_dir, inspection.file_of(unit.db)} - {None}:
        assert path is not None
        yield from _permissions(path)


def _permissions(path: Path) -> Iterator[Finding]:
    """Readable by others counts only where the folders above let others in."""
    if not path.exists():
        return
    closed = any(not above.stat().st_mode & 0o001 for above in path.absolute().parents)
    mode = path.stat().st_mode & 0o777
    if mode & 0o002:
        yield Finding("mend", "files", f"{path.name} can be written by everybody ({mode:o}).")
    elif mode & 0o004 and not closed:
        yield Finding("mend", "files", f"{path.name} can be read by everybody on this machine ({mode:o}).")


def _database_roles(unit: Unit) -> Iterator[Finding]:
    if tables := inspection.open_to_everyone(unit.db):
        yield Finding(
            "mend", "database roles", f"Granted to PUBLIC, which is everybody: {', '.join(tables)}."
        )
    if inspection.is_superuser(unit.db):
        yield Finding(
            "look", "database roles", "The node signs in to PostgreSQL as a superuser; it needs none of that."
        )


def _people(unit: Unit) -> Iterator[Finding]:
    """Separation of duties as it stands, and second factors of those who may read AMBER or change who may."""
    accounts = [one for one in people.accounts(unit.db) if one.active]
    held = role_grants.roles_of_all(unit.db, [one.id for one in accounts])
    policy = policies.roles()
    for one in accounts:
        pairs = [(a, b) for a in held[one.id] for b in held[one.id] if a < b and policy.exclusive(a, b)]
        for first, second in sorted(pairs):
            yield Finding("mend", "people", f"{one.id} is both {first.value} and {second.value}.")
    if unit.node.demo:
        return
    bare = [
        one.id
        for one in accounts
        if not one.has_totp and policy.powers(*sorted(held[one.id])).get("read_amber")
    ]
    if bare:
        yield Finding(
            "look", "people", f"{len(bare)} people whose roles read AMBER have no second factor yet."
        )
    if not any(Role.NODE_ADMIN in roles for roles in held.values()):
        yield Finding("look", "people", "Nobody is node administrator.")


def _audit(unit: Unit) -> Iterator[Finding]:
    verdict = verify_chain(unit)
    if isinstance(verdict, Broken):
        yield Finding("mend", "audit", f"The log is broken at entry {verdict.at}: {verdict.why}.")
    else:
        yield Finding("good", "audit", f"whole: {verdict.n} entries, last hash {verdict.head}")


def _key(unit: Unit, settings: Settings) -> Iterator[Finding]:
    """Can the node sign, and is its key protected where it lies?"""
    try:
        key = sign.signing_key(unit)
    except KeyLocked as locked:
        yield Finding("mend", "key", f"{locked.sentence} See COMITY_KEY_PASSPHRASE, or comity key replace.")
        return
    if key is None:
        yield Finding("mend", "key", "The node has no signing key. Run: comity migrate up")
    elif not unit.node.demo and not settings.key_passphrase.get_secret_value():
        yield Finding(
            "look", "key", "The private key lies open in the database: COMITY_KEY_PASSPHRASE is not set."
        )


def _log(unit: Unit) -> Iterator[Finding]:
    """Is our transparency log whole, and does any ally show two?"""
    verdict = verify_ledger.verify_log(unit)
    if isinstance(verdict, verify_ledger.Damaged):
        yield Finding("mend", "log", f"The transparency log is damaged at leaf {verdict.at}: {verdict.why}.")
    for node, _, standing in witness.watched_logs(unit):
        if standing.equivocated:
            yield Finding("look", "log", f"{node} showed more than one log. Nothing of it is cosigned.")


def _index(unit: Unit) -> Iterator[Finding]:
    drift = reindex.check(unit, thorough=False)
    if not drift.none:
        numbers = f"{len(drift.missing)} missing, {len(drift.stale)} stale, {len(drift.extra)} too much"
        yield Finding("mend", "index", f"Index and records disagree ({numbers}). Run: comity index repair")


def _worker(unit: Unit) -> Iterator[Finding]:
    seen = outbox.lease_ends(unit.db)
    if not any(ends is not None and unit.now - ends < LATE for ends in seen.values()):
        yield Finding("mend", "worker", "No worker was seen in the last minutes. Run: comity worker")
    for name, behind in outbox.lag(unit.db).items():
        if behind > 1000:
            yield Finding("mend", "worker", f"“{name}” is {behind} events behind.")


def _audiences(unit: Unit) -> Iterator[Finding]:
    """Does every record have the readers that follow from its state, its marking and who works on it?"""
    after, wrong = 0, list[str]()
    while page := records.page(unit.db, unit.viewer, after=after, limit=_STEP):
        after = page[-1].id
        for record in page:
            shown = revisions.get(unit.db, unit.viewer, records.shown_revision(record))
            if shown is None:
                wrong.append(record.ref)
                continue
            expected = audience_for(unit, record, shown.handling, stage_of(record))
            if audiences.load(unit.db, record.audience_id) != expected:
                wrong.append(record.ref)
    if wrong:
        yield Finding(
            "mend",
            "audiences",
            f"{len(wrong)} records have other readers than follow: {', '.join(wrong[:5])}",
        )
