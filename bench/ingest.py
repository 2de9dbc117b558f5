"""How fast a node takes in an allied node's feed, against what reading, canonicalising and verifying alone allow on one core.

    python -m bench.ingest [--objects 5000] [--runs 3]

The objects are signed records of about 2 kB. `limit` loads a page, writes each object's RFC 8785 bytes and verifies the signature,
and does nothing else. `ingest` is the node's own work on the same pages, in the transaction of each page: strict reading,
verifying, checking, storing the record with its version and claims, log and event, search index, the signed answer. No network.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from comity.domain.kinds.registry import kind
from comity.domain.signing import SIGNATURE, sign
from comity.domain.taxii_envelope import read_envelope
from comity.services import sign as signing
from comity.services.apply_page import apply_page
from comity.stix.record import to_stix
from comity.storage import collections
from tests import allies
from tests.factories import World, make_database
from tests.foreign import SUDLAND, facts, text_of
from tests.place import Place
from tests.story import NOW, example

WORDS = "export of optical instruments to laboratories with a dual use needs a licence when the wave length is short ".split()


def record(number: int) -> str:
    """A signed advisory of about 2 kB, its text different each time."""
    turned = [WORDS[(number * 7 + place * (1 + number % 5)) % len(WORDS)] for place in range(90)]
    content = example(now=NOW)
    keep = (
        "subtype",
        "title",
        "summary",
        "benefits",
        "recommended_actions",
        "sources",
        "known",
        "not_known",
        "valid_from",
        "review_due",
        "expires_at",
    )
    short = {name: value for name, value in content.items() if name in keep}
    short |= {
        "title": f"Advisory number {number} on {turned[0]} and {turned[3]}",
        "summary": " ".join(turned[:30]),
        "body": " ".join(turned[30:]),
        "sources": content["sources"][:1],
        "known": content["known"][:1],
        "not_known": content["not_known"][:1],
        "recommended_actions": content["recommended_actions"][:1],
        "severity": content["severity"],
        "urgency": content["urgency"],
    }
    told = facts(number, modified=NOW - timedelta(hours=1) + timedelta(milliseconds=number))
    return text_of(sign(to_stix(told, kind("advisory").model_validate(short))[-1], SUDLAND))


def rate(act: Callable[[], Any], count: int) -> tuple[float, float]:
    """Objects a wall second and a CPU second."""
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return count / (time.perf_counter() - wall), count / (time.process_time() - cpu)


def limit(pages: list[bytes]) -> None:
    """Nothing but load, canonicalise, verify."""
    public = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(str(allies.public(SUDLAND).jwk["x"]) + "="))
    for page in pages:
        for obj in json.loads(page)["objects"]:
            held = obj["extensions"].pop(SIGNATURE)
            header, _, mark = held["signature"].split(".")
            body = urlsafe_b64encode_nopad(rfc8785.dumps(obj))
            public.verify(urlsafe_b64decode(mark + "=="), header.encode() + b"." + body)


def urlsafe_b64encode_nopad(raw: bytes) -> bytes:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(raw).rstrip(b"=")


def ingest(place: Place, pages: list[bytes]) -> None:
    """Page by page, as the worker does it."""
    for page in pages:
        with place.unit("system", now=NOW) as unit:
            from comity.storage import peers

            peer = peers.get(unit.db, unit.viewer, "sudland")
            assert peer is not None
            counts = apply_page(unit, peer, read_envelope(page).pieces)
            assert counts.applied == counts.received, counts


def new_place(folder: Path) -> Place:
    engine = make_database(folder / "node.db")
    place = Place(engine, World().put(engine))
    with place.unit("system", now=NOW) as unit:
        collections.ensure(unit.db, "nordmark", NOW)
        signing.ensure_key(unit)
        allies.put(unit.db, key=SUDLAND)
    return place


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--objects", type=int, default=5000)
    parser.add_argument("--page", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    texts = [record(number) for number in range(1, asked.objects + 1)]
    size = statistics.mean(map(len, texts))
    pages = [
        ('{"more":true,"next":"x","objects":[' + ",".join(texts[start : start + asked.page]) + "]}").encode()
        for start in range(0, len(texts), asked.page)
    ]
    print(f"{len(texts)} signed records of {size:.0f} bytes, pages of {asked.page}")
    limits = [rate(lambda: limit(pages), len(texts)) for _ in range(asked.runs)]
    taken = []
    for _ in range(asked.runs):
        with tempfile.TemporaryDirectory() as folder:
            place = new_place(Path(folder))
            if asked.profile:
                import cProfile

                profile = cProfile.Profile()
                profile.runcall(ingest, place, pages)
                profile.dump_stats("/tmp/ingest.prof")
                return
            taken.append(rate(lambda place=place: ingest(place, pages), len(texts)))  # type: ignore[misc]
            place.engine.dispose()
    top, own = (statistics.median(cpu for _, cpu in one) for one in (limits, taken))
    wall = statistics.median(wall for wall, _ in taken)
    print(f"limit  {top:8.0f} objects a CPU second")
    print(f"ingest {own:8.0f} objects a CPU second, {wall:.0f} a wall second: {own / top:.0%} of the limit")


if __name__ == "__main__":
    main()
