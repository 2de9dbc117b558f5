"""Times the embedded search engine: `python bench/search_engine.py [documents] [--url postgresql+psycopg://...]`.

Real abstracts and advisories from the shared data folder where it is (COMITY_SHARED or ../shared), otherwise made-up
text. Everything is engine time in one thread, with the access condition on: 600 of 3,000 audiences unless a row says
otherwise, 20 hits with snippets. Prints medians and 95th percentiles in milliseconds.
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event

from comity.search import embedded, schema
from comity.search.port import FACETS, Document, Query, SearchIndex
from comity.search.query import _STOP

ROOT = Path(__file__).resolve().parents[1]
AUDIENCES = 3000
READABLE = 600
SAMPLES = 120
CHINESE = "北京上海工业大学材料科学研究院技术交流合作项目安全数据人工智能半导体航空航天电子信息系统工程国防"


def texts(shared: Path) -> Iterator[tuple[str, str]]:
    """(title, body), repeated with other seeds when there are not enough."""
    found: list[tuple[str, str]] = []
    abstracts = shared / "data" / "corpus" / "arxiv_abstracts_2019.jsonl.xz"
    if abstracts.exists():
        with lzma.open(abstracts, "rt", encoding="utf-8") as lines:
            found += [(row["title"], row["abstract"]) for row in map(json.loads, lines)]
    for name in ("osv_go", "osv_pypi"):
        path = shared / "data" / "advisories" / f"{name}.jsonl.gz"
        if path.exists():
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                found += [
                    (row.get("title") or row["id"], row.get("text") or "") for row in map(json.loads, lines)
                ]
    if not found:
        words = [f"word{number:05d}" for number in range(30_000)]
        dice = random.Random(3)
        found = [
            (" ".join(dice.choices(words[:5000], k=8)), " ".join(words[int(dice.paretovariate(0.4)) % 30_000] for _ in range(250)))
            for _ in range(20_000)
        ]  # fmt: skip
    dice = random.Random(7)
    dice.shuffle(found)
    while True:
        for title, body in found:
            second = dice.choice(found)[1]
            yield title, f"{body}\n{second}"


def documents(number: int) -> Iterator[Document]:
    dice = random.Random(11)
    shared = Path(os.environ.get("COMITY_SHARED", ROOT.parent / "shared"))
    sizes = dict(zip(FACETS, (3, 10, 24, 10, 8, 8, 6, 5, 40, 4, 12, 4, 4, 4, 4, 3), strict=True))
    for record_id, (title, body) in enumerate(islice(texts(shared), number), 1):
        chinese = "".join(dice.choices(CHINESE, k=dice.randint(4, 10)))
        facets = {
            name: tuple(
                {f"{name}-{min(int(dice.expovariate(0.5)), size - 1)}" for _ in range(1 + dice.randrange(2))}
            )
            for name, size in sizes.items()
            if name not in ("kind", "subtype")
        }
        yield Document(
            record_id=record_id,
            audience_id=dice.randrange(AUDIENCES),
            revision=1,
            kind=f"kind-{dice.randrange(3)}",
            subtype=f"subtype-{dice.randrange(10)}",
            title=title,
            names=(chinese,) if dice.random() < 0.4 else (),
            summary=body[:240],
            body=body,
            published_at=1_500_000_000 + record_id * 5000,
            quality=dice.randrange(10),
            facets=facets,
        )


def asked(sample: list[Document]) -> dict[str, Callable[[random.Random], str]]:
    def words(dice: random.Random, number: int) -> list[str]:
        while True:
            found = [
                w
                for w in dice.choice(sample).body.split()
                if w.isalpha() and w.lower() not in _STOP and len(w) > 3
            ]
            if len(found) >= number + 2:
                start = dice.randrange(len(found) - number)
                return found[start : start + number]

    def slip(word: str, dice: random.Random) -> str:
        place = dice.randrange(1, max(2, len(word) - 1))
        return word[:place] + word[place + 1 :]

    def long_word(dice: random.Random) -> str:
        return next(word for _ in range(500) if len(word := words(dice, 1)[0]) >= 7)

    return {
        "one word": lambda dice: words(dice, 1)[0],
        "two words": lambda dice: " ".join(words(dice, 2)),
        "prefix of 3-5": lambda dice: long_word(dice)[: dice.randint(3, 5)],
        "one slip": lambda dice: slip(long_word(dice), dice),
        "slip and a word": lambda dice: f"{slip(long_word(dice), dice)} {words(dice, 1)[0]}",
        "phrase": lambda dice: f'"{" ".join(words(dice, 2))}"',
        "Chinese, 2-4 signs": lambda dice: next(
            d.names[0][: dice.randint(2, 4)] for _ in range(500) if (d := dice.choice(sample)).names
        ),
        "a sentence": lambda dice: " ".join(words(dice, 9)),
        "nothing (browse)": lambda _: "",
    }


Times = list[tuple[float, float]]
"""Milliseconds by the clock and of this process's CPU, for each call."""


def clocked(call: Callable[..., object], *given: object) -> tuple[float, float]:
    clock, cpu = time.perf_counter(), time.process_time()
    call(*given)
    return (time.perf_counter() - clock) * 1000, (time.process_time() - cpu) * 1000


def row(name: str, times: Times) -> None:
    numbers = [value for kind in zip(*times, strict=True) for value in (statistics.median(kind), _p95(kind))]
    print(f"{name:<34}" + "".join(f"{number:>10.1f}" for number in numbers), flush=True)


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def times(index: SearchIndex, texts: list[str], audiences: list[int], **given: Any) -> Times:
    return [clocked(index.search, Query(text, audiences, **given)) for text in texts]


def measure(index: SearchIndex, sample: list[Document], samples: int) -> None:
    dice = random.Random(5)
    some = sorted(dice.sample(range(AUDIENCES), READABLE))
    every = list(range(AUDIENCES))
    four = ("kind", "technology_area", "tlp", "severity")
    index.search(Query("", every, facets=four))  # a process meets each combination of facets once
    print(f"{'query, ms':<34}{'p50':>10}{'p95':>10}{'CPU p50':>10}{'CPU p95':>10}")
    for name, make in asked(sample).items():
        for label, audiences, facets in (
            ("", some, ()),
            (" + 4 facets", some, four),
            (" + 4 facets, all", every, four),
        ):
            texts_asked = [make(dice) for _ in range(samples)]
            typing = name.startswith("prefix")
            row(name + label, times(index, texts_asked, audiences, facets=facets, typing=typing))
    words = [asked(sample)["one word"](dice) for _ in range(samples)]
    chosen = {"tlp": frozenset({"tlp-0"}), "severity": frozenset({"severity-0", "severity-1"})}
    row("one word, 2 filters, 4 facets", times(index, words, some, filters=chosen, facets=four))
    row("one word, newest first", times(index, words, some, sort="newest"))
    row("suggest", [clocked(index.suggest, word[:4], some) for word in words])
    row("put one document again", [clocked(index.put, [d]) for d in dice.sample(sample, min(60, samples))])


def main() -> None:
    choices = argparse.ArgumentParser(description=__doc__)
    choices.add_argument("documents", nargs="?", type=int, default=50_000)
    choices.add_argument(
        "--url", default="sqlite://", help="where to build; the tables must not be there yet"
    )
    choices.add_argument("--samples", type=int, default=SAMPLES)
    options = choices.parse_args()
    engine = create_engine(options.url)
    if engine.dialect.name == "sqlite":
        event.listen(
            engine, "connect", lambda connection, _: connection.execute("PRAGMA cache_size = -65536")
        )
    with engine.connect() as connection:
        fill_and_measure(connection, options.documents, options.samples)


def fill_and_measure(connection: Connection, number: int, samples: int) -> None:
    schema.create(connection)
    index = embedded(connection)
    start = time.process_time()
    sample: list[Document] = []
    waiting = documents(number)
    while batch := list(islice(waiting, 500)):
        index.put(batch)
        sample += batch[::20]
    connection.commit()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")
    print(
        f"{number} documents on {connection.dialect.name}, indexed in {time.process_time() - start:.0f} CPU s"
    )
    measure(index, sample, samples)
    connection.rollback()


if __name__ == "__main__":
    main()
