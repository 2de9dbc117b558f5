"""The policy's reading in SQL, and the table of audiences it runs on. No policy in here.

`ids_for` is what every list, count and search filters on: the audiences whose facts satisfy a rule. Rows never change, so an
answer is kept until there are new rows, by rule: the viewer's attributes and the policy are inside the rule itself.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import lru_cache
from typing import Final, assert_never, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.audience import Audience, Stage
from comity.domain.rules import All, Any, AtMost, Overlaps, Rule
from comity.domain.tlp import TLP
from comity.domain.tokens import AccessToken
from comity.storage.tables.access import AudienceRow, AudienceTokenRow
from comity.storage.tables.base import table_of

_audience = table_of(AudienceRow)
_token = table_of(AudienceTokenRow)
_COLUMNS: Final = frozenset({"stage", "tlp", "owner"})
_SETS: Final = ("organizations", "sectors", "roles", "persons", "workers", "releasable", "caveats")
MOST_KEPT: Final = 4096
_by_digest: dict[str, Audience] = {}
_NUMBERS: Final = frozenset({"restriction"})


def to_sql(rule: Rule) -> sa.ColumnElement[bool]:
    """The rule as a condition on `audience`. Raises `KeyError` for a fact that is not stored."""
    match rule:
        case Overlaps(field, values):
            return _overlaps(field, values)
        case AtMost(field, limit):
            return _audience.c[_known(field, _NUMBERS)] <= limit
        case All(rules):
            return sa.and_(sa.true(), *(to_sql(part) for part in rules))
        case Any(rules):
            return sa.or_(sa.false(), *(to_sql(part) for part in rules))
        case _:
            assert_never(rule)


def _overlaps(field: str, values: frozenset[str]) -> sa.ColumnElement[bool]:
    if not values:
        return sa.false()
    if field in _COLUMNS:
        return cast("sa.ColumnElement[bool]", _audience.c[field].in_(sorted(values)))
    matching = (
        _token.c.audience_id == _audience.c.id,
        _token.c.field == _known(field, _SETS),
        _token.c.value.in_(sorted(values)),
    )
    return sa.exists().where(*matching)


def _known(field: str, fields: frozenset[str] | tuple[str, ...]) -> str:
    if field not in fields:
        raise KeyError(field)
    return field


def ensure(db: Session, audience: Audience) -> int:
    """The id of the audience with these facts, made when it is new."""
    digest = audience.digest()
    found = db.scalar(sa.select(_audience.c.id).where(_audience.c.digest == digest))
    if found is not None:
        return int(found)
    try:
        with db.begin_nested():
            return _add(db, digest, audience)
    except sa.exc.IntegrityError:  # another transaction made the same one at the same time: theirs is ours
        return int(db.execute(sa.select(_audience.c.id).where(_audience.c.digest == digest)).scalar_one())


def _add(db: Session, digest: str, audience: Audience) -> int:
    values = {
        "digest": digest,
        "stage": audience.stage.value,
        "tlp": audience.tlp.token,
        "restriction": audience.tlp.restriction,
        "owner": audience.owner,
    }
    audience_id = int(
        db.execute(sa.insert(_audience).values(**values).returning(_audience.c.id)).scalar_one()
    )
    facts = audience.facts()
    tokens = [
        {"audience_id": audience_id, "field": field, "value": value}
        for field in _SETS
        for value in sorted(cast("frozenset[str]", facts[field]))
    ]
    if tokens:
        db.execute(sa.insert(_token), tokens)
    return audience_id


_ONE: Final = sa.select(_audience).where(_audience.c.id == sa.bindparam("audience"))
_TOKENS: Final = sa.select(_token.c.field, _token.c.value).where(
    _token.c.audience_id == sa.bindparam("audience")
)


def load(db: Session, audience_id: int) -> Audience:
    """The facts of one audience. Those read before are known by their digest, which is made of the facts themselves."""
    row = db.execute(_ONE, {"audience": audience_id}).one()
    kept = _by_digest.get(row.digest)
    if kept is None:
        if len(_by_digest) >= MOST_KEPT:
            _by_digest.clear()
        kept = _by_digest[row.digest] = _loaded(db, row)
    return kept


def _loaded(db: Session, row: sa.Row[tuple[object, ...]]) -> Audience:
    sets: dict[str, set[AccessToken]] = {field: set() for field in _SETS}
    for field, value in db.execute(_TOKENS, {"audience": row.id}):
        sets[field].add(AccessToken(value))
    return Audience(
        stage=Stage(row.stage),
        tlp=TLP(row.tlp.upper()),
        owner=AccessToken(row.owner),
        **{field: frozenset(values) for field, values in sets.items() if field != "caveats"},
        caveats=frozenset(sets["caveats"]),
    )


Mark = tuple[int, int, str]
"""Rows, highest id and highest digest of the table: enough to notice any new row."""


class _Known:
    """Answers kept per rule, with the mark of the table they were taken from."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Rule], tuple[Mark, frozenset[int]]] = OrderedDict()

    def get(self, key: tuple[str, Rule], mark: Mark) -> frozenset[int] | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[0] != mark:
                return None
            self._kept.move_to_end(key)
            return kept[1]

    def put(self, key: tuple[str, Rule], mark: Mark, ids: frozenset[int]) -> None:
        with self._lock:
            self._kept[key] = (mark, ids)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


_known_answers = _Known(512)


def ids_for(db: Session, rule: Rule) -> frozenset[int]:
    """Ids of all audiences whose facts satisfy `rule`.

    An answer is kept only from a reading transaction: an id made by a writer that rolls back may be given out again.
    """
    key = (_database(db), rule)
    mark = _mark(db)
    kept = _known_answers.get(key, mark)
    if kept is not None:
        return kept
    ids = frozenset(db.scalars(sa.select(_audience.c.id).where(to_sql(rule))))
    if not db.connection().get_execution_options().get("comity_writes", True):
        _known_answers.put(key, mark, ids)
    return ids


_COUNTED: Final = sa.select(
    sa.func.count(), sa.func.max(_audience.c.id), sa.func.max(_audience.c.digest)
).select_from(_audience)


def _mark(db: Session) -> Mark:
    count, highest, digest = db.execute(_COUNTED).one()
    return count, highest or 0, digest or ""


def _database(db: Session) -> str:
    return _address(db.connection().engine.url)


@lru_cache(maxsize=64)
def _address(url: sa.URL) -> str:
    return str(url)


def satisfies(rule: Rule, audience_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """A condition for one row whose audience is `audience_id`: cheaper than `ids_for` when a single record is asked for."""
    return _written_out(rule, str(audience_id))


@lru_cache(maxsize=4096)
def _written_out(rule: Rule, audience_id: str) -> sa.ColumnElement[bool]:
    """The condition as finished SQL: building and comparing the tree anew took most of the time of a page.

    Its constants are tokens of the grammar of `domain.tokens`, and SQLAlchemy writes them as literals; nothing typed is among them.
    """
    condition = sa.exists().where(_audience.c.id == sa.literal_column(audience_id), to_sql(rule))
    written = str(condition.compile(compile_kwargs={"literal_binds": True}))
    return sa.literal_column(written, sa.Boolean)
