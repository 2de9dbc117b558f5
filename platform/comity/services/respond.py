"""An appeal or a reply by somebody who has no account (4.1.3, G-34, G-35): taken in here, checked and entered by the ombudsperson.

Whatever is named and whatever code is given, the answer is one: what is about no public record and carries no code for the one it
names is dropped without a word (H-04). A code proves that the sender is the contact to whom the ombudsperson gave it: it is random,
kept as a hash, for one record and one organization, works once, and ends.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from comity.domain.access import may_read_body
from comity.domain.errors import Invalid, Problem, TooMany
from comity.domain.record import Record
from comity.domain.reply import MAX_WORDS
from comity.domain.viewer import Viewer
from comity.services.dispute import GROUNDS_CHARACTERS
from comity.services.mint import digest
from comity.services.sign_in import address_key
from comity.services.unit import Unit
from comity.storage import audiences, editorial, people, records, throttles
from comity.storage.editorial import Decision

MESSAGE: Final = "from_outside"
CODE: Final = "outside_code"
KINDS: Final = ("appeal", "reply")
CONTACT_CHARACTERS: Final = 300
REPLY_CHARACTERS: Final = 20_000
FREE_BY_ADDRESS: Final = 5
FREE_BY_REFERENCE: Final = 30
"""Messages within an hour before each further one has to wait twice as long as the one before."""


@dataclass(frozen=True)
class Letter:
    """What somebody sends. `contact` is how they are reached; `code` may be empty for an appeal about a public record."""

    kind: str
    about: str
    words: str
    contact: str
    code: str = ""


def respond(unit: Unit, *, letter: Letter, address: str = "") -> None:
    """Take it in. `Invalid` names a field and `TooMany` asks to wait: both say nothing of any record."""
    _check(letter)
    about = " ".join(letter.about.split())
    _throttle(unit, about, address)
    node = unit.acting_as(Viewer.system(unit.node.node_id, "take in from outside"))
    record = records.get(node.db, node.viewer, about)
    given = _code(node, record, letter.code)
    if record is not None and (given is not None or (letter.kind == "appeal" and _public(unit, record))):
        _keep(node, record, letter, given)
    unit.audit("outside.receive")  # that something came in; what it was about is in no log


def _check(letter: Letter) -> None:
    problems = []
    if letter.kind not in KINDS:
        problems.append(Problem("kind", "missing", "Choose what you send."))
    if not 0 < len(letter.about.strip()) <= 80:
        problems.append(Problem("about", "length", "Enter the reference of the record, such as RSI-…"))
    if not 0 < len(letter.contact.strip()) <= CONTACT_CHARACTERS:
        said = f"Say how the ombudsperson reaches you, in up to {CONTACT_CHARACTERS} characters."
        problems.append(Problem("contact", "length", said))
    problems += _text_problems(letter)
    if problems:
        raise Invalid(problems)


def _text_problems(letter: Letter) -> Sequence[Problem]:
    if letter.kind == "reply":
        fits = len(letter.words) <= REPLY_CHARACTERS and len(letter.words.split()) <= MAX_WORDS
        said = f"Write your reply, in up to {MAX_WORDS} words."
    else:
        fits, said = (
            len(letter.words) <= GROUNDS_CHARACTERS,
            (f"Say what is wrong, in up to {GROUNDS_CHARACTERS} characters."),
        )
    return [] if fits and letter.words.strip() else [Problem("words", "length", said)]


def _throttle(unit: Unit, about: str, address: str) -> None:
    """Counted before anything is looked up, and kept when it is refused. Neither address nor reference is stored, only a hash."""
    named = hashlib.sha256(f"outside:{about}".encode("utf-8", "surrogatepass")).hexdigest()
    caller = hashlib.sha256(f"outside:{address_key(address)}".encode()).hexdigest()
    wait = throttles.take(unit.db, caller, free=FREE_BY_ADDRESS, now=unit.now) if address else timedelta()
    wait = wait or throttles.take(unit.db, named, free=FREE_BY_REFERENCE, now=unit.now)
    unit.db.commit()
    if wait:
        raise TooMany(int(wait.total_seconds()) + 1)


def _public(unit: Unit, record: Record) -> bool:
    if not record.is_published or record.tombstone is not None:
        return False
    return may_read_body(people.public_viewer(unit.db), audiences.load(unit.db, record.audience_id))


def _code(node: Unit, record: Record | None, code: str) -> Decision | None:
    """The live code of this record that was given, if it is one."""
    offered = digest(code)
    found = None
    for one in _of(node, record, CODE):
        live = not one.details["used"] and node.now < datetime.fromisoformat(str(one.details["ends"]))
        if hmac.compare_digest(str(one.details["hash"]), offered) and live:
            found = one
    return found


def _of(node: Unit, record: Record | None, what: str) -> list[Decision]:
    kept = editorial.of_record(node.db, Decision, record.id if record else 0)
    return [one for one in kept if one.what == what]


def _keep(node: Unit, record: Record, letter: Letter, given: Decision | None) -> None:
    if given is not None:
        editorial.store(node.db, replace(given, details={**given.details, "used": True}))
    details: dict[str, Any] = {
        "contact": letter.contact.strip(),
        "entity": str(given.details["entity"]) if given else "",
        "name": str(given.details["name"]) if given else "",
        "open": True,
    }
    editorial.add(
        node.db,
        Decision(
            record_id=record.id,
            what=MESSAGE,
            by="outside",
            reason_code=letter.kind,
            text=letter.words.strip(),
            details=details,
            at=node.now,
        ),
    )
    node.emit("outside.received", record.id)
