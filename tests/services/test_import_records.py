"""A file in, and of every row what became of it: once, resumable, and never wider than council allowed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain.audit_chain import Intact, verify
from comity.domain.errors import NotAllowed
from comity.domain.handling import Handling
from comity.domain.lifecycle_facts import State
from comity.domain.source_admission import PublicSource
from comity.domain.tlp import TLP
from comity.services import admit, draft, find, read, reindex
from comity.services.import_drafts import on_behalf_of
from comity.services.import_records import ImportReport, OpenUnit, Progress, import_file
from comity.services.unit import Unit
from comity.storage import audit, bulk, outbox, records, revisions
from tests.factories import NOW, make_world
from tests.formats.documents_of_others import CSAF, OSV, RECORD, SHARED, STIX, changed, lines_file, zip_file
from tests.place import Place

ROOT = Path(__file__).parents[2]


def opener(place: Place, who: str = "system", *, now: datetime = NOW, behalf: str = "") -> OpenUnit:
    @contextmanager
    def opened(writes: bool) -> Iterator[Unit]:
        with place.world.unit(place.engine, who, now=now, writes=writes) as unit:
            yield on_behalf_of(unit, behalf, log=writes) if behalf else unit

    return opened


def samples(tmp_path: Path, documents: list[Any], name: str = "a.jsonl") -> Path:
    return lines_file(tmp_path / name, documents)


def sample(number: int, **changes: Any) -> dict[str, Any]:
    document = changed(RECORD, "id", f"SAMPLE-2026-{number}")
    document["content"] = {**document["content"], "title": f"Sample number {number}", **changes}
    return document


def take(place: Place, path: Path, *, now: datetime = NOW, **options: Any) -> ImportReport:
    options = {"format_name": "jsonl", "source": "comity-samples", **options}
    return import_file(opener(place, now=now), path=path, **options)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, len(report.refused)


def codes(report: ImportReport) -> list[str]:
    return [one.problems[0].code for one in report.refused]


def table(place: Place, name: str) -> int:
    with place.engine.connect() as connection:
        return int(connection.execute(sa.text(f'SELECT count(*) FROM "{name}"')).scalar_one())


def assert_whole(place: Place) -> None:
    """No half-published record, no index entry without a record, no broken chain."""
    with place.world.unit(place.engine, "system", writes=False) as unit:
        assert reindex.check(unit).none
        assert isinstance(verify(audit.chain(unit.db)), Intact)
        seqs = [event.seq for event in outbox.after(unit.db, 0, limit=100_000)]
        assert seqs == list(range(1, len(seqs) + 1))
        found = records.listing(unit.db, unit.viewer, limit=100_000)
        assert all(
            revisions.get(unit.db, unit.viewer, one.published_revision_id)
            for one in found
            if one.is_published
        )
        assert all(one.is_published or one.state is State.DRAFT for one in found)


# ---------------------------------------------------------------- an admitted source


def test_an_admitted_source_is_published_and_found_by_anybody(place: Place, tmp_path: Path) -> None:
    report = take(
        place, samples(tmp_path, [sample(1, title="Halden controller without a password"), sample(2)])
    )
    assert counts(report) == (2, 0, 0, 0)
    with place.world.unit(place.engine, "public", writes=False) as unit:
        answer = find.find(
            unit, find.asked(text="halden controler", filters={}, sort="", page=1, include_ended=False)
        )
        (hit,) = answer.items
        reading = read.read(unit, ref=hit.record.ref)
    assert reading.revision is not None
    assert reading.revision.version == "1.0"
    assert reading.record.published_at == datetime(2026, 1, 15, tzinfo=NOW.tzinfo)
    assert reading.record.foreign_id == "comity-samples:SAMPLE-2026-1"
    assert reading.content["sources"][0]["licence"] == "Apache-2.0"
    assert "invented" in reading.content["body"]
    assert_whole(place)


def test_the_same_file_twice_changes_nothing(place: Place, tmp_path: Path) -> None:
    path = samples(tmp_path, [sample(n) for n in range(5)])
    take(place, path)
    before = {
        name: table(place, name) for name in ("record", "revision", "audit_entry", "outbox", "search_entry")
    }
    assert counts(take(place, path, now=NOW + timedelta(days=40))) == (0, 0, 5, 0)
    assert {name: table(place, name) for name in before} == before


def test_what_changed_at_its_publisher_becomes_a_minor_version_and_the_old_one_stays(
    place: Place, tmp_path: Path
) -> None:
    take(place, samples(tmp_path, [sample(1), sample(2)]))
    report = take(place, samples(tmp_path, [sample(1, title="Corrected"), sample(2)], "b.jsonl"))
    assert counts(report) == (0, 1, 1, 0)
    take(place, samples(tmp_path, [sample(1, title="Corrected again")], "c.jsonl"))
    with place.world.unit(place.engine, "system", writes=False) as unit:
        record = bulk.known(unit.db, unit.viewer, ["comity-samples:SAMPLE-2026-1"])[
            "comity-samples:SAMPLE-2026-1"
        ]
        versions = revisions.of_record(unit.db, unit.viewer, record.id)
        assert [one.version for one in versions] == ["1.2", "1.1", "1.0"]
        assert [one.title for one in versions] == ["Corrected again", "Corrected", "Sample number 1"]
        assert record.published_revision_id == versions[0].id
    assert table(place, "record") == 2
    assert_whole(place)


def test_a_record_that_was_withdrawn_here_is_left_withdrawn(sqlite_place: Place, tmp_path: Path) -> None:
    take(sqlite_place, samples(tmp_path, [sample(1)]))
    with sqlite_place.unit("system") as unit:
        record = bulk.known(unit.db, unit.viewer, ["comity-samples:SAMPLE-2026-1"])[
            "comity-samples:SAMPLE-2026-1"
        ]
        records.store(unit.db, replace(record, state=State.WITHDRAWN, tombstone={"title": "x"}))
    report = take(sqlite_place, samples(tmp_path, [sample(1, title="New")], "b.jsonl"))
    assert codes(report) == ["left-as-it-is"]
    assert table(sqlite_place, "revision") == 1


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (changed(RECORD, "publisher", "Somebody else"), "not-from-source"),
        (changed(RECORD, "id", "ICSA-26-001-01"), "not-from-source"),
        (changed(RECORD, "tlp", "GREEN"), "marking"),
        (changed(RECORD, "tlp", "TLP:RED"), "marking"),
        (changed(RECORD, "tlp", "MAUVE"), "marking"),
        (changed(RECORD, "kind", "best_practice"), "not-admitted"),
        (changed(RECORD, "published", "2031-01-01"), "dates"),
        (changed(RECORD, "content.entities", [{"name": "X Ltd", "entity_type": "company", "role": "subject"}]), "needs-review"),
        (changed(RECORD, "content.claims", [{"text": "bad"}]), "needs-review"),
        (changed(RECORD, "content.known", "Write to jane.doe@uni.example."), "personal-data"),
        (changed(RECORD, "content.known", "SECRET//NOFORN follows."), "national-marking"),
        (changed(RECORD, "content.known", ""), "missing"),
        (changed(RECORD, "content.severity", "awful"), "choice"),
        (changed(RECORD, "content.known", "<b>bold</b>"), "html"),
        (changed(RECORD, "content.nationality", "x"), "unknown-field"),
        (changed(RECORD, "content.sources", "none"), "wrong-shape"),
        (changed(RECORD, "content.subtype", ["urgent"]), "choice"),
        (changed(RECORD, "content.pathways", ["teleport"]), "unknown-code"),
    ],
)  # fmt: skip
def test_what_council_did_not_admit_is_refused_and_the_rest_goes_on(
    sqlite_place: Place, tmp_path: Path, document: dict[str, Any], code: str
) -> None:
    report = take(sqlite_place, samples(tmp_path, [document, sample(99)]))
    assert (report.added, codes(report)) == (1, [code])
    assert report.refused[0].position == 1
    assert table(sqlite_place, "record") == 1


def test_a_source_without_a_sufficient_vote_publishes_nothing(
    sqlite_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from comity import policies

    real = policies.sources()
    alone: PublicSource = real.sources[-1].model_validate(
        {
            **real.sources[-1].model_dump(),
            "admitted": {"day": "2026-01-01", "votes": ["government", "government"]},
        }
    )
    monkeypatch.setattr(policies, "sources", lambda: real.model_copy(update={"sources": (alone,)}))
    with pytest.raises(NotAllowed):
        take(sqlite_place, samples(tmp_path, [sample(1)]))
    with pytest.raises(NotAllowed):
        take(sqlite_place, samples(tmp_path, [sample(1)]), source="nobody-knows")
    assert table(sqlite_place, "record") == 0


@pytest.mark.parametrize("who", ["researcher", "editor", "node_admin", "council_gov", "public"])
def test_no_person_takes_over_a_source_past_review(sqlite_place: Place, tmp_path: Path, who: str) -> None:
    with pytest.raises(NotAllowed):
        import_file(
            opener(sqlite_place, who),
            path=samples(tmp_path, [sample(1)]),
            format_name="jsonl",
            source="comity-samples",
        )
    assert table(sqlite_place, "record") == 0


def test_a_document_twice_in_one_file_is_taken_once(sqlite_place: Place, tmp_path: Path) -> None:
    report = take(sqlite_place, samples(tmp_path, [sample(1), sample(2), sample(1)]), batch_size=2)
    assert counts(report) == (2, 0, 0, 1)
    assert codes(report) == ["duplicate"]


def test_a_dry_run_says_the_same_and_changes_nothing(sqlite_place: Place, tmp_path: Path) -> None:
    path = samples(tmp_path, [sample(1), "{", sample(2)])
    tables = ("record", "revision", "audit_entry", "outbox", "import_run", "audience", "search_entry")
    before = {name: table(sqlite_place, name) for name in tables}
    journals = tmp_path / "journals"
    dry = take(sqlite_place, path, dry_run=True, journals=journals)
    assert {name: table(sqlite_place, name) for name in tables} == before
    assert not journals.exists()
    real = take(sqlite_place, path)
    assert counts(dry) == counts(real) == (2, 0, 0, 1)


def test_progress_is_told_batch_by_batch(sqlite_place: Place, tmp_path: Path) -> None:
    told: list[Progress] = []
    take(
        sqlite_place, samples(tmp_path, [sample(n) for n in range(5)]), batch_size=2, on_progress=told.append
    )
    assert [one.position for one in told] == [2, 4, 5]
    assert told[-1].added == 5


# ---------------------------------------------------------------- the same rows either way


def test_the_bulk_path_leaves_the_rows_that_the_ordinary_path_leaves(place: Place, tmp_path: Path) -> None:
    take(place, samples(tmp_path, [sample(1)]))
    with place.unit("system") as unit:
        record = bulk.known(unit.db, unit.viewer, ["comity-samples:SAMPLE-2026-1"])[
            "comity-samples:SAMPLE-2026-1"
        ]
        version = revisions.get(unit.db, unit.viewer, record.published_revision_id)
        assert version is not None
        assert bulk.record_row(record) == records._to_row(record)
        assert version.content_hash == draft.content_hash(dict(version.content), [], version.handling)
        # Write the same record by the ordinary verbs of storage, and settle it: nothing but names and ids may differ.
        twin = records.add(unit.db, replace(record, uid="0" * 36, ref="RSI-twin", foreign_id="twin"))
        copy = revisions.add(unit.db, replace(version, record_id=twin.id))
        twin = replace(twin, published_revision_id=copy.id, working_revision_id=copy.id)
        from comity.services.settle import settle

        settled = settle(unit, twin)
        assert settled.audience_id == record.audience_id
        assert revisions.get(unit.db, unit.viewer, copy.id) == replace(version, id=copy.id, record_id=twin.id)
        unit.db.flush()
        indexed = {one.record_id: one for one in unit.index.documents()}
        assert indexed[record.id].audience_id == indexed[twin.id].audience_id
    assert_whole(place)


def test_refs_are_random_and_unique(sqlite_place: Place) -> None:
    with sqlite_place.unit("system") as unit:
        refs = bulk.new_refs(unit.db, node="x", code="ADV", year=2026, count=2000)
    assert len(set(refs)) == 2000
    assert refs != sorted(refs)


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@settings(deadline=None)  # a loaded machine is no defect
@given(st.dictionaries(st.text(), _PLAIN))
def test_the_fast_canonical_form_is_the_one_of_rfc_8785(value: dict[str, Any]) -> None:
    import rfc8785

    from comity.domain.canonical import canonical_json

    try:
        expected: bytes | None = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, ValueError):
        expected = None
    if expected is None:
        with pytest.raises((ValueError, rfc8785.CanonicalizationError), match=r"\w"):
            canonical_json(value)
    else:
        assert canonical_json(value) == expected


# ---------------------------------------------------------------- drafts


def test_everything_else_becomes_drafts_of_the_one_who_imports(place: Place, tmp_path: Path) -> None:
    path = zip_file(
        tmp_path / "a.zip",
        {"a.json": CSAF, "b.json": changed(CSAF, "document.tracking.id", "ICSA-26-002-01")},
    )
    report = import_file(opener(place, "contributor"), path=path, format_name="csaf")
    assert counts(report) == (2, 0, 0, 0)
    with place.world.unit(place.engine, "contributor", writes=False) as unit:
        mine = records.listing(unit.db, unit.viewer, author="person-contributor")
        assert {one.state for one in mine} == {State.DRAFT}
    for who in ("public", "researcher", "editor", "reviewer_gov"):
        with place.world.unit(place.engine, who, writes=False) as unit:
            assert records.listing(unit.db, unit.viewer) == []
            query = find.asked(text="Halden", filters={}, sort="", page=1, include_ended=False)
            assert find.find(unit, query).total == 0
    assert counts(import_file(opener(place, "contributor"), path=path, format_name="csaf")) == (0, 0, 2, 0)
    assert_whole(place)


def test_an_unmarked_document_begins_as_amber_of_the_own_organization(
    sqlite_place: Place, tmp_path: Path
) -> None:
    path = lines_file(tmp_path / "a.json", [OSV])
    import_file(opener(sqlite_place, "contributor"), path=path, format_name="osv")
    with sqlite_place.world.unit(sqlite_place.engine, "contributor", writes=False) as unit:
        (record,) = records.listing(unit.db, unit.viewer)
        version = revisions.get(unit.db, unit.viewer, record.working_revision_id)
    assert version is not None
    assert version.handling == Handling(tlp=TLP.AMBER)


def test_drafts_of_two_organizations_never_meet(sqlite_place: Place, tmp_path: Path) -> None:
    path = lines_file(tmp_path / "a.json", [STIX])
    for who in ("contributor", "researcher"):
        assert counts(import_file(opener(sqlite_place, who), path=path, format_name="stix")) == (1, 0, 0, 0)


def test_a_draft_that_was_worked_on_is_not_overwritten(sqlite_place: Place, tmp_path: Path) -> None:
    first, second = samples(tmp_path, [sample(1)]), samples(tmp_path, [sample(1, title="Newer")], "b.jsonl")
    contributor = opener(sqlite_place, "contributor")
    import_file(contributor, path=first, format_name="jsonl")
    assert counts(import_file(contributor, path=second, format_name="jsonl")) == (0, 1, 0, 0)
    with sqlite_place.unit("contributor") as unit:
        (record,) = records.listing(unit.db, unit.viewer)
        draft.save(unit, ref=record.ref, content={"title": "My own words"})
    third = samples(tmp_path, [sample(1, title="Newest")], "c.jsonl")
    assert codes(import_file(contributor, path=third, format_name="jsonl")) == ["left-as-it-is"]
    with sqlite_place.unit("contributor") as unit:
        _, version = draft.working(unit, record.ref)
        assert version.title == "My own words"


@pytest.mark.parametrize("who", ["public", "reader", "node_admin", "auditor"])
def test_who_may_not_draft_may_not_import(sqlite_place: Place, tmp_path: Path, who: str) -> None:
    with pytest.raises(Exception, match=r"sign in|role"):
        import_file(opener(sqlite_place, who), path=samples(tmp_path, [sample(1)]), format_name="jsonl")
    assert table(sqlite_place, "record") == 0


def test_the_operator_imports_for_somebody_and_the_log_says_so(sqlite_place: Place, tmp_path: Path) -> None:
    email = sqlite_place.email("contributor")
    import_file(opener(sqlite_place, behalf=email), path=samples(tmp_path, [sample(1)]), format_name="jsonl")
    assert "import.on_behalf_of" in sqlite_place.audited()
    with sqlite_place.unit("contributor") as unit:
        assert len(records.listing(unit.db, unit.viewer, author="person-contributor")) == 1
    with sqlite_place.unit("contributor") as unit, pytest.raises(NotAllowed):
        on_behalf_of(unit, sqlite_place.email("researcher"))
    with sqlite_place.unit("system") as unit, pytest.raises(NotAllowed):
        on_behalf_of(unit, "nobody@example.org")


def test_a_draft_with_a_national_marking_is_refused_at_the_door(sqlite_place: Place, tmp_path: Path) -> None:
    path = samples(tmp_path, [sample(1, known="NATO SECRET follows")])
    assert codes(import_file(opener(sqlite_place, "contributor"), path=path, format_name="jsonl")) == [
        "national-marking"
    ]
    assert "NATO SECRET" not in sqlite_place.everything_stored()


# ---------------------------------------------------------------- crash and resume

_RUN = """
import sys
from pathlib import Path
from comity.services.import_records import import_file
from comity.storage.engine import open_engine
from tests.factories import World
engine = open_engine("sqlite:///" + sys.argv[1], pool_size=2)
world = World()
import_file(lambda writes: world.unit(engine, "system", writes=writes), path=Path(sys.argv[2]), format_name="jsonl",
            source="comity-samples", journals=Path(sys.argv[3]), batch_size=40)
"""


def _run_row(database: Path) -> tuple[int, int]:
    engine = sa.create_engine(f"sqlite:///{database}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        row = connection.execute(sa.text("SELECT done, added FROM import_run")).one_or_none()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.0, 0.03, 0.11])
def test_kill_9_in_the_middle_loses_nothing_and_doubles_nothing(tmp_path: Path, pause: float) -> None:
    database, journals = tmp_path / "node.db", tmp_path / "journals"
    engine, world = make_world(database)
    documents: list[Any] = [sample(n) if n % 50 != 7 else "{" for n in range(500)]
    path = samples(tmp_path, documents)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}"}
    arguments = [sys.executable, "-c", _RUN, str(database), str(path), str(journals)]
    process = subprocess.Popen(arguments, env=environment, cwd=ROOT)
    try:
        limit = time.monotonic() + 60
        while _run_row(database)[0] < 120 and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.01)
        time.sleep(pause)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    place = Place(engine, world)
    done, added = _run_row(database)
    assert 120 <= done < 500
    assert table(place, "record") == added
    assert_whole(place)
    report = take(place, path, journals=journals)
    assert report.resumed_at == done
    assert table(place, "record") == 490
    assert [one.position for one in report.refused] == [n + 1 for n in range(500) if n % 50 == 7]
    assert (report.added, report.rows) == (490 - added, 500)
    assert_whole(place)
    assert not list(journals.glob("*"))
    assert counts(take(place, path, journals=journals))[:3] == (0, 0, 490)
    engine.dispose()


def test_a_half_written_journal_line_is_passed_over(sqlite_place: Place, tmp_path: Path) -> None:
    path, journals = samples(tmp_path, ["{", sample(1), sample(2)]), tmp_path / "journals"

    def stop(progress: Progress) -> None:
        if progress.position == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(sqlite_place, path, journals=journals, batch_size=1, on_progress=stop)
    (journal,) = journals.iterdir()
    journal.write_text(journal.read_text() + '{"position": 3, "fore', encoding="utf-8")
    report = take(sqlite_place, path, journals=journals)
    assert (report.resumed_at, report.added, codes(report)) == (2, 1, ["json"])


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not beside this tree")
def test_forty_real_documents_are_published_whole(sqlite_place: Place) -> None:
    later = NOW.replace(year=2027)
    path = SHARED / "advisories" / "cisa_csaf_raw_40.zip"
    report = take(sqlite_place, path, now=later, format_name="csaf", source="cisa-csaf")
    assert counts(report) == (40, 0, 0, 0)
    assert_whole(sqlite_place)
    assert admit.admitted_source("cisa-csaf").licence.startswith("Public domain")
