"""The handling block as a form, and the reading of what comes back (product 4.3). It narrows; an omission never widens (peers S2).

A browser leaves out what is not ticked, so each group of boxes announces itself by `_shown`. What was neither sent nor announced
stays as saved; what cannot be read stops the save and stays as typed. Nothing foreign is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError

from comity import policies
from comity.domain.errors import Problem
from comity.domain.handling import Handling
from comity.domain.roles import Sector
from comity.domain.tlp import TLP
from comity.services.list_members import by_sector
from comity.services.name_readers import addresses, to_accounts
from comity.services.unit import Unit
from comity.web import handling_words
from comity.web.forms import Field, Sent
from comity.web.organizations import SECTORS

PREFIX: Final = "handling."
_BOXES: Final = (
    "audience.sectors",
    "audience.roles",
    "audience.organizations",
    "releasable_to",
    "caveats",
    "orcon",
)


@dataclass(frozen=True)
class TypedHandling:
    """What was typed. `handling` is None when it cannot be read; `values` is drawn again either way."""

    values: Mapping[str, Any]
    handling: Handling | None
    problems: Sequence[Problem] = ()


def saved(unit: Unit, handling: Handling) -> TypedHandling:
    """A saved block, ready to be drawn."""
    return TypedHandling(_values(unit, handling), handling)


def typed(unit: Unit, sent: Sent, before: Handling) -> TypedHandling:
    """The block as it was typed over `before`."""
    values = dict(_values(unit, before))
    shown = set(sent.many("_shown"))
    names = {name for name, _ in sent.pairs()}
    for name in values:
        full = f"{PREFIX}{name}"
        if name in _BOXES and (full in names or full in shown):
            values[name] = sent.ticked(full) if name == "orcon" else sent.many(full)
        elif name not in _BOXES and full in names:
            values[name] = sent.one(full)
    return _read(unit, values, before)


def _values(unit: Unit, handling: Handling) -> dict[str, Any]:
    chosen = handling.audience
    known = addresses(unit, chosen.persons) if chosen.persons else {}
    return {
        "tlp": handling.tlp.value,
        "audience.sectors": [one.value for one in chosen.sectors],
        "audience.roles": [one.value for one in chosen.roles],
        "audience.organizations": list(chosen.organizations),
        "audience.persons": "\n".join(known.get(one, one) for one in chosen.persons),
        "releasable_to": list(handling.releasable_to),
        "orcon": handling.orcon,
        "caveats": [one.value for one in handling.caveats],
        "permitted_actions": handling.permitted_actions or "",
        "attribution_mode": handling.attribution_mode,
        "attribution": handling.attribution,
        "affected_party_notice": handling.affected_party_notice,
        "embargo_until": _minute(handling.embargo_until),
        "handling_ends": _minute(handling.handling_ends),
        "delay_reason": handling.delay_reason,
    }


def _minute(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") if at else ""


def moment(text: str) -> datetime | None:
    """A moment as the browser's own box or a person writes it, in UTC where no zone is given. `ValueError` when unreadable."""
    if not text.strip():
        return None
    at = datetime.fromisoformat(text.strip())
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _read(unit: Unit, values: Mapping[str, Any], before: Handling) -> TypedHandling:
    problems: list[Problem] = []
    times: dict[str, datetime | None] = {}
    for name in ("embargo_until", "handling_ends"):
        try:
            times[name] = moment(str(values[name]))
        except ValueError:
            problems.append(
                Problem(f"{PREFIX}{name}", "date", "Enter date and time (UTC), such as 2026-12-01T09:00.")
            )
    data = {
        "tlp": values["tlp"],
        "audience": {
            "sectors": values["audience.sectors"],
            "roles": values["audience.roles"],
            "organizations": values["audience.organizations"],
            "persons": to_accounts(unit, str(values["audience.persons"]).split("\n")),
        },
        **{name: values[name] for name in ("releasable_to", "orcon", "caveats", "delay_reason")},
        "permitted_actions": values["permitted_actions"] or None,
        "attribution_mode": values["attribution_mode"] or before.attribution_mode,
        "attribution": values["attribution"] or before.attribution,
        "affected_party_notice": values["affected_party_notice"] or before.affected_party_notice,
        **times,
    }
    try:
        handling = Handling.model_validate(data)
    except ValidationError as wrong:
        problems += [_problem(item["loc"], item["msg"]) for item in wrong.errors(include_url=False)]
        return TypedHandling(values, None, list(dict.fromkeys(problems)))
    return TypedHandling(values, None if problems else handling, problems)


def _problem(where: tuple[int | str, ...], said: str) -> Problem:
    field = PREFIX + ".".join(str(part) for part in where if not isinstance(part, int))
    plain = (
        said.removeprefix("Value error, ")
        if said.startswith("Value error, ")
        else "Choose one of the listed values."
    )
    return Problem(field, "choice", plain)


def fields(unit: Unit, block: TypedHandling, problems: Sequence[Problem] = ()) -> list[Field]:
    """The fields in order, the marking first."""
    errors: dict[str, list[str]] = {}
    for problem in (*block.problems, *problems):
        errors.setdefault(_home(problem.field), []).append(problem.message)
    drawn = (
        replace(field, value=_value(block, field), errors=tuple(dict.fromkeys(errors.get(field.name, ()))))
        for field in _blank(unit)
    )
    return list(drawn)


def _home(field: str) -> str:
    """A contradiction of the whole audience is shown on its first list."""
    return "handling.audience.sectors" if field == "handling.audience" else field


def _value(block: TypedHandling, field: Field) -> Any:
    return block.values[field.name.removeprefix(PREFIX)]


def announced() -> list[str]:
    """Names of the groups of boxes that this form draws, for the hidden fields `_shown`."""
    return [f"{PREFIX}{name}" for name in _BOXES]


def _blank(unit: Unit) -> list[Field]:
    audience, caveats = handling_words.AUDIENCE, handling_words.CONDITIONS
    options = _options(unit)
    return [
        Field(f"{PREFIX}tlp", "Marking", "choice", handling_words.MARKING, options=markings()),
        *(
            Field(f"{PREFIX}{name}", label, widget, hint, required=False, options=options.get(name, ()))
            for name, widget, label, hint in (*audience, *caveats)
        ),
    ]


def _options(unit: Unit) -> Mapping[str, Sequence[tuple[str, str]]]:
    here = unit.node
    members = [
        (one.id, f"{one.name} ({SECTORS[sector].lower()})")
        for sector, found in by_sector(unit).items()
        for one in found
    ]
    words = policies.handling_policy().caveats
    return {
        "audience.sectors": [(one.value, SECTORS[one]) for one in Sector],
        "audience.roles": [
            (role.value, rule.name) for role, rule in policies.roles().roles.items() if rule.content
        ],
        "audience.organizations": members,
        "releasable_to": [
            (f"node:{here.node_id}", f"{here.name} (this node)"),
            (f"group:{here.trust_group}", f"The trust group “{here.trust_group}”"),
        ],
        "caveats": [(code, f"{code}: {text}") for code, text in words.items() if code != "ORCON"],
        "permitted_actions": list(handling_words.ACTIONS.items()),
        "attribution_mode": list(handling_words.MODES.items()),
        "attribution": list(handling_words.ATTRIBUTION.items()),
        "affected_party_notice": list(handling_words.NOTICE.items()),
        "delay_reason": [
            (code, reason.label) for code, reason in policies.reason_codes().reasons["waiver"].items()
        ],
    }


def markings() -> tuple[tuple[str, str], ...]:
    """The five labels with their plain meaning (H-06)."""
    return tuple((one.value, one.meaning) for one in TLP)
