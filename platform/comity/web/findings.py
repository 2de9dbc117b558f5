"""What the text checks found, as an author sees it, and the changes that one press applies on the server (SG-02, SG-03).

A finding is named by a key that survives edits elsewhere; where it stands is looked up anew in the text as it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from comity.domain.errors import Problem
from comity.domain.fields.prose import replaced, texts
from comity.domain.fields.shape import shape_at
from comity.domain.kinds.base import Kind
from comity.domain.personal_data import OPTIONS
from comity.services.check import Checked, finding_key
from comity.web.forms import Sent

AROUND: Final = 60
"""Characters shown on either side of the words found."""

PRESSES: Final = ("_rewrite", "_strike", "_replace")


def wording(kind: type[Kind], content: Mapping[str, Any], checked: Checked) -> list[dict[str, Any]]:
    """Language findings: `{key, field, href, before, found, after, why, suggestion}`."""
    return [
        _quoted(kind, content, one) | {"suggestion": one.suggestion, "key": finding_key(one), "why": one.why}
        for one in checked.language
    ]


def personal(kind: type[Kind], content: Mapping[str, Any], checked: Checked) -> list[dict[str, Any]]:
    """Personal-data findings with what can be done about each: `options` is `{code: words}`."""
    return [
        _quoted(kind, content, one)
        | {"key": finding_key(one), "why": one.why, "options": {code: OPTIONS[code] for code in one.options}}
        for one in checked.personal
    ]


def _quoted(kind: type[Kind], content: Mapping[str, Any], finding: Any) -> dict[str, Any]:
    text = next((one.text for one in texts(kind, content) if one.field == finding.field), "")
    shape = shape_at(kind, finding.field)
    begin, end = max(0, finding.start - AROUND), finding.end + AROUND
    return {
        "field": shape.label.text if shape else finding.field,
        "href": f"#f-{_control(kind, finding.field).replace('.', '-')}",
        "before": ("…" if begin else "") + text[begin : finding.start],
        "found": finding.matched,
        "after": text[finding.end : end] + ("…" if end < len(text) else ""),
    }


def _control(kind: type[Kind], field: str) -> str:
    """The box that holds a text: one line of a list has none of its own."""
    head, _, last = field.rpartition(".")
    shape = shape_at(kind, field)
    return head if last.isdigit() and shape is not None and shape.model is None else field


def pressed(content: dict[str, Any], checked: Checked, sent: Sent) -> dict[str, Any]:
    """The content after the one button that was pressed: a rewrite used, words removed, or words replaced by a role."""
    found: dict[str, Any] = {finding_key(one): one for one in checked.language}
    found |= {finding_key(one): one for one in checked.personal}
    for press in PRESSES:
        finding = found.get(sent.one(press))
        if finding is None:
            continue
        words = ""
        if press == "_rewrite":
            words = getattr(finding, "suggestion", finding.matched)
        elif press == "_replace":
            words = sent.one(f"_words.{sent.one(press)}") or finding.matched
        changed: dict[str, Any] = replaced(content, finding.field, finding.start, finding.end, words)
        return changed
    if sent.ticked("_official"):
        return {**content, "personal_data": "official_capacity"}
    return content


def linked(kind: type[Kind], problems: Sequence[Problem], drawn: set[str]) -> list[str]:
    """Problems of fields that no box on the page shows, as sentences for the summary."""
    return [one.message for one in problems if _control(kind, one.field) not in drawn]


def key_of(finding: Any) -> str:
    """The name of a finding in forms."""
    return finding_key(finding)
