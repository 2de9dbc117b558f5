"""Draw one macro in the environment that pages are drawn in."""

from __future__ import annotations

from typing import Any

from comity.config import get_settings
from comity.web.rendering import environment

HOSTILE = """"><script>alert('x')</script><b onclick=alert(1)>&"""


def render(source: str, **data: Any) -> str:
    return environment(get_settings()).from_string(source).render(data)


def use(component: str, call: str, **data: Any) -> str:
    name = call.split("(", maxsplit=1)[0]
    return render(f'{{% from "components/{component}.html" import {name} %}}{{{{ {call} }}}}', **data)
