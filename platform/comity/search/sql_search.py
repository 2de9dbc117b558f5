"""Answers queries from an engine that lives in the database: the same steps on SQLite and PostgreSQL.

Decides the passes (all words; similar spellings; some of the words) and what is counted. It refuses to know policy and
scores of the engine. The access condition stands inside every statement that finds, counts or limits, so whatever is
cut off or triggers the next pass is decided by readable documents alone, and two indexes that differ in hidden
documents only answer alike, byte for byte. What is not hidden is time: postings of unreadable documents are still
walked past, so a very common hidden word costs some milliseconds; callers who must hide that add their own delay.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import CursorResult

from comity.search import analyzer, facets, highlight, query, ranking, spelling
from comity.search.highlight import Needles
from comity.search.port import MOST_HITS, Hit, Match, Query, Results
from comity.search.query import Clause
from comity.search.ranking import Candidate
from comity.search.sql_store import SqlStore

FEW = 5
"""Fewer hits than this and the next, more forgiving pass is tried."""
_SCORED = 150
_KNOWN_WORD = 3
_PER_CLAUSE = 1200
_ENOUGH = 0.2
_SUGGESTED_FROM = 200
COLUMNS = ("title", "names", "summary", "body")


@dataclass(frozen=True)
class Source:
    """Where hits come from: a FROM clause with the entry as `d`, a condition, and an order that needs no sorting."""

    table: str
    where: str
    newest: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """One way of answering: the source of hits, and what to score and highlight by."""

    source: Source
    clauses: tuple[Clause, ...] = ()
    weights: tuple[float, ...] | None = None
    match: Match = "all"
    narrower: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Found:
    """Hits of one plan: ids (newest first, at most MOST_HITS + 1) and, if facets need them, all facet sets."""

    ids: list[int]
    sets: list[str] | None = None


_ORDERS = {
    "newest": "d.published_at DESC, d.record_id DESC",
    "oldest": "d.published_at, d.record_id",
    "title": "s.title_key, d.record_id",
}


class SqlSearch(SqlStore):
    """The reading half of an embedded engine."""

    @abstractmethod
    def _matching(self, clauses: Sequence[Clause], columns: Sequence[str] = COLUMNS) -> Source:
        """Documents in which every clause is satisfied within the given columns."""

    @abstractmethod
    def _candidate_words(self, ids: str, scanned: int) -> CursorResult[*tuple[Any, ...]]:
        """Record id, published_at, quality and normalised words (of the body the first `scanned` characters)."""

    @property
    @abstractmethod
    def _by_time(self) -> str:
        """The FROM clause of all entries, walked in the order of time, so that the walk ends after a thousand hits."""

    @abstractmethod
    def _joined(self, column: str) -> str:
        """An aggregate that joins a column's values with spaces."""

    def search(self, asked: Query) -> Results:
        """Answer a query; see the port."""
        audiences = sorted(set(asked.audience_ids))
        if not audiences:
            return Results((), 0, False, {name: {} for name in asked.facets})
        scope = self._scope(audiences, asked)
        clauses = query.parse(asked.text, typing=asked.typing)
        if not clauses and asked.text.strip():
            return Results((), 0, False, {name: {} for name in asked.facets})
        counting = any(not asked.filters.get(name) for name in asked.facets)
        plan, found = self._plan(clauses, scope, self._scope(audiences, asked, filters=False), counting)
        total = len(found.ids)
        page = self._sorted(plan, scope, found.ids, asked)[asked.offset : asked.offset + asked.limit]
        return Results(
            hits=self._hits(page, plan.clauses),
            total=total,
            total_is_capped=total > MOST_HITS,
            facet_counts=self._facet_counts(plan.source, found, audiences, asked),
            match=plan.match,
        )

    def suggest(self, prefix: str, audience_ids: Collection[int], limit: int = 8) -> tuple[str, ...]:
        """Titles and names of readable live documents that have every word typed, the last as a prefix."""
        clauses = query.parse(prefix.rstrip(), typing=True)
        audiences = sorted(set(audience_ids))
        if not clauses or not audiences or limit <= 0:
            return ()
        scope = self._scope(audiences, Query(prefix, audiences))
        found = self._ids(self._matching(clauses, COLUMNS[:2]), scope, _SUGGESTED_FROM)
        typed = analyzer.fold(prefix).strip()
        labels: dict[str, str] = {}
        for _, title, names, _, _ in self._originals(found):
            label = _best_label((title, *json.loads(names)), clauses)
            labels.setdefault(analyzer.fold(label), label)
        ranked = sorted(labels, key=lambda folded: (not folded.startswith(typed), len(folded), folded))
        return tuple(labels[folded] for folded in ranked[:limit])

    def _scope(
        self, audiences: Sequence[int], asked: Query, *, filters: bool = True, without: str = ""
    ) -> Source:
        """The condition on `d` that a document may be read and passes the filters."""
        # Written out as numbers: the statement is parsed once for each circle of readers, and the numbers with it.
        where = [f"d.audience_id IN ({','.join(map(str, map(int, audiences)))})"]
        values: dict[str, Any] = {}
        if not asked.include_ended:
            where.append("d.live = 1")
        if asked.only is not None:
            where.append(f"d.record_id IN ({self._each('only')})")
            values["only"] = json.dumps(sorted(asked.only))
        for place, (name, chosen) in enumerate(sorted(asked.filters.items()) if filters else ()):
            if chosen and name != without:
                where.append(
                    f"""EXISTS (SELECT 1 FROM search_facet_member m WHERE m.set_id = d.facet_set
                        AND m.facet = :facet{place} AND m.value IN ({self._each(f"chosen{place}", "TEXT")}))"""
                )
                values |= {f"facet{place}": name, f"chosen{place}": json.dumps(sorted(chosen))}
        return Source("search_entry d", " AND ".join(where), "d.published_at DESC, d.record_id DESC", values)

    def _plan(
        self, clauses: tuple[Clause, ...], scope: Source, readable: Source, counting: bool
    ) -> tuple[Plan, Found]:
        """All words; similar words too when there are few hits; some of the words only when there is no hit at all."""
        if not clauses:
            plan = Plan(Source("search_entry d", "1 = 1", scope.newest, {}))
            return plan, Found(self._ids(replace(plan.source, table=self._by_time), scope))
        plan = self._all_of(clauses, "all")
        found = self._found(plan.source, scope, counting)
        if len(found.ids) >= FEW:
            return plan, found
        wider = tuple(self._respelt(clause, readable) for clause in clauses)
        if wider != clauses:
            respelt = self._all_of(wider, "similar")
            more = self._found(respelt.source, scope, counting)
            plan, found = (respelt, more) if len(more.ids) > len(found.ids) else (plan, found)
        pieces = query.looser(wider)
        if not found.ids and len(pieces) > 1:
            partial = self._some_of(pieces, readable)
            more = self._found(partial.source, scope, counting)
            plan, found = (partial, more) if len(more.ids) > len(found.ids) else (plan, found)
        return plan, found

    def _found(self, source: Source, scope: Source, counting: bool) -> Found:
        """The hits; when facets are to be counted anyway, with their facet sets and in one walk."""
        if not counting:
            return Found(self._ids(source, scope))
        row = self._run(
            f"""SELECT {self._joined("CAST(d.record_id AS TEXT)")}, {self._joined("d.facet_set")} FROM {source.table}
                WHERE {source.where} AND {scope.where}""",
            {**source.values, **scope.values},
        ).one()
        ids = sorted(map(int, (row[0] or "").split()), reverse=True)
        return Found(ids[: MOST_HITS + 1], (row[1] or "").split())

    def _all_of(self, clauses: tuple[Clause, ...], match: Match) -> Plan:
        narrower = tuple(self._matching(clauses, COLUMNS[:number]) for number in (2, 3))
        return Plan(self._matching(clauses), clauses, None, match, narrower)

    def _some_of(self, clauses: tuple[Clause, ...], readable: Source) -> Plan:
        """Documents that have much of the query, counting each clause by its rarity among readable documents."""
        lists = [self._ids(self._matching([clause]), readable, _PER_CLAUSE) for clause in clauses]
        every = self._run(
            f"SELECT count(*) FROM search_entry d WHERE {readable.where}", readable.values
        ).scalar_one()
        weights = tuple(ranking.rarity(len(ids), every) for ids in lists)
        worth: dict[int, float] = {}
        for weight, ids in zip(weights, lists, strict=True):
            for record_id in ids:
                worth[record_id] = worth.get(record_id, 0.0) + weight
        present = sum(weight for weight, ids in zip(weights, lists, strict=True) if ids)
        enough = [(-round(w, 9), -record_id) for record_id, w in worth.items() if w >= _ENOUGH * present]
        best = [-negative for _, negative in sorted(enough)[: MOST_HITS + 1]]
        return Plan(self._listed(best), clauses, weights, "some", (self._listed(best[:_SCORED], "first"),))

    def _listed(self, ids: Sequence[int], name: str = "listed") -> Source:
        where = f"d.record_id IN ({self._each(name)})"
        return Source("search_entry d", where, "d.record_id DESC", {name: json.dumps(list(ids))})

    def _respelt(self, clause: Clause, readable: Source) -> Clause:
        """The clause with similar spellings, if readable documents hardly know the word as typed."""
        word = clause.word
        if word is None or not (reach := spelling.slips(word)):
            return clause
        # An unfinished word is only respelt when nothing readable begins so.
        known = 1 if any(term.prefix for term in clause.terms) else _KNOWN_WORD
        if len(self._ids(self._matching([clause]), readable, known)) >= known:
            return clause
        terms = self._run(
            f"SELECT {self._joined('term')} FROM search_term WHERE first = :first AND length BETWEEN :low AND :high",
            {"first": word[0], "low": len(word) - reach, "high": len(word) + reach},
        ).scalar_one()
        return clause.or_similar(spelling.similar(word, (terms or "").split()))

    def _ids(self, source: Source, scope: Source, limit: int = MOST_HITS + 1, order: str = "") -> list[int]:
        rows = self._run(
            f"""SELECT d.record_id FROM {source.table} WHERE {source.where} AND {scope.where}
                ORDER BY {order or source.newest} LIMIT :most""",
            {**source.values, **scope.values, "most": limit},
        )
        return list(rows.scalars().all())

    def _sorted(self, plan: Plan, scope: Source, found: list[int], asked: Query) -> list[int]:
        if asked.sort != "relevance":
            table = plan.source.table if plan.clauses else self._by_time
            if asked.sort == "title":
                table = f"{plan.source.table} JOIN search_state s ON s.record_id = d.record_id"
            source = replace(plan.source, table=table)
            return self._ids(source, scope, asked.offset + asked.limit, _ORDERS[asked.sort])[: MOST_HITS + 1]
        if not plan.clauses or asked.offset >= MOST_HITS + 1:
            return found
        head = found
        if len(found) > _SCORED:
            # Too many to score: those with the words in title and names first, then summary, then the newest.
            head = []
            for source in plan.narrower:
                if len(head) < _SCORED:
                    head = list(dict.fromkeys([*head, *self._ids(source, scope, _SCORED)]))
            head = list(dict.fromkeys([*head, *found]))[:_SCORED]
        ranked = ranking.ordered(self._candidates(head), plan.clauses, plan.weights)
        return list(dict.fromkeys([*ranked, *found]))[: MOST_HITS + 1]

    def _candidates(self, ids: Sequence[int]) -> list[Candidate]:
        rows = self._candidate_words(json.dumps(list(ids)), ranking.SCANNED).all()
        return [Candidate(row[0], row[1], row[2], (row[3], row[4], row[5], row[6])) for row in rows]

    def _facet_counts(
        self, source: Source, found: Found, audiences: Sequence[int], asked: Query
    ) -> dict[str, dict[str, int]]:
        """Each facet without its own filter: one count for all facets that are not filtered, one for each that is."""
        counts: dict[str, dict[str, int]] = {}
        filtered = [name for name in asked.facets if asked.filters.get(name)]
        if free := [name for name in asked.facets if name not in filtered]:
            sets = found.sets
            if sets is None:
                sets = self._sets(source, self._scope(audiences, asked))
            counts |= facets.count(sets, free, self._members)
        for name in filtered:
            sets = self._sets(source, self._scope(audiences, asked, without=name))
            counts |= facets.count(sets, [name], self._members)
        return {name: counts[name] for name in asked.facets}

    def _sets(self, source: Source, scope: Source) -> list[str]:
        joined = self._run(
            f"SELECT {self._joined('d.facet_set')} FROM {source.table} WHERE {source.where} AND {scope.where}",
            {**source.values, **scope.values},
        ).scalar_one()
        return (joined or "").split()

    def _members(self, set_ids: list[str]) -> list[tuple[str, str, str]]:
        rows = self._run(
            f"SELECT set_id, facet, value FROM search_facet_member WHERE set_id IN ({self._each('sets', 'TEXT')})",
            {"sets": json.dumps(set_ids)},
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def _originals(self, ids: Sequence[int]) -> list[tuple[int, str, str, str, str]]:
        """Id, title, names (JSON), summary and body, in the order asked for."""
        rows = self._run(
            f"SELECT record_id, title, names, summary, body FROM search_text WHERE record_id IN ({self._each('ids')})",
            {"ids": json.dumps(list(ids))},
        )
        by_id = {row[0]: (row[0], row[1], row[2], row[3], row[4]) for row in rows}
        return [by_id[record_id] for record_id in ids]

    def _hits(self, ids: Sequence[int], clauses: Sequence[Clause]) -> tuple[Hit, ...]:
        needles = Needles(clauses)
        return tuple(
            Hit(
                record_id,
                highlight.whole(title, needles),
                highlight.passage((summary, body, " · ".join(json.loads(names))), needles),
            )
            for record_id, title, names, summary, body in self._originals(ids)
        )


def _best_label(labels: Sequence[str], clauses: Sequence[Clause]) -> str:
    """The first label with the most of the query in it; the title when only another form of a name matched."""
    needles = [Needles([clause]) for clause in clauses]
    return max(labels, key=lambda label: sum(bool(needle.found(label)) for needle in needles))
