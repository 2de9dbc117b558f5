"""The page of what programs read and write: everybody sees what they can use, the federation officer alone changes it."""

from __future__ import annotations

from tests.web.conftest import Browser, Portal

SHELF = {
    "alias": "indicators",
    "title": "Indicators & more",
    "tlp": "GREEN",
    "readers": "node:nordmark",
    "writers": "org:uni-north",
}


def test_a_shelf_is_opened_used_and_closed(portal: Portal, browser: Browser) -> None:
    officer = browser("federation_officer")
    assert officer.post("/collections", data=SHELF).status_code == 303
    page = officer.get("/collections").text
    assert "org:uni-north" in page
    assert "Indicators &amp; more" in page
    for who, shown in (("researcher", "read and write"), ("reader", "Indicators"), ("", "Records")):
        assert shown in browser(who).get("/collections").text
    assert "Indicators" not in browser().get("/collections").text
    assert "Care of the collections" not in browser("researcher").get("/collections").text
    assert officer.post("/collections/close", data={"alias": "indicators"}).status_code == 303
    assert "Indicators" not in officer.get("/collections").text


def test_what_was_typed_stays_beside_what_is_wrong(portal: Portal, browser: Browser) -> None:
    officer = browser("federation_officer")
    wrong = officer.post("/collections", data=SHELF | {"readers": "everyone", "tlp": "AMBER"})
    assert wrong.status_code == 422
    assert "Indicators &amp; more" in wrong.text
    assert "not “everyone”" in wrong.text
    assert officer.post("/collections", data=SHELF | {"id": "x"}).status_code == 422
    assert officer.post("/collections/close", data={"alias": "records"}).status_code == 403


def test_nobody_else_opens_or_closes_one(portal: Portal, browser: Browser) -> None:
    for who in ("researcher", "editor", "organization_admin"):
        assert browser(who).post("/collections", data=SHELF).status_code == 403
        assert browser(who).post("/collections/close", data={"alias": "records"}).status_code == 403
    assert browser().post("/collections", data=SHELF).status_code == 401
    assert "Indicators" not in browser("federation_officer").get("/collections").text
