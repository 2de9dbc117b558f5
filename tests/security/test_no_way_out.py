"""Class S15: there is no way to make the node fetch an address. Until there is one outbound client, no module may open connections,
except the one that sends mail to the server of the settings.
"""

from __future__ import annotations

import ast

from comity.config import ROOT

CLIENTS = frozenset(
    {
        "httpx",
        "httpx2",
        "requests",
        "urllib3",
        "aiohttp",
        "http",
        "urllib",
        "smtplib",
        "ftplib",
        "socket",
        "telnetlib",
    }
)
ALLOWED = {
    "services/mail.py": {"smtplib", "urllib"},
    "cli/demo.py": {"socket"},
}
PURE = frozenset({"urllib.parse", "http.cookies"})


def imports(source: str) -> set[str]:
    """Modules that could open a connection, by top name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        found |= {name.split(".")[0] for name in names if name not in PURE}
    return found & CLIENTS


def test_nothing_in_the_service_opens_a_connection_to_an_address_from_outside() -> None:
    package = ROOT / "platform" / "comity"
    found = {}
    for path in package.rglob("*.py"):
        name = path.relative_to(package).as_posix()
        if extra := imports(path.read_text(encoding="utf-8")) - ALLOWED.get(name, set()):
            found[name] = extra
    assert found == {}


def test_the_check_notices_a_client() -> None:
    assert imports("import urllib.request\nfrom httpx2 import Client") == {"urllib", "httpx2"}
    assert imports("from urllib.parse import quote") == set()
