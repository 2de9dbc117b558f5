"""Import documents of anybody as drafts of the person who imports them: reviewed like everything else before anyone reads them.

Decides nothing about their worth. A document that was imported before and has been worked on here is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from comity.domain.errors import Invalid, NotAllowed, Problem
from comity.domain.fields.prose import texts
from comity.domain.handling import Handling, national_marking_problems
from comity.domain.kinds.problems import draft_problems
from comity.domain.kinds.registry import kind
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.formats.rows import Item, Refused
from comity.services import draft
from comity.services.admit import digest_of
from comity.services.take_over import Outcome
from comity.services.unit import Unit
from comity.storage import bulk, people, records, revisions


def import_drafts(unit: Unit, items: Sequence[Item], *, format_name: str, dry_run: bool = False) -> Outcome:
    """Store a batch as drafts of the viewer, who needs the right to draft. Unmarked documents begin as TLP:AMBER."""
    unit.need("draft")
    owner = unit.viewer.organization
    if owner is None:
        raise NotAllowed("Drafts belong to an account of a member organization.")
    known = bulk.known(unit.db, unit.viewer, [foreign_id(owner, format_name, item) for item in items])
    outcome = Outcome()
    for item in items:
        name = foreign_id(owner, format_name, item)
        problems = _problems(name, item)
        if problems:
            outcome.refused.append(Refused(item.position, item.foreign_id, tuple(problems)))
            continue
        try:
            _one(unit, item, name, known.get(name), outcome, dry_run=dry_run)
        except Invalid as invalid:
            outcome.refused.append(Refused(item.position, item.foreign_id, tuple(invalid.problems)))
    return outcome


def on_behalf_of(unit: Unit, who: str, *, log: bool = True) -> Unit:
    """The same transaction as the person with this account id or e-mail address. For the operator's command line; it is logged."""
    if not unit.viewer.is_system:
        raise NotAllowed
    account = people.account(unit.db, who) or people.account_by_email(unit.db, who.strip().lower())
    if account is None:
        raise NotAllowed(f"There is no active account {who}.")
    try:
        viewer = people.viewer_of(unit.db, account.id)
    except LookupError:
        raise NotAllowed(f"There is no active account {who}.") from None
    if log:
        unit.audit("import.on_behalf_of", f"account:{account.id}")
    return unit.acting_as(viewer)


def foreign_id(owner: str, format_name: str, item: Item) -> str:
    """Drafts of one organization never meet those of another, even when both import the same document."""
    return f"draft:{owner}:{format_name}:{item.foreign_id}"


def _problems(name: str, item: Item) -> list[Problem]:
    if len(name) > 200:
        return [Problem("id", "too-long", "The identifier is too long.")]
    model = kind(item.kind)
    problems = draft_problems(model, item.content)
    return problems + national_marking_problems({one.field: one.text for one in texts(model, item.content)})


def _one(
    unit: Unit, item: Item, name: str, earlier: Record | None, outcome: Outcome, *, dry_run: bool
) -> None:
    digest = digest_of(item)
    handling = Handling(tlp=item.tlp or TLP.AMBER)
    content = _completed(unit, item, handling)
    if earlier is None:
        outcome.added += 1
        if not dry_run:
            made = draft.start(unit, kind_name=item.kind, content=content, handling=handling)
            _remember(unit, made, name, digest)
        return
    if _imported(earlier).get("digest") == digest:
        outcome.unchanged += 1
        return
    if earlier.author != unit.viewer.person or earlier.state is not State.DRAFT or _edited(unit, earlier):
        problem = Problem(
            "",
            "left-as-it-is",
            f"{earlier.ref} has been worked on here, so the new version was not taken over.",
        )
        outcome.refused.append(Refused(item.position, item.foreign_id, (problem,)))
        return
    outcome.updated += 1
    if not dry_run:
        _remember(unit, draft.save(unit, ref=earlier.ref, content=content, handling=handling), name, digest)


def _completed(unit: Unit, item: Item, handling: Handling) -> dict[str, Any]:
    """Validity from today where the document gives none; the author may change it."""
    today = unit.now.date()
    content = dict(item.content)
    end = kind(item.kind).longest_expiry(str(content.get("subtype", "")), today, handling.tlp)
    dates = {
        "valid_from": today,
        "review_due": today + timedelta(days=(end - today).days * 2 // 3),
        "expires_at": end,
    }
    return {**{name: day.isoformat() for name, day in dates.items()}, **content}


def _remember(unit: Unit, record: Record, name: str, digest: str) -> None:
    version = revisions.get(unit.db, unit.viewer, record.working_revision_id)
    written = version.content_hash if version else ""
    imported = {"digest": digest, "written": written}
    records.store(unit.db, replace(record, foreign_id=name, facts={**record.facts, "import": imported}))


def _edited(unit: Unit, record: Record) -> bool:
    version = revisions.get(unit.db, unit.viewer, record.working_revision_id)
    return version is None or version.content_hash != _imported(record).get("written")


def _imported(record: Record) -> Mapping[str, Any]:
    found = record.facts.get("import")
    return found if isinstance(found, Mapping) else {}
