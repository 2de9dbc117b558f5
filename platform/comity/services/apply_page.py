"""Deal with one page of an allied node's feed: verify each object, take it in or obey it, and say what became of each of them.

Works in the unit that also keeps how far the feed was read, so that a page is there whole or not at all. What is not taken goes
into quarantine with its reason, and the rest goes on. What is told back to the node is one signed notice for the page. Every object
is accounted for; refuses to know the network.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from comity.domain.errors import ComityError
from comity.domain.notice import Answer, Answered, Outcome, What
from comity.domain.peer import KnownPeer
from comity.domain.signing import KeyOf, Refused, Verified, verify_object
from comity.domain.taxii_envelope import BadEnvelope, Piece, read_envelope
from comity.log import logger
from comity.services import tell
from comity.services.obey import obey
from comity.services.sign import key_of
from comity.services.take_in import Incoming, take_in_page
from comity.services.unit import Unit
from comity.stix.notices import is_notice
from comity.stix.vocabulary import EXTENSION_ID
from comity.storage import quarantine
from comity.storage.pulls import Counts
from comity.storage.quarantine import Held

FINAL: Final = frozenset(
    {"bad-signature", "foreign-origin", "changed-in-place", "older-version", "red-never-travels", "national-marking",
     "exceptional-personal-data", "not-addressed", "unsigned"}
)  # fmt: skip
"""Reasons that no waiting changes: kept and shown, not tried again."""

MOST_TRIES: Final = 14
_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(days=1)
_ALWAYS: Final = frozenset({What.RECALL.value, What.RELEASE.value})
"""Notices that are answered whatever became of them, also the second time."""


class Unreconciled(RuntimeError):
    """Something of the page is not accounted for. Nothing of it may stand (S24)."""


@dataclass(frozen=True)
class Result:
    """What became of one piece. `outcome` None: it is nothing that nodes exchange, and was passed over."""

    stix_id: str
    version: str
    outcome: Outcome | None
    what: str
    text: str


def apply_page(unit: Unit, peer: KnownPeer, pieces: Sequence[Piece]) -> Counts:
    """Everything that the page does here, and the counts. `unit` is a job of the node. Raises `Unreconciled`."""
    results = list(_results(unit, peer.node_id, pieces))
    counts = _counts(results)
    if counts.received != len(pieces) or not counts.reconciled:
        raise Unreconciled(f"{peer.node_id}: {counts}")
    for one in results:
        if _held_back(one):
            _hold(unit, peer.node_id, one)
    taken = {one.stix_id: one.version for one in results if one.outcome is not None and one.outcome.changed}
    quarantine.outlived(unit.db, peer.node_id, taken, at=unit.now)
    _answer(unit, peer, results)
    return counts


def try_again(unit: Unit, peer: KnownPeer) -> int:
    """Try what is due in quarantine. Returns how many were taken after all."""
    waiting = quarantine.due(unit.db, peer.node_id, now=unit.now)
    if not waiting:
        return 0
    resolved: list[Result] = []
    for held in waiting:
        try:
            pieces = read_envelope(f'{{"objects":[{held.body}]}}'.encode()).pieces
        except BadEnvelope:
            pieces = (Piece(held.body, None, "json"),)
        result = next(iter(_results(unit, peer.node_id, pieces)))
        if _held_back(result):
            _tried(unit, held, result)
        else:
            quarantine.resolve(unit.db, held.id, at=unit.now)
            resolved.append(result)
    _answer(unit, peer, resolved)
    return len(resolved)


# ---------------------------------------------------------------- what becomes of each


def _results(unit: Unit, sender: str, pieces: Sequence[Piece]) -> Iterator[Result]:
    """In the order of the page: records that follow each other are taken in together, notices one by one between them.

    Only who is in a trust group comes first: it says whether the records are for this node, and may stand behind them.
    """
    keys = key_of(unit)
    run: list[tuple[Piece, Verified[dict[str, Any]]]] = []
    for piece in sorted(pieces, key=lambda one: not _of_membership(one)):
        judged = _judged(unit, keys, piece)
        if isinstance(judged, Verified) and not is_notice(judged.value):
            run.append((piece, judged))
            continue
        yield from _taken(unit, sender, run)
        run = []
        if isinstance(judged, Verified):
            outcome = _obeyed(unit, judged, sender)
            yield _about(piece, outcome, str(judged.value.get("what", "")))
        else:
            yield _about(piece, judged)
    yield from _taken(unit, sender, run)


def _of_membership(piece: Piece) -> bool:
    obj = piece.value
    return obj is not None and is_notice(obj) and obj.get("what") == What.MEMBERSHIP.value


def _judged(unit: Unit, keys: KeyOf, piece: Piece) -> Verified[dict[str, Any]] | Outcome | None:
    """The verified object, the refusal of what is none, or None for what nodes do not exchange."""
    obj = piece.value
    if obj is None:
        return Outcome.refusal("malformed", piece.problem)
    extensions = obj.get("extensions")
    if not is_notice(obj) and not (isinstance(extensions, dict) and EXTENSION_ID in extensions):
        return None
    try:
        return verify_object(obj, keys, now=unit.now)
    except Refused as bad:
        return Outcome.refusal(bad.reason, bad.detail)


def _taken(
    unit: Unit, sender: str, run: Sequence[tuple[Piece, Verified[dict[str, Any]]]]
) -> Iterator[Result]:
    if not run:
        return
    outcomes = take_in_page(unit, [Incoming(found, piece.text) for piece, found in run], sender=sender)
    for (piece, _), outcome in zip(run, outcomes, strict=True):
        yield _about(piece, outcome)


def _obeyed(unit: Unit, verified: Verified[dict[str, Any]], sender: str) -> Outcome:
    try:
        with unit.db.begin_nested():
            return obey(unit, verified, sender=sender)
    except ComityError as error:
        return Outcome.refusal(error.code, error.sentence)
    except sa.exc.OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  as in `take_in`
        logger().error("a notice could not be obeyed", error=type(error).__name__)
        return Outcome.refusal("failed", type(error).__name__)


def _about(piece: Piece, outcome: Outcome | None, what: str = "") -> Result:
    """What a piece says it is, as far as it can be read; else a name of our own that is the same each time."""
    obj = piece.value or {}
    stix_id, version = obj.get("id"), obj.get("modified", obj.get("created", ""))
    if not isinstance(stix_id, str) or not 0 < len(stix_id) <= 120 or not stix_id.isprintable():
        stix_id = f"unreadable--{hashlib.sha256(_storable(piece.text).encode()).hexdigest()[:40]}"
    plain = isinstance(version, str) and len(version) <= 40 and version.isprintable()
    return Result(stix_id, version if plain else "", outcome, what, piece.text)


def _storable(text: str) -> str:
    """A text that any database takes: bytes that were not UTF-8, and half characters, are written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


# ---------------------------------------------------------------- counting, keeping, answering


def _held_back(one: Result) -> bool:
    """It was not taken. A handler that says no after it dealt with the matter has answered, and is not asked again."""
    return one.outcome is not None and one.outcome.refused and not one.outcome.changed


def _counts(results: Iterable[Result]) -> Counts:
    found = Counter(_word(one) for one in results)
    return Counts(received=found.total(), **found)


def _word(one: Result) -> str:
    if one.outcome is None:
        return "ignored"
    if _held_back(one):
        return "quarantined"
    return "applied" if one.outcome.changed else "unchanged"


def _hold(unit: Unit, sender: str, one: Result) -> None:
    reason = one.outcome.reason if one.outcome else ""
    known = quarantine.add(
        unit.db,
        node_id=sender,
        stix_id=one.stix_id,
        version=one.version,
        reason=reason,
        detail=one.outcome.text if one.outcome else "",
        body=_storable(one.text),
        next_try=_next_try(unit.now, reason, tries=1),
        at=unit.now,
    )
    if known:
        unit.audit("exchange.quarantine", f"node:{sender}", object=one.stix_id, reason=reason)


def _tried(unit: Unit, held: Held, one: Result) -> None:
    reason = one.outcome.reason if one.outcome else ""
    detail = one.outcome.text if one.outcome else ""
    next_try = _next_try(unit.now, reason, tries=held.tries + 1)
    quarantine.tried(unit.db, held, reason=reason, detail=detail, next_try=next_try)


def _next_try(now: datetime, reason: str, *, tries: int) -> datetime | None:
    """Four times as long each time, up to a day, with a tenth of chance so that not everything comes at once."""
    if reason in FINAL or tries >= MOST_TRIES:
        return None
    pause = min(_FIRST_PAUSE * int(4 ** min(tries - 1, 8)), _LONGEST_PAUSE)
    return now + (1 + random.random() / 10) * pause  # nosec B311  not a secret


def _answer(unit: Unit, peer: KnownPeer, results: Sequence[Result]) -> None:
    """One signed notice that says of each object what became of it; of what was here already nothing is said again."""
    said = [
        Answered(
            about=one.stix_id,
            version=one.version,
            result=one.outcome.result,
            reason=one.outcome.reason[:60],
            text=one.outcome.text[:400],
        )
        for one in results
        if one.outcome is not None and (_news(one.outcome) or one.what in _ALWAYS)
    ]
    if not said:
        return
    first, *rest = said
    body = Answer(**first.model_dump(), also=tuple(rest))
    tlp = peer.as_policy().highest
    tell.to_inbox(unit, to=peer.node_id, what=What.ANSWER, body=body, tlp=tlp)


def _news(outcome: Outcome) -> bool:
    return outcome.changed or outcome.result != "applied"
