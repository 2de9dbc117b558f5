"""A search as its address says it: read from a query string, and written back as links that add or take away one thing.

Unknown names and values are dropped, so an address can never ask for what the form does not offer (peers S21).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from comity.domain.node import Node
from comity.services.find import Answer, Asked, asked
from comity.web.vocabulary import FACETS, facet_value

SORTS: Final = {
    "relevance": "Best match",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "title": "Title",
}
_MOST_OPTIONS: Final = 25


@dataclass(frozen=True)
class Address:
    """One search. `href()` is its canonical address: nothing in it that says the default."""

    text: str = ""
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sort: str = "relevance"
    page: int = 1
    ended: bool = False

    @classmethod
    def read(cls, params: QueryParams) -> Address:
        """From the query string of a request."""
        number = params.get("page", "1")
        known = asked(
            text=" ".join(params.get("q", "").split()),
            filters={name: params.getlist(name) for name in FACETS},
            sort=params.get("sort", "relevance"),
            page=int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1,
            include_ended=params.get("ended") == "1",
        )
        return cls(known.text, known.filters, known.sort, known.page, known.include_ended)

    @classmethod
    def saved(cls, text: str, filters: Mapping[str, Sequence[str]]) -> Address:
        """Of a search that somebody keeps."""
        known = asked(text=text, filters=filters, sort="newest", page=1, include_ended=False)
        return cls(known.text, known.filters, known.sort)

    def asked(self, *, typing: bool = False) -> Asked:
        """As the service takes it. `typing`: the last word may be unfinished."""
        return asked(
            text=self.text,
            filters={name: sorted(values) for name, values in self.filters.items()},
            sort=self.sort,
            page=self.page,
            include_ended=self.ended,
            typing=typing,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values, for hidden fields and links."""
        given = [("q", self.text)] if self.text else []
        given += [(name, value) for name in FACETS for value in sorted(self.filters.get(name, ()))]
        given += [("sort", self.sort)] if self.sort != "relevance" else []
        given += [("ended", "1")] if self.ended else []
        return given + ([("page", str(self.page))] if self.page > 1 else [])

    def href(self, path: str = "/search") -> str:
        """The address on this node."""
        pairs = self.pairs()
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def at_page(self, page: int) -> Address:
        """The same search at another page."""
        return replace(self, page=page)

    def without(self, name: str, value: str) -> Address:
        """The same search, first page, with one filter taken off."""
        left = self.filters.get(name, frozenset()) - {value}
        others = {key: values for key, values in self.filters.items() if key != name}
        return replace(self, filters={**others, **({name: left} if left else {})}, page=1)

    @property
    def is_empty(self) -> bool:
        """Nothing was asked: browsing."""
        return not self.text and not self.filters


def facet_groups(address: Address, answer: Answer, here: Node) -> list[dict[str, Any]]:
    """For `components/facets.html`. Counts are those of the answer, so of what the reader may see (H-04)."""
    groups = []
    for name, label in FACETS.items():
        chosen = address.filters.get(name, frozenset())
        counts = dict(answer.facets.get(name, {})) | {
            value: 0 for value in chosen if value not in answer.facets.get(name, {})
        }
        options: list[dict[str, Any]] = [
            {
                "value": value,
                "label": facet_value(name, value, here),
                "count": count,
                "checked": value in chosen,
            }
            for value, count in counts.items()
        ]
        options.sort(key=lambda one: (not one["checked"], -cast("int", one["count"]), one["label"]))
        groups.append(
            {
                "name": name,
                "label": label,
                "options": options[:_MOST_OPTIONS],
                "open": name in ("kind", "tlp") or bool(chosen),
            }
        )
    return groups


def chips(address: Address, here: Node) -> list[dict[str, str]]:
    """Every filter in use, each with the address that takes it off."""
    return [
        {
            "label": f"{label}: {facet_value(name, value, here)}",
            "remove_href": address.without(name, value).href(),
        }
        for name, label in FACETS.items()
        for value in sorted(address.filters.get(name, ()))
    ]


def pager_of(address: Address, answer: Answer, size: int) -> dict[str, Any]:
    """For `components/pager.html`."""
    first = (answer.page - 1) * size + 1
    return {
        "first": first,
        "last": first + len(answer.items) - 1,
        "total": answer.total,
        "total_is_capped": answer.total_is_capped,
        "previous_href": address.at_page(answer.page - 1).href() if answer.page > 1 else "",
        "next_href": address.at_page(answer.page + 1).href() if answer.page < min(answer.pages, 50) else "",
    }
