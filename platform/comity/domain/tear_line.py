"""A tear-line: passages of a restricted record that its author offers to more readers, as a record of its own (4.3, J-06.2).

Decides which passages there are and what is left of them when they are torn off. What would point back at the parent never comes
along: claim numbers, copied-from chains, links, grades and markings. Refuses to know records, readers and review.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from comity.domain.fields.shape import Shape, shapes
from comity.domain.kinds.base import Kind
from comity.domain.tlp import TLP

_NEVER: Final = frozenset({"related", "external_refs", "translations", "personal_data", "legal_basis"})
"""Fields that are no passages: what they hold is asked anew of every record, or leads elsewhere."""

_OF_A_CLAIM: Final = ("claim_id", "tlp", "derived_from", "reply_ref", "first_seen")
_OF_A_SOURCE: Final = ("reliability", "credibility", "grading_reason", "used_for")
_EXCERPT: Final = 160


@dataclass(frozen=True)
class Passage:
    """One piece that can be torn off: `summary`, or `claims.2` for one of several."""

    path: str
    label: str
    text: str


def lower_markings(tlp: TLP) -> tuple[TLP, ...]:
    """The markings that a tear-line of a record marked `tlp` can have, the most open first."""
    return tuple(one for one in TLP if one.restriction < tlp.restriction)


def passages(kind: type[Kind], content: Mapping[str, Any]) -> list[Passage]:
    """Every piece of `content` that holds something, in the order of the kind."""
    return [one for shape in shapes(kind) if shape.name not in _NEVER for one in _of_field(shape, content)]


def _of_field(shape: Shape, content: Mapping[str, Any]) -> Iterator[Passage]:
    value = content.get(shape.name)
    if value in (None, "", [], {}):
        return
    if shape.model is not None and isinstance(value, list):
        for place, row in enumerate(value):
            yield Passage(f"{shape.name}.{place}", f"{shape.label.text} {place + 1}", _excerpt(row))
    else:
        yield Passage(shape.name, shape.label.text, _excerpt(value))


def _excerpt(value: Any) -> str:
    words = " · ".join(_words(value))
    return words if len(words) <= _EXCERPT else f"{words[: _EXCERPT - 1]}…"


def _words(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from _words(one)
        case Mapping():
            for name in ("text", "name", "title", "do", "ref", "value"):
                if isinstance(value.get(name), str):
                    yield value[name]
                    return
            for one in value.values():
                yield from _words(one)
        case _:
            return


def torn(kind: type[Kind], content: Mapping[str, Any], chosen: Collection[str]) -> dict[str, Any]:
    """A new content with the chosen passages only. Paths that are not there are passed over."""
    made: dict[str, Any] = {}
    for passage in passages(kind, content):
        if passage.path not in chosen:
            continue
        name, _, place = passage.path.partition(".")
        if place:
            made.setdefault(name, []).append(content[name][int(place)])
        else:
            made[name] = content[name]
    numbers = _numbers(made.get("claims"))
    if "claims" in made:
        made["claims"] = [_claim(one) for one in made["claims"]]
    if "sources" in made:
        made["sources"] = [_without(one, _OF_A_SOURCE) for one in made["sources"]]
    if isinstance(made.get("tie_levels"), list):
        made["tie_levels"] = [_tie(one, numbers) for one in made["tie_levels"]]
    return made


def _numbers(claims: Any) -> dict[str, str]:
    """Old claim number -> the number it gets when the torn claims are counted from one."""
    rows = claims if isinstance(claims, list) else []
    return {
        str(one.get("claim_id")): f"c{place}" for place, one in enumerate(rows, 1) if isinstance(one, Mapping)
    }


def _claim(claim: Any) -> Any:
    if not isinstance(claim, Mapping):
        return claim
    rest = _without(claim, _OF_A_CLAIM)
    if isinstance(rest.get("sources"), list):
        rest["sources"] = [_without(one, _OF_A_SOURCE) for one in rest["sources"]]
    return rest


def _tie(tie: Any, numbers: Mapping[str, str]) -> Any:
    if not isinstance(tie, Mapping) or not isinstance(tie.get("claims"), list):
        return tie
    return {**tie, "claims": [numbers[one] for one in map(str, tie["claims"]) if one in numbers]}


def _without(row: Any, names: Collection[str]) -> Any:
    return (
        {name: value for name, value in row.items() if name not in names} if isinstance(row, Mapping) else row
    )
