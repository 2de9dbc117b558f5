"""Files beside a record: taken in with its draft, looked at, handed out for saving to those who may read them, and to nobody else.

A file belongs to what reviewers agree to, so it comes and goes only while the record was never published and is with its author.
Each has an audience of its own, never wider than the record's. One record's files say nothing of another's, even for equal bytes.
"""

from __future__ import annotations

import shlex
import subprocess  # nosec B404
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final

from comity.config import Settings
from comity.domain import file_kinds, personal_data
from comity.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from comity.domain.handling import national_marking_problems
from comity.domain.lifecycle_facts import State
from comity.domain.record import Record, Revision
from comity.domain.tlp import TLP, strictest
from comity.services import read
from comity.services.draft import full_content, new_version, working
from comity.services.settle import settle
from comity.services.unit import Unit
from comity.services.uuid7 import uuid7
from comity.storage import attachments, audiences, files, openings
from comity.storage.attachments import Attachment

MOST: Final = 20
LONGEST_TEXT: Final = 2_000_000
MOST_MEMBERS: Final = 10_000
"""Parts of a packed document. 25 MB have room for half a million empty ones, which cost seconds and 190 MB to list."""
SCAN_SECONDS: Final = 60
_OPEN: Final = frozenset({State.DRAFT, State.CHANGES_REQUESTED})


class PurposeNeeded(Exception):
    """The reader may have the file, after saying why they open the record (H-08)."""


@dataclass(frozen=True)
class Taken:
    """A file whose bytes are kept and that belongs to no record yet."""

    name: str
    sha256: str
    size: int
    malware_state: str


@dataclass(frozen=True)
class Handed:
    """A file to be handed out: what is known of it, and where its bytes are."""

    attachment: Attachment
    path: Path


def may_change(unit: Unit, record: Record) -> bool:
    """Are this record's files the viewer's to change now?"""
    return record.author == unit.viewer.person and record.state in _OPEN and not record.is_published


def _own(unit: Unit, ref: str) -> tuple[Record, Revision]:
    record, revision = working(unit, ref)
    if record.author != unit.viewer.person:
        raise NotAllowed("Only its author changes the files of a draft.")
    if not may_change(unit, record):
        raise Conflict(
            "Files are added while a record is a draft that was never published. Take it back first."
        )
    return record, revision


def listed(unit: Unit, record: Record) -> list[Attachment]:
    """The files of a record that the viewer may read."""
    return list(attachments.of_record(unit.db, unit.viewer, record.id))


@dataclass(frozen=True)
class Desk:
    """What an author sees of the files of their own record. `tlp` is the strictest marking on the page."""

    record: Record
    files: Sequence[Attachment]
    may_change: bool
    tlp: str


def desk(unit: Unit, *, ref: str) -> Desk:
    """For the author alone; readers meet the files on the record's page, after the purpose. `NotFound` for anybody else."""
    record = read.find_record(unit, ref)
    if record.author != unit.viewer.person:
        raise NotFound
    own = listed(unit, record)
    marks = [audiences.load(unit.db, record.audience_id).tlp, *(TLP(one.tlp) for one in own)]
    return Desk(record, own, may_change(unit, record), strictest(marks).value)


def take_in(settings: Settings, *, name: str, stream: BinaryIO) -> Taken:
    """Read, look at and keep the bytes. Opens no unit: it may take a minute. Raises `Invalid` naming what is wrong with the file.

    What no record has within a day is deleted by `sweep`.
    """
    name = file_kinds.safe_name(name)
    try:
        with files.received(settings.data_dir, stream, limit=settings.max_attachment_bytes) as received:
            _refuse(name, received.path, received.size)
            state = scan(received.path, settings.attachment_scanner)
            files.keep(settings.data_dir, received)
    except files.TooBig:
        most = f"{settings.max_attachment_bytes / 1_000_000:g} MB"
        raise Invalid([Problem("file", "too-large", f"The file is larger than {most}.")]) from None
    return Taken(name, received.sha256, received.size, state)


def check_room(unit: Unit, *, ref: str) -> None:
    """May the viewer add a file here? Asked before the bytes are read."""
    record, _ = _own(unit, ref)
    if len(listed(unit, record)) >= MOST:
        raise Invalid([Problem("file", "full", f"A record carries at most {MOST} files.")])


def add(unit: Unit, *, ref: str, taken: Taken, tlp: str = "") -> Attachment:
    """Put a file that was taken in beside one's own draft."""
    check_room(unit, ref=ref)
    record, revision = _own(unit, ref)
    attachment = Attachment(
        uid=str(uuid7(unit.now)),
        record_id=record.id,
        audience_id=record.audience_id,
        name=taken.name,
        media_type=file_kinds.MEDIA[file_kinds.ending(taken.name)],
        size=taken.size,
        sha256=taken.sha256,
        malware_state=taken.malware_state,
        tlp=marking(tlp, revision).value,
        added_by=unit.viewer.person or "",
        added_at=unit.now,
    )
    attachments.add(unit.db, attachment)
    _changed(unit, record, revision, "attachment.add", attachment)
    return attachment


def marking(tlp: str, revision: Revision) -> TLP:
    """The file's own marking where it is the stricter; a word that is none is refused, not guessed."""
    if not tlp:
        return revision.handling.tlp
    try:
        marked = TLP(tlp)
    except ValueError:
        raise Invalid([Problem("tlp", "choice", "Choose a marking.")]) from None
    return marked if marked.restriction > revision.handling.tlp.restriction else revision.handling.tlp


def _changed(unit: Unit, record: Record, revision: Revision, action: str, attachment: Attachment) -> None:
    """Reviewers vote on a version: one that they have seen does not get other files behind their backs."""
    if revision.frozen:
        content = full_content(unit, revision)
        record = new_version(unit, record, content=content, handling=revision.handling, note="Files changed")
    record = settle(unit, record)
    unit.audit(action, record.ref, audience_id=record.audience_id, file=attachment.uid, bytes=attachment.size)


def remove(unit: Unit, *, ref: str, uid: str) -> None:
    """Take a file off one's own draft. The bytes go with the next `sweep`, when no other record has the same."""
    record, revision = _own(unit, ref)
    attachment = attachments.get(unit.db, unit.viewer, uid)
    if attachment is None or attachment.record_id != record.id:
        raise NotFound
    attachments.remove(unit.db, uid)
    _changed(unit, record, revision, "attachment.remove", attachment)


def sweep(unit: Unit, settings: Settings) -> int:
    """For the worker: delete bytes that no record has, a day after they came. Returns how many files went."""
    old = files.older_than(settings.data_dir, unit.now - timedelta(days=1))
    unused = [sha256 for sha256 in old if not attachments.in_use(unit.db, sha256)]
    for sha256 in unused:
        files.forget(settings.data_dir, sha256)
    return len(unused)


def hand_out(unit: Unit, settings: Settings, *, ref: str, uid: str) -> Handed:
    """A file for saving. `NotFound` for whoever may not read this very file; `PurposeNeeded` where its marking asks for one."""
    record = read.find_record(unit, ref)
    attachment = attachments.get(unit.db, unit.viewer, uid)
    if attachment is None or attachment.record_id != record.id:
        raise NotFound
    audience = audiences.load(unit.db, attachment.audience_id)
    last = openings.last(unit.db, record.id, unit.viewer.person) if unit.viewer.person else None
    if read.needs_purpose(unit, record, audience, last):
        raise PurposeNeeded
    path = files.path_of(settings.data_dir, attachment.sha256)
    if not path.is_file():
        raise NotFound
    return Handed(attachment, path)


def log(unit: Unit, *, handed: Handed, ref: str) -> None:
    """Who was handed a restricted file, in the audit log."""
    if TLP(handed.attachment.tlp).restriction >= TLP.AMBER.restriction:
        audience_id = handed.attachment.audience_id
        unit.audit("attachment.open", ref, audience_id=audience_id, file=handed.attachment.uid)


def _refuse(name: str, path: Path, size: int) -> None:
    end = file_kinds.ending(name)
    if end not in file_kinds.MEDIA:
        known = ", ".join(file_kinds.MEDIA)
        raise Invalid([Problem("file", "type", f"Files of this type are not taken. These are: {known}.")])
    if not size:
        raise Invalid([Problem("file", "empty", "The file is empty.")])
    with path.open("rb") as opened:
        head = opened.read(8192)
    if not file_kinds.beginning_fits(end, head) or (end in file_kinds.PACKED and not _packed_fits(end, path)):
        raise Invalid(
            [Problem("file", "type", f"The file is not what its ending .{end} says, or it holds a program.")]
        )
    if end in file_kinds.TEXT:
        _refuse_text(path, size)


def _packed_fits(end: str, path: Path) -> bool:
    if _members(path) > MOST_MEMBERS:
        return False
    try:
        with zipfile.ZipFile(path) as packed:
            return file_kinds.contents_fit(end, packed.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def _members(path: Path) -> int:
    """How many entries the directory of an archive has at most, counted without reading it in."""
    with path.open("rb") as opened:
        return sum(piece.count(b"PK\x01\x02") for piece in iter(lambda: opened.read(1 << 20), b""))


def _refuse_text(path: Path, size: int) -> None:
    """Text is looked at like the record's own words: personal data and national markings stay outside (SG-02, H-05)."""
    if size > LONGEST_TEXT:
        raise Invalid(
            [Problem("file", "too-large", "Plain text may have 2 MB. Attach a larger one as a PDF.")]
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Invalid([Problem("file", "type", "Plain text must be in UTF-8.")]) from None
    problems = national_marking_problems({"file": text})
    if found := personal_data.find(text):
        _what, start, end = found[0]
        said = f"The file has what looks like personal data, for example “{text[start:end][:60]}”. Remove it first."
        problems.append(Problem("file", "personal-data", said))
    if problems:
        raise Invalid(problems)


def scan(path: Path, command: str) -> str:
    """`unscanned` without a scanner, else `clean`. Raises `Invalid` for what the scanner refuses or cannot look at in time."""
    if not command:
        return "unscanned"
    try:
        done = subprocess.run(  # nosec B603  the operator's own command, no shell, and a file name of our own making
            [*shlex.split(command), str(path)], capture_output=True, timeout=SCAN_SECONDS, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        raise Invalid(
            [Problem("file", "not-scanned", "The file could not be checked for malware. Try again later.")]
        ) from None
    if done.returncode:
        raise Invalid([Problem("file", "malware", "The malware check refused this file. It was not kept.")])
    return "clean"
