"""Open and close shelves, and say who uses collections: done by the federation officer, or by the operator on the command line.

A shelf is a collection for plain STIX objects of members' machines. Who reads and writes it is named in words of the audience
grammar; that an object goes to a reader is decided by its marking besides.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection as Several
from dataclasses import replace
from typing import Final

from comity.domain.collection import Collection, Kind
from comity.domain.errors import Invalid, NotAllowed, NotFound, Problem
from comity.domain.shelf import TAKEN
from comity.domain.tlp import TLP
from comity.domain.tokens import BadToken, token
from comity.services.unit import Unit
from comity.storage import collections

_ALIAS: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,58}")
WORDS: Final = frozenset({"any", "org", "sector", "group", "node"})


def listed(unit: Unit) -> list[Collection]:
    """Every collection of the node, with its readers and writers."""
    unit.need("keep_shelves")
    return collections.listed(unit.db)


def open_shelf(
    unit: Unit,
    *,
    alias: str,
    title: str,
    tlp: TLP,
    readers: Several[str],
    writers: Several[str],
    description: str = "",
) -> Collection:
    """A new shelf. `tlp` is the marking that unmarked objects take. `Invalid` names the field."""
    unit.need("keep_shelves")
    problems = _problems(title, description, readers, writers)
    if not _ALIAS.fullmatch(alias):
        problems.append(Problem("alias", "malformed", "Use 2 to 59 small letters, digits and dashes."))
    elif collections.by_alias(unit.db, alias) is not None:
        problems.append(Problem("alias", "taken", "There is a collection with this alias."))
    if tlp not in TAKEN:
        problems.append(Problem("tlp", "unknown", "A shelf holds TLP:CLEAR and TLP:GREEN."))
    if problems:
        raise Invalid(problems)
    shelf = Collection(
        id=str(uuid.uuid4()),
        alias=alias,
        title=" ".join(title.split()),
        description=description.strip(),
        kind=Kind.SHELF,
        tlp=tlp.value,
        readers=tuple(sorted(set(readers))),
        writers=tuple(sorted(set(writers))),
        created_at=unit.now,
    )
    collections.add(unit.db, shelf)
    unit.audit(
        "shelf.opened", f"collection:{alias}", readers=list(shelf.readers), writers=list(shelf.writers)
    )
    return shelf


def name_users(
    unit: Unit, *, alias: str, readers: Several[str] | None = None, writers: Several[str] | None = None
) -> Collection:
    """Change who reads, of the feed and of shelves, and who writes, of shelves. None leaves it as it is."""
    unit.need("keep_shelves")
    found = _found(unit, alias)
    if found.kind is Kind.INBOX or (writers is not None and found.kind is not Kind.SHELF):
        raise NotAllowed("Allied nodes write to the inbox and nobody reads it; nobody writes to the feed.")
    if problems := _problems(found.title, "", readers or (), writers or ()):
        raise Invalid(problems)
    changed = replace(
        found,
        readers=found.readers if readers is None else tuple(sorted(set(readers))),
        writers=found.writers if writers is None else tuple(sorted(set(writers))),
    )
    collections.save(unit.db, changed)
    unit.audit(
        "collection.users",
        f"collection:{alias}",
        readers=list(changed.readers),
        writers=list(changed.writers),
    )
    return changed


def close_shelf(unit: Unit, *, alias: str) -> int:
    """Take a shelf away with everything on it. Returns how many objects went with it."""
    unit.need("keep_shelves")
    found = _found(unit, alias)
    if found.kind is not Kind.SHELF:
        raise NotAllowed("The feed and the inbox belong to the node and stay.")
    count = collections.remove(unit.db, found.id)
    unit.audit("shelf.closed", f"collection:{alias}", objects=count)
    return count


def _found(unit: Unit, alias: str) -> Collection:
    found = collections.by_alias(unit.db, alias)
    if found is None:
        raise NotFound
    return found


def _problems(title: str, description: str, readers: Several[str], writers: Several[str]) -> list[Problem]:
    problems: list[Problem] = []
    if not 0 < len(" ".join(title.split())) <= 200:
        problems.append(Problem("title", "length", "Give the collection a title of at most 200 characters."))
    if len(description) > 600:
        problems.append(Problem("description", "length", "Describe it in at most 600 characters."))
    for field, words in (("readers", readers), ("writers", writers)):
        if bad := sorted(word for word in words if not _is_word(word)):
            said = f"Use any, org:…, sector:…, group:… or node:…, not “{bad[0][:60]}”."
            problems.append(Problem(field, "unknown", said))
    return problems


def _is_word(word: str) -> bool:
    try:
        return token(word).partition(":")[0] in WORDS
    except BadToken:
        return False
