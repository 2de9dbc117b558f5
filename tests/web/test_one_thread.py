"""One request, one thread, one transaction; the capability first; an answer that failed leaves nothing (peers S6)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from fastapi.responses import PlainTextResponse
from fastapi.routing import iter_route_contexts
from starlette.responses import Response

from comity.domain.errors import ComityError, Conflict
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import OneThreadRoute, new_router
from tests.web.conftest import Browser, Portal


def rows(portal: Portal) -> int:
    with portal.engine.connect() as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM throttle")) or 0)


def write(ctx: Ctx, key: str = "k") -> None:
    ctx.unit.db.execute(
        sa.text("INSERT INTO throttle (key, failures, since) VALUES (:key, 1, '2026-01-01 00:00:00')"),
        {"key": key},
    )


def add_routes(portal: Portal) -> None:
    router = new_router()

    @router.post("/try/{how}")
    @capability("public")
    def attempt(ctx: Ctx, how: str) -> Response:
        write(ctx)
        if how == "keep":
            ctx.keep()
        if how == "raise":
            raise Conflict
        return PlainTextResponse(str(threading.get_ident()), 200 if how == "well" else 422)

    @router.get("/later/{how}")
    @capability("public")
    def later(ctx: Ctx, how: str) -> Response:
        ctx.afterwards(lambda unit: unit.db.execute(sa.text("DELETE FROM throttle")))
        if how == "fails":
            ctx.afterwards(lambda _: (_ for _ in ()).throw(Conflict()))
        return PlainTextResponse("content")

    @router.post("/only/{number}")
    @capability("vote")
    def only(ctx: Ctx, number: int) -> Response:
        write(ctx)
        return PlainTextResponse("voted")

    portal.app.include_router(router)


@pytest.fixture
def tried(portal: Portal) -> Portal:
    add_routes(portal)
    return portal


@pytest.mark.parametrize(("how", "kept"), [("well", 1), ("badly", 0), ("raise", 0), ("keep", 1)])
def test_only_an_answer_that_went_well_is_committed(
    tried: Portal, browser: Browser, how: str, kept: int
) -> None:
    browser().post(f"/try/{how}")
    assert rows(tried) == kept


def test_what_a_read_must_record_is_recorded_or_nothing_is_shown(tried: Portal, browser: Browser) -> None:
    client = browser()
    client.post("/try/well")
    assert client.get("/later/well").text == "content"
    assert rows(tried) == 0
    client.post("/try/well")
    failed = client.get("/later/fails")
    assert failed.status_code == 409
    assert "content" not in failed.text.split("<main", 1)[0][:7]
    assert rows(tried) == 1, "all that comes afterwards is one transaction"


def test_the_capability_comes_before_the_input_and_the_endpoint(tried: Portal, browser: Browser) -> None:
    for number in ("1", "one"):
        assert browser().post(f"/only/{number}").status_code == 401
        assert browser("researcher").post(f"/only/{number}").status_code == 403
    assert rows(tried) == 0
    reviewer = browser("reviewer_uni")
    assert reviewer.post("/only/one").status_code == 404, "an address that does not parse is no address"
    assert reviewer.post("/only/1").text == "voted"


def test_a_route_without_a_capability_or_context_does_not_import() -> None:
    router = new_router()
    with pytest.raises(TypeError, match="declares no capability"):

        @router.get("/open")
        def forgotten(ctx: Ctx) -> None: ...

    with pytest.raises(TypeError, match="exactly one Ctx"):

        @router.get("/bare")
        @capability("public")
        def bare() -> None: ...

    with pytest.raises(TypeError, match="async"):

        @router.get("/loop")
        @capability("public")
        async def on_the_loop(ctx: Ctx) -> None: ...


def test_every_route_of_the_portal_is_of_this_class(portal: Portal) -> None:
    found = [context.original_route for context in iter_route_contexts(portal.app.routes)]
    odd = [route for route in found if not isinstance(route, OneThreadRoute)]
    assert [getattr(route, "path", route) for route in odd] == ["/static"]
    actions = {route.capability.action for route in found if isinstance(route, OneThreadRoute)}
    from comity import policies

    assert actions <= {"public", "signed-in", "named", *policies.roles().matrix}


def test_more_readers_than_threads_are_all_answered(portal: Portal, browser: Browser) -> None:
    client = browser("editor")
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: client.get("/account").status_code, range(48)))
    assert answers == [200] * 48


def test_every_error_has_a_safe_sentence_and_a_status() -> None:
    def family(root: type[ComityError]) -> list[type[ComityError]]:
        return [root, *(child for sub in root.__subclasses__() for child in family(sub))]

    assert all(400 <= kind.status <= 503 and kind.sentence and kind.code for kind in family(ComityError))
