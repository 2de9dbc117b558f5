"""What a browser would send for a form of a page, untouched or with a few changes: so that tests type into real pages."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from starlette.testclient import TestClient

Pairs = list[tuple[str, str]]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, Pairs] = {}
        self._form: Pairs | None = None
        self._text: tuple[str, list[str]] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = self.forms.setdefault(given.get("action", ""), [])
        elif self._form is None or (tag != "option" and not given.get("name")):
            return
        elif tag == "input" and given.get("type") in ("checkbox", "radio"):
            if "checked" in given and "disabled" not in given:
                self._form.append((given["name"], given.get("value", "on")))
        elif tag == "input":
            self._form.append((given["name"], given.get("value", "")))
        elif tag == "textarea":
            self._text = (given["name"], [])
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and "selected" in given:
            self._form.append((self._select, given.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None and self._form is not None:
            name, parts = self._text
            self._form.append((name, "".join(parts).removeprefix("\n")))
            self._text = None
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._form = None


def form_of(html: str, action: str) -> Pairs:
    """The fields of the form that is sent to `action`."""
    parser = _Forms()
    parser.feed(html)
    return parser.forms[action]


def changed(pairs: Pairs, **new: str | list[str] | None) -> dict[str, Any]:
    """The same fields with others in place: `__` stands for a dot; None leaves the field out altogether."""
    renamed = {name.replace("__", "."): value for name, value in new.items()}
    sent: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in renamed:
            sent.setdefault(name, []).append(value)
    for name, given in renamed.items():
        if given is not None:
            sent[name] = [given] if isinstance(given, str) else given
    return sent


def send(client: TestClient, page: str, action: str, **new: str | list[str] | None) -> Any:
    """Open `page`, change a few fields of its form for `action`, and press its button."""
    opened = client.get(page)
    assert opened.status_code == 200, (opened.status_code, opened.text[:400])
    return client.post(action, data=changed(form_of(opened.text, action), **new))
