"""One check of another node after the other: how each question is put and what its answer means. `services.check_peer` runs them.

Every check says what it looked at in one sentence, passed or not, or that it could not be asked. None changes anything at the other
node beyond a token, and none tells it anything. Refuses to know how a report is made of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from comity.domain import strict_json
from comity.domain.signing import SKEW
from comity.domain.taxii import BadTime, read_time
from comity.domain.taxii_envelope import BadEnvelope, Page, read_envelope
from comity.domain.tlp import TLP
from comity.services.outbound import Answer, Client, Unreachable
from comity.stix.vocabulary import marking_of

TAXII: Final = "application/taxii+json;version=2.1"
ANY: Final = (TAXII, "application/json", "application/problem+json", "text/html", "text/plain")
FORM: Final = "application/x-www-form-urlencoded"
_HIDDEN: Final = frozenset({401, 404})


@dataclass(frozen=True)
class Check:
    """`group` is protocol, replay, clock or leak. `passed` None: it could not be asked, and `said` says why."""

    group: str
    name: str
    passed: bool | None
    said: str


@dataclass(frozen=True)
class Asked:
    """What the checks are about. `token` is a bearer token there, empty without one; `assertion` makes one for an audience."""

    client: Client
    base_url: str
    descriptor: Mapping[str, Any]
    now: datetime
    token: str = ""
    assertion: Callable[[str], str] | None = None

    @property
    def feed(self) -> str:
        """Where its records stand."""
        taxii = self.descriptor.get("taxii") or {}
        return f"{taxii.get('api_root', '')}collections/{taxii.get('records', '')}/"

    @property
    def inbox(self) -> str:
        """Where notices are posted."""
        taxii = self.descriptor.get("taxii") or {}
        return f"{taxii.get('api_root', '')}collections/{taxii.get('inbox', '')}/"

    def get(self, url: str, *, bearer: str = "", **headers: str) -> Answer:
        """One GET, with a token when it is given."""
        given = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return self.client.get(url, accept=ANY, headers={**given, **headers})

    def post(self, url: str, body: bytes, kind: str, *, bearer: str = "") -> Answer:
        """One POST."""
        given = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return self.client.post(url, body, content_type=kind, accept=ANY, headers=given)


def _judged(group: str, name: str, passed: bool, well: str, badly: str) -> Check:
    return Check(group, name, passed, well if passed else badly)


# ---------------------------------------------------------------- protocol


def protocol(asked: Asked) -> Iterator[Check]:
    """Discovery, media types, and pages that lose and double nothing."""
    yield from _discovery(asked)
    if not asked.token:
        yield Check(
            "protocol", "paging", None, "Pages are only read with a token, which this node was not given."
        )
        return
    yield from _paging(asked)


def _discovery(asked: Asked) -> Iterator[Check]:
    answer = asked.get(f"{asked.base_url}/taxii2/")
    kind = answer.headers.get("content-type", "").replace(" ", "")
    yield _judged(
        "protocol", "media-type", answer.well and kind == TAXII,
        "Discovery answers as TAXII 2.1.", f"Discovery answers {answer.status} as {kind[:60] or 'nothing'}.",
    )  # fmt: skip
    roots = _json(answer).get("api_roots")
    root = (asked.descriptor.get("taxii") or {}).get("api_root")
    yield _judged(
        "protocol", "discovery", isinstance(roots, list) and root in roots,
        "Discovery and the descriptor name the same API root.", "Discovery does not name the API root of the descriptor.",
    )  # fmt: skip
    refused = asked.client.get(f"{asked.base_url}/taxii2/", accept=("application/x-unknown",))
    yield _judged(
        "protocol", "negotiation", refused.status == 406,
        "A media type that it does not have is refused (406).", f"An unknown media type was answered with {refused.status}.",
    )  # fmt: skip


def _paging(asked: Asked) -> Iterator[Check]:
    first_answer = asked.get(f"{asked.feed}objects/?limit=2", bearer=asked.token)
    first = _page(first_answer)
    if first is None:
        yield Check("protocol", "paging", False, f"The first page could not be read ({first_answer.status}).")
        return
    yield _judged(
        "protocol", "dates", not first.pieces or _dated(first_answer),
        "Pages carry the times at which their objects were added.", "A page with objects says nothing of when they were added.",
    )  # fmt: skip
    lost = asked.get(
        f"{asked.feed}objects/?{urlencode({'limit': 2, 'next': 'bm8gc3VjaCBwbGFjZQ'})}", bearer=asked.token
    )
    yield _judged(
        "protocol", "unknown-next", lost.status in (400, 404, 410),
        "A next that it never gave is refused.", f"A next that it never gave was answered with {lost.status}.",
    )  # fmt: skip
    if not (first.more and first.next):
        yield Check("protocol", "paging", None, "There are too few objects for a second page.")
        return
    address = f"{asked.feed}objects/?{urlencode({'limit': 2, 'next': first.next})}"
    second, again = (_page(asked.get(address, bearer=asked.token)) for _ in range(2))
    texts = {piece.text for piece in first.pieces}
    yield _judged(
        "protocol", "paging",
        second is not None and second == again and len(first.pieces) == 2 and not texts & {one.text for one in second.pieces},
        "The same next gives the same page, and no object twice.", "Pages repeat an object, or a next leads elsewhere.",
    )  # fmt: skip


# ---------------------------------------------------------------- replay and clock


def replay(asked: Asked) -> Iterator[Check]:
    """An assertion works once, and only where it was made for."""
    if asked.assertion is None:
        yield Check(
            "replay", "used-assertion", None, "This node has no key to ask with, or does not know the other."
        )
        return
    endpoint = str(asked.descriptor.get("token_endpoint") or "")
    once = asked.assertion(endpoint)
    first, second = (asked.post(endpoint, _grant(once), FORM) for _ in range(2))
    if not first.well:
        said = f"A fresh assertion was answered with {first.status}: this node is not admitted there."
        yield Check("replay", "used-assertion", None, said)
        return
    yield _judged(
        "replay", "used-assertion", second.status in (400, 401),
        "An assertion that was used is refused.", "An assertion that was used gives another token.",
    )  # fmt: skip
    elsewhere = asked.post(endpoint, _grant(asked.assertion(f"{asked.base_url}/elsewhere")), FORM)
    yield _judged(
        "replay", "audience", elsewhere.status in (400, 401),
        "An assertion for another address is refused.", "An assertion for another address gives a token.",
    )  # fmt: skip


def _grant(assertion: str) -> bytes:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    form = {"grant_type": "client_credentials", "client_assertion_type": kind, "client_assertion": assertion}
    return urlencode(form).encode()


def clock(asked: Asked) -> Iterator[Check]:
    """How far its clock is from ours."""
    answer = asked.get(f"{asked.base_url}/taxii2/")
    said = answer.headers.get("date", "")
    try:
        there = parsedate_to_datetime(said)
    except (TypeError, ValueError):
        there = datetime.fromisoformat(str(asked.descriptor["modified"]))
    off = abs((there - asked.now).total_seconds())
    yield _judged(
        "clock", "skew", off <= SKEW.total_seconds(),
        f"Its clock is {off:.0f} seconds from ours.", f"Its clock is {off:.0f} seconds from ours: what it signs may be refused.",
    )  # fmt: skip


# ---------------------------------------------------------------- leaks


def leak(asked: Asked) -> Iterator[Check]:
    """What a stranger, and somebody with a made-up token, gets to see."""
    yield from _as_stranger(asked)
    made_up = f"cmp_{uuid4().hex}{uuid4().hex}"
    for name, answer in (
        ("wrong-token", asked.get(f"{asked.feed}objects/", bearer=made_up)),
        (
            "poke-wrong-token",
            asked.post(f"{asked.base_url}/federation/v1/poke", b"{}", "application/json", bearer=made_up),
        ),
        ("poke-stranger", asked.post(f"{asked.base_url}/federation/v1/poke", b"{}", "application/json")),
        ("inbox-stranger", asked.post(f"{asked.inbox}objects/", b'{"objects":[{}]}', TAXII)),
    ):
        yield _judged(
            "leak", name, answer.status in _HIDDEN,
            f"It is turned away ({answer.status}).", f"It was answered with {answer.status}.",
        )  # fmt: skip
    yield from _existence(asked)


def _as_stranger(asked: Asked) -> Iterator[Check]:
    """Without a token nothing but TLP:CLEAR may be seen."""
    answer = asked.get(f"{asked.feed}objects/?limit=1000")
    page = _page(answer)
    if page is None:
        passed = answer.status in _HIDDEN
        yield Check("leak", "stranger", passed, f"A stranger gets {answer.status} and no object.")
        return
    marked = [marking_of(_refs(piece.value)) for piece in page.pieces]
    stricter = sum(one is not TLP.CLEAR for one in marked)
    yield _judged(
        "leak", "stranger", stricter == 0,
        f"A stranger sees {len(marked)} objects, all TLP:CLEAR.", f"A stranger sees {stricter} objects that are not TLP:CLEAR.",
    )  # fmt: skip


def _existence(asked: Asked) -> Iterator[Check]:
    """What is there and hidden is answered as what is not there (S36)."""
    api = asked.feed.rpartition("collections/")[0]
    absent = asked.get(f"{api}collections/{uuid4()}/objects/")
    hidden = asked.get(f"{asked.inbox}objects/")
    yield _judged(
        "leak", "absent-collection", _alike(absent, hidden),
        "A hidden collection is answered as one that does not exist.", _differ(hidden, absent),
    )  # fmt: skip
    found = _hidden_record(asked)
    if found is None:
        yield Check(
            "leak",
            "absent-record",
            None,
            "No record above TLP:CLEAR is known there to ask a stranger's question about.",
        )
        return
    stix_id, ref = found
    for name, there, elsewhere in (
        (
            "absent-object",
            f"{asked.feed}objects/{stix_id}/",
            f"{asked.feed}objects/{stix_id.partition('--')[0]}--{uuid4()}/",
        ),
        (
            "absent-record",
            f"{asked.base_url}/api/v1/records/{ref}",
            f"{asked.base_url}/api/v1/records/{ref[:-6]}{'0' * 6}",
        ),
    ):
        hidden, absent = asked.get(there), asked.get(elsewhere)
        yield _judged(
            "leak", name, _alike(hidden, absent),
            "A stranger cannot tell a hidden record from none.", _differ(hidden, absent),
        )  # fmt: skip


def _hidden_record(asked: Asked) -> tuple[str, str] | None:
    """STIX id and reference of a record there that is for the community, as this node's token shows it."""
    page = _page(asked.get(f"{asked.feed}objects/?limit=1000", bearer=asked.token)) if asked.token else None
    for piece in page.pieces if page else ():
        obj = piece.value or {}
        refs = [one.get("external_id") for one in obj.get("external_references", ()) if isinstance(one, dict)]
        ref = next((one for one in refs if isinstance(one, str) and one.startswith("RSI-")), None)
        if ref is not None and isinstance(obj.get("id"), str) and marking_of(_refs(obj)) is TLP.GREEN:
            return obj["id"], ref
    return None


def _alike(one: Answer, other: Answer) -> bool:
    return one.status == other.status and one.status in _HIDDEN and _bare(one) == _bare(other)


def _differ(hidden: Answer, absent: Answer) -> str:
    return f"Hidden {hidden.status}, absent {absent.status}: they differ."


def _bare(answer: Answer) -> Any:
    """The body without what differs between any two requests."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return len(answer.body)
    return (
        {k: v for k, v in said.items() if k not in ("instance", "error_id", "request_id")}
        if isinstance(said, dict)
        else said
    )


# ---------------------------------------------------------------- reading


def _json(answer: Answer) -> Mapping[str, Any]:
    try:
        return strict_json.parse(answer.body) if answer.well else {}
    except strict_json.BadJson:
        return {}


def _page(answer: Answer) -> Page | None:
    try:
        return read_envelope(answer.body) if answer.well else None
    except BadEnvelope:
        return None


def _refs(obj: Any) -> list[str]:
    refs = obj.get("object_marking_refs") if isinstance(obj, dict) else None
    return [one for one in refs if isinstance(one, str)] if isinstance(refs, list) else []


def _dated(answer: Answer) -> bool:
    try:
        first, last = (
            read_time(answer.headers.get(f"x-taxii-date-added-{one}", "")) for one in ("first", "last")
        )
    except BadTime:
        return False
    return first <= last


def unreachable(group: str, error: Unreachable) -> Check:
    """A group of checks that came to an end because the node could not be talked to."""
    return Check(group, "reachable", False, f"The node could not be talked to ({error.code}).")
