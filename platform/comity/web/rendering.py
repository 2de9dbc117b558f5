"""Pages and blocks: one template file serves the whole page and, for htmx, a block of it.

Templates receive data only (peers S5). Autoescape is on, an unknown name is an error, and only `web.markdown` makes markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

import jinja2
from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from comity.config import TEMPLATES, Settings
from comity.http.context import Context
from comity.web import notices
from comity.web.assets import asset
from comity.web.chrome import chrome
from comity.web.markdown import markdown

DASH: Final = "–"


def page(ctx: Context, template: str, *, status: int = 200, **data: Any) -> HTMLResponse:
    """The whole page. Give `marking` ({tlp, text}) with every page that shows content above CLEAR."""
    html = environment(ctx.settings).get_template(template).render(chrome(ctx) | data)
    response = HTMLResponse(html, status_code=status)
    notices.clear(ctx, response)
    return response


def block(ctx: Context, template: str, name: str, *, status: int = 200, **data: Any) -> HTMLResponse:
    """One block of a page, for htmx. The same data as for the page, or at least what the block uses."""
    return HTMLResponse(
        block_html(environment(ctx.settings).get_template(template), name, chrome(ctx) | data), status
    )


def page_or_block(ctx: Context, template: str, name: str, *, status: int = 200, **data: Any) -> HTMLResponse:
    """The block when htmx asks, otherwise the page. The answer varies by that header."""
    whole = not ctx.by_htmx
    response = (
        page(ctx, template, status=status, **data)
        if whole
        else block(ctx, template, name, status=status, **data)
    )
    response.headers["vary"] = "HX-Request"
    return response


def text(settings: Settings, template: str, **data: Any) -> str:
    """A template that is no page, such as a mail."""
    return environment(settings).get_template(template).render(data)


def macro(settings: Settings, template: str, name: str, **data: Any) -> str:
    """What a macro of a template makes of `data`: markup, with everything in `data` escaped."""
    made: str = getattr(environment(settings).get_template(template).module, name)(**data)
    return made


def block_html(template: jinja2.Template, name: str, data: Mapping[str, Any]) -> str:
    """Render one block with the imports of its file and of the files it extends.

    Those stand before the first piece of output, so running the template up to there is enough. `KeyError` for an unknown block.
    """
    context = template.new_context(dict(data))
    beginning = template.root_render_func(context)
    next(iter(beginning), "")
    return "".join(context.blocks[name][0](context))


def environment(settings: Settings) -> Environment:
    """The templates of this process."""
    return _environment(str(settings.data_dir))


@lru_cache(maxsize=4)
def _environment(_data_dir: str) -> Environment:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    env.globals["_"] = env.globals[
        "gettext"
    ]  # the extension's alias looks it up anew for each of a hundred words
    env.filters |= {
        "dt": when,
        "day": day,
        "iso": iso,
        "markdown": markdown,
        "plural": plural,
        "words": words,
    }
    env.globals |= {"asset": asset}
    return env


def when(moment: datetime | None) -> str:
    """`14 March 2026, 09:30 UTC`; a dash for None. Use inside `<time datetime="{{ moment|iso }}">`."""
    if moment is None:
        return DASH
    return f"{format_datetime(moment.astimezone(UTC), 'd MMMM y, HH:mm', locale='en_GB')} UTC"


def day(moment: date | datetime | None) -> str:
    """`14 March 2026`; a dash for None."""
    if moment is None:
        return DASH
    return _day(moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment)


@lru_cache(maxsize=4096)
def _day(of: date) -> str:
    return format_date(of, "d MMMM y", locale="en_GB")


def iso(moment: date | datetime | None) -> str:
    """For the `datetime` attribute."""
    if moment is None:
        return ""
    return (
        moment.astimezone(UTC).isoformat(timespec="seconds")
        if isinstance(moment, datetime)
        else moment.isoformat()
    )


def plural(count: int, one: str, many: str) -> str:
    """`{{ 3|plural("reader", "readers") }}` -> `3 readers`."""
    return f"{count:,} {one if count == 1 else many}"


def words(code: str) -> str:
    """`civil_society` -> `civil society`."""
    return str(code).replace("_", " ")
