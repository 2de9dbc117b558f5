"""What every engine must do; each test runs on each of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from comity.search import embedded
from comity.search.port import Indexed, Query, RefusedDocument, SearchIndex
from tests.search.samples import HIDDEN, OPEN, document, ids


def test_words_are_found_in_every_field(index: SearchIndex) -> None:
    index.put(
        [
            document(1, "Photonic chips"),
            document(2, names=("Photonic Institute",)),
            document(3, summary="on photonic work"),
            document(4, body="about photonic work"),
            document(5, "Something else"),
        ]
    )
    assert sorted(ids(index, "photonic")) == [1, 2, 3, 4]
    assert ids(index, "PHOTONIC chips") == [1]


def test_title_comes_before_names_before_summary_before_body(index: SearchIndex) -> None:
    index.put(
        [
            document(1, "Note", body="laser"),
            document(2, "Note", summary="laser"),
            document(3, "Note", names=("laser",)),
            document(4, "Laser"),
        ]
    )
    assert ids(index, "laser") == [4, 3, 2, 1]


def test_of_equals_the_fresher_and_the_better_sourced_come_first(index: SearchIndex) -> None:
    year = 31_557_600
    old, new = document(1, "Drones", published_at=0), document(2, "Drones", published_at=5 * year)
    good = document(3, "Drones", published_at=0, quality=10)
    index.put([old, new, good])
    assert ids(index, "drones") == [3, 2, 1]


def test_what_the_record_says_counts_more_than_its_age(index: SearchIndex) -> None:
    index.put(
        [
            document(1, "Sensor theft", published_at=0),
            document(2, "Note", body="sensor theft", published_at=9**9),
        ]
    )
    assert ids(index, "sensor theft") == [1, 2]


def test_put_replaces(index: SearchIndex) -> None:
    index.put([document(1, "First wording")])
    index.put([document(1, "Second wording", revision=2)])
    assert ids(index, '"first wording"') == []
    assert ids(index, "second") == [1]
    assert [entry.revision for entry in index.documents()] == [2]


def test_remove_forgets_and_prune_forgets_the_words(index: SearchIndex) -> None:
    index.put([document(1, "Zirconium"), document(2, "Furnace")])
    index.remove([1, 99])
    assert ids(index, "zirconium") == []
    assert index.prune() == 1
    assert index.prune() == 0


def test_move_narrows_at_once(index: SearchIndex) -> None:
    index.put([document(1, "Furnace"), document(2, "Furnace")])
    index.move([1], HIDDEN)
    assert ids(index, "furnace") == [2]
    assert ids(index, "furnace", (HIDDEN,)) == [1]


def test_clear_forgets_everything(index: SearchIndex) -> None:
    index.put([document(1, "Furnace", facets={"sector": ("university",)})])
    index.clear()
    assert ids(index, "furnace") == ids(index, "") == []
    assert list(index.documents()) == []
    assert index.prune() == 0


def test_the_index_goes_back_with_the_transaction(connection: Connection) -> None:
    index = embedded(connection)
    with connection.begin_nested() as nested:
        index.put([document(1, "Furnace", facets={"sector": ("university",)})])
        assert ids(index, "furnace") == [1]
        index.search(Query("furnace", [OPEN], facets=("sector",)))
        nested.rollback()
    assert ids(index, "furnace") == []
    index.put([document(2, "Furnace", facets={"sector": ("government",)})])
    assert index.search(Query("furnace", [OPEN], facets=("sector",))).facet_counts == {
        "sector": {"government": 1}
    }


@pytest.mark.parametrize("marking", ["RED", "red", "TLP:RED"])
def test_red_is_never_indexed_and_nothing_of_its_batch(index: SearchIndex, marking: str) -> None:
    with pytest.raises(RefusedDocument):
        index.put([document(1, "Furnace"), document(2, "Furnace", facets={"tlp": (marking,)})])
    assert list(index.documents()) == []


def test_unknown_facets_are_refused(index: SearchIndex) -> None:
    with pytest.raises(RefusedDocument):
        index.put([document(1, facets={"birthday": ("1",)})])
    with pytest.raises(ValueError, match="unknown facets"):
        Query("x", [OPEN], facets=("birthday",))
    with pytest.raises(ValueError, match="sort"):
        Query("x", [OPEN], sort="title; drop table search_entry")  # type: ignore[arg-type]


def test_documents_tells_what_is_indexed(index: SearchIndex) -> None:
    many = [document(number, f"Title {number}", revision=number % 7) for number in range(1, 1203)]
    index.put(many)
    assert list(index.documents()) == [Indexed(d.record_id, OPEN, d.revision, d.digest()) for d in many]
    assert many[0].digest() != replace(many[0], body="changed").digest()
    assert many[0].digest() == replace(many[0], audience_id=HIDDEN).digest()


def test_ended_records_on_request_only(index: SearchIndex) -> None:
    index.put([document(1, "Furnace"), document(2, "Furnace", live=False)])
    assert ids(index, "furnace") == [1]
    assert sorted(ids(index, "furnace", include_ended=True)) == [1, 2]
    assert index.suggest("furn", [OPEN]) == ("Furnace",)


def test_last_word_is_a_prefix_while_typing(index: SearchIndex) -> None:
    index.put([document(1, "Semiconductor export"), document(2, "Semi finals")])
    assert ids(index, "export semic", typing=True) == [1]
    assert ids(index, "semico") == []
    assert ids(index, "semi", typing=True)[0] == 2
    assert ids(index, "semico ", typing=True) == []


def test_one_slip_in_a_word_and_two_in_a_long_one(index: SearchIndex) -> None:
    index.put([document(1, "Quantum cryptography laboratory")])
    for typed in ("quantm", "qauntum", "cryptograpy laboratory", "crytpograhpy"):
        found = index.search(Query(typed, [OPEN]))
        assert ([hit.record_id for hit in found.hits], found.match) == ([1], "similar"), typed
    assert ids(index, "kuantum") == []


def test_slips_are_not_forgiven_in_numbers_and_short_words(index: SearchIndex) -> None:
    index.put([document(1, "CVE-2024-12345 chip")])
    assert ids(index, "CVE-2024-12345") == [1]
    assert ids(index, "CVE-2024-12346") == []
    assert ids(index, "chop") == []


def test_some_of_the_words_when_nothing_has_all(index: SearchIndex) -> None:
    index.put([document(1, "Visiting scholar agreement"), document(2, "Scholar")])
    index.put([document(n, "Weather") for n in range(3, 20)])
    found = index.search(Query("visiting scholar agreement template", [OPEN], facets=("kind",)))
    assert [hit.record_id for hit in found.hits] == [1, 2]
    assert (found.match, found.total, found.facet_counts) == ("some", 2, {"kind": {"advisory": 2}})


def test_phrases_hold_together(index: SearchIndex) -> None:
    index.put(
        [
            document(1, body="dual use items"),
            document(2, body="use of dual items"),
            document(3, "dual", names=("use",)),
        ]
    )
    assert ids(index, '"dual use"') == [1]
    assert ids(index, "dual-use") == [1]
    assert sorted(ids(index, "dual use")) == [1, 2, 3]


def test_singular_finds_plural_and_back(index: SearchIndex) -> None:
    index.put([document(1, "Universities"), document(2, "University"), document(3, "Export control")])
    assert sorted(ids(index, "university")) == sorted(ids(index, "universities")) == [1, 2]
    assert ids(index, "exports controls") == [3]


@pytest.mark.parametrize("typed", ["北京", "工业", "北京工业大学", "京工", "工业大学 材料"])
def test_any_substring_of_a_chinese_name(index: SearchIndex, typed: str) -> None:
    index.put([document(1, "北京工业大学材料学院"), document(2, "京北大学业工")])
    assert ids(index, typed) == [1]


@pytest.mark.parametrize(("name", "typed"), [
    ("東京大学", "京大"), ("カタカナ研究所", "カナ研"), ("서울대학교", "울대학"), ("मुंबई विश्वविद्यालय", "विश्वविद्यालय"),
    ("Müller Straße", "muller strasse"), ("جامعة الملك", "جامعه"), ("Łódź", "lodz"), ("ＦＵＬＬ width", "full"),
])  # fmt: skip
def test_many_scripts(index: SearchIndex, name: str, typed: str) -> None:
    index.put([document(1, name), document(2, "Other")])
    assert ids(index, typed) == [1]


@pytest.mark.parametrize(("name", "typed"), [
    ("北京大学", "beijing daxue"), ("北京大学", "Beijingdaxue"), ("北京大学", "bei jing"), ("重庆大学", "chongqing"),
    ("Московский университет", "moskovskiy"), ("Beijing Institute", "北京"), ("Moskva Universitet", "москва"),
    ("Müller", "mueller"), ("Chat GPT", "chatgpt"),
])  # fmt: skip
def test_names_across_scripts(index: SearchIndex, name: str, typed: str) -> None:
    index.put([document(1, "Note", names=(name,)), document(2, name), document(3, "Other")])
    assert sorted(ids(index, typed)) == [1, 2]


def test_facets_count_the_readable_and_leave_out_their_own_filter(index: SearchIndex) -> None:
    def one(record_id: int, sector: str, *pathways: str, audience: int = OPEN) -> None:
        index.put(
            [
                document(
                    record_id,
                    "Furnace",
                    audience_id=audience,
                    facets={"sector": (sector,), "pathway": pathways},
                )
            ]
        )

    one(1, "university", "talent", "theft")
    one(2, "university", "talent")
    one(3, "government", "theft")
    one(4, "government", "secret pathway", audience=HIDDEN)
    everything = index.search(Query("furnace", [OPEN], facets=("sector", "pathway", "severity")))
    assert everything.facet_counts == {
        "sector": {"university": 2, "government": 1},
        "pathway": {"talent": 2, "theft": 2},
        "severity": {},
    }
    for text in ("furnace", ""):
        filters = {"sector": frozenset({"university"}), "pathway": frozenset({"theft", "secret pathway"})}
        found = index.search(Query(text, [OPEN], filters=filters, facets=("sector", "pathway")))
        assert [hit.record_id for hit in found.hits] == [1]
        assert found.facet_counts == {
            "sector": {"government": 1, "university": 1},
            "pathway": {"talent": 2, "theft": 1},
        }


def test_sorting_and_paging(index: SearchIndex) -> None:
    titles = ["delta furnace", "Alpha furnace", "charlie furnace", "Bravo furnace"]
    index.put([document(n, title, published_at=n * 10) for n, title in enumerate(titles, 1)])
    for text in ("furnace", ""):
        assert ids(index, text, sort="newest") == [4, 3, 2, 1]
        assert ids(index, text, sort="oldest") == [1, 2, 3, 4]
        assert ids(index, text, sort="title") == [2, 4, 3, 1]
        for sort in ("relevance", "title"):
            whole = ids(index, text, sort=sort)
            assert [ids(index, text, sort=sort, limit=1, offset=n)[0] for n in range(4)] == whole
            assert ids(index, text, sort=sort, offset=4) == []


def test_totals_are_exact_to_a_thousand_and_then_say_so(index: SearchIndex) -> None:
    index.put(
        [document(n, "Furnace", audience_id=OPEN if n % 2 else HIDDEN, body=f"b{n}") for n in range(1, 2011)]
    )
    capped = index.search(Query("furnace", [OPEN]))
    assert (capped.total, capped.total_is_capped) == (1001, True)
    index.remove([1, 3, 5, 7, 9])
    exact = index.search(Query("furnace", [OPEN], facets=("kind",)))
    assert (exact.total, exact.total_is_capped) == (1000, False)
    assert exact.facet_counts == {"kind": {"advisory": 1000}}
    pages = [ids(index, "furnace", limit=100, offset=at) for at in range(0, 1100, 100)]
    assert len({record_id for page in pages for record_id in page}) == 1000


def test_a_title_hit_is_not_lost_among_thousands_of_body_hits(index: SearchIndex) -> None:
    index.put([document(n, "Note", body="furnace") for n in range(10, 1500)])
    index.put([document(1, "Furnace"), document(2, "Note", summary="furnace")])
    assert ids(index, "furnace")[:2] == [1, 2]


def test_suggestions_are_titles_and_names(index: SearchIndex) -> None:
    index.put(
        [
            document(1, "Photonic chips", names=("Institut für Photonik",), body="photosynthesis"),
            document(2, "Secret photonic programme", audience_id=HIDDEN),
            document(3, "PHOTONIC CHIPS"),
        ]
    )
    assert index.suggest("photon", [OPEN]) == ("PHOTONIC CHIPS",) or index.suggest("photon", [OPEN]) == (
        "Photonic chips",
    )
    assert index.suggest("fur photon", [OPEN]) == ("Institut für Photonik",)
    assert index.suggest("photosyn", [OPEN]) == index.suggest("", [OPEN]) == index.suggest("photon", []) == ()


def test_hits_show_where_the_words_stand(index: SearchIndex) -> None:
    index.put(
        [
            document(
                1,
                "Furnace <b>safety</b>",
                body="lorem " * 100 + "the blast furnaces of 北京 " + "ipsum " * 100,
            )
        ]
    )
    hit = index.search(Query("furnace 北京", [OPEN])).hits[0]
    assert hit.title == (("Furnace", True), (" <b>safety</b>", False))
    assert ("furnaces", True) in hit.snippet
    assert ("北京", True) in hit.snippet
    assert len("".join(text for text, _ in hit.snippet)) < 300


def test_whatever_a_document_holds_can_be_stored(index: SearchIndex) -> None:
    index.put(
        [
            document(
                1, "Nul\x00 and \ud800 surrogate", body="word " * 30_000 + "x" * 5000, names=("'quo\\te'",)
            )
        ]
    )
    assert ids(index, "surrogate") == ids(index, "quo") == [1]
