"""Class S15: there is one way out, `services/outbound.py` with `services/pin.py` under it, and the one that sends mail to the
server of the settings. No other module may open a connection, so no other rule about addresses, TLS and sizes can exist.
"""

from __future__ import annotations

import ast

from comity.config import ROOT

CLIENTS = frozenset(
    {
        "httpx",
        "httpx2",
        "httpcore2",
        "requests",
        "taxii2client",
        "websockets",
        "urllib3",
        "aiohttp",
        "http",
        "urllib",
        "smtplib",
        "ftplib",
        "socket",
        "ssl",
        "asyncio",
        "telnetlib",
    }
)
ALLOWED = {
    "services/mail.py": {"smtplib", "ssl"},
    "services/outbound.py": {"httpx2", "httpcore2", "ssl"},
    "services/pin.py": {"httpcore2", "socket", "ssl"},
    "cli/demo_node.py": {"socket"},
}
CARRIERS = "authlib.integrations"
PURE = frozenset({"urllib.parse", "http.cookies"})


def imports(source: str) -> set[str]:
    """Modules that could open a connection, by top name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        found |= {name.split(".")[0] for name in names if name not in PURE}
        found |= {CARRIERS for name in names if name.startswith(CARRIERS)}
    return found & (CLIENTS | {CARRIERS})


def test_nothing_in_the_service_opens_a_connection_to_an_address_from_outside() -> None:
    package = ROOT / "platform" / "comity"
    found = {}
    for path in package.rglob("*.py"):
        name = path.relative_to(package).as_posix()
        if extra := imports(path.read_text(encoding="utf-8")) - ALLOWED.get(name, set()):
            found[name] = extra
    assert found == {}


def test_the_check_notices_a_client() -> None:
    assert imports("from authlib.integrations.httpx_client import OAuth2Client") == {CARRIERS}
    assert imports("import urllib.request\nfrom httpx2 import Client") == {"urllib", "httpx2"}
    assert imports("from urllib.parse import quote") == set()
