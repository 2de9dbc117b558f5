"""Other TAXII 2.1 servers, each in a process of its own on loopback, from a helper environment that is built once in `var/peers`.

medallion keeps everything in memory, OpenTAXII in SQLite; both are behind waitress with eight threads. OpenTAXII is given a
collection that needs no password, because checking one costs it more than the answer does. As released it cannot write the ids of
its own collections as JSON with the libraries of today, so they are written as texts for it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.corpus import ROOT

PLACE: Final = ROOT / "var" / "peers"
NEEDED: Final = ("medallion==3.0.0", "opentaxii==0.9.3", "waitress")
COLLECTION: Final = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"

MEDALLION: Final = """
import json, sys
from medallion import application_instance as app, register_blueprints, set_config
from waitress import serve
with open(sys.argv[1]) as file:
    config = json.load(file)
for part in ("users", "taxii", "backend"):
    set_config(app, part, config)
register_blueprints(app)
serve(app, host="127.0.0.1", port=int(sys.argv[2]), threads=8)
"""

OPENTAXII: Final = """
import json, sys, os
plain = json.dumps
json.dumps = lambda value, **more: plain(value, **{"default": str, **more})
os.environ["OPENTAXII_CONFIG"] = sys.argv[1]
from opentaxii.http import app, server
from waitress import serve
with app.app_context():
    api = server.servers.taxii2.persistence.api
    root = api.add_api_root("bench", default=True, is_public=True)
    found = api.add_collection(root.id, "bench", is_public=True, is_public_write=True)
    with open(sys.argv[3], "w") as file:
        file.write(f"{root.id} {found.id}")
serve(app, host="127.0.0.1", port=int(sys.argv[2]), threads=8)
"""


@dataclass(frozen=True)
class Target:
    """A running server as the shared driver takes it."""

    name: str
    api_root: str
    collection: str
    auth: str
    pid: int


def python() -> Path | None:
    """The Python of the helper environment, built now if need be; None where that cannot be done, which is said."""
    found = PLACE / "bin" / "python"
    if not found.exists():
        print(f"  building {PLACE.relative_to(ROOT)} with {', '.join(NEEDED)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", PLACE], check=True)
    checked = "import medallion, opentaxii, waitress"
    if subprocess.run([found, "-c", checked], capture_output=True, check=False).returncode:
        built = subprocess.run([found, "-m", "pip", "install", "--quiet", *NEEDED], check=False)
        if built.returncode:
            print("  THE PEERS COULD NOT BE BUILT: no ratio is measured in this run", flush=True)
            return None
    return found


@contextmanager
def medallion(folder: Path) -> Iterator[Target]:
    """Everything in memory, with one account."""
    port, name = _free_port(), folder / "medallion.json"
    shelf = {
        "id": COLLECTION, "title": "bench", "can_read": True, "can_write": True,
        "media_types": ["application/stix+json;version=2.1"], "objects": [], "manifest": [],
    }  # fmt: skip
    root = {
        "information": {
            "title": "bench", "versions": ["application/taxii+json;version=2.1"], "max_content_length": 104857600
        },
        "status": [], "collections": [shelf],
    }  # fmt: skip
    at = f"http://127.0.0.1:{port}/root/"
    discovery = {"title": "bench", "default": at, "api_roots": [at]}
    (folder / "data.json").write_text(json.dumps({"/discovery": discovery, "root": root}))
    config = {
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": str(folder / "data.json"),
        },
        "users": {"bench": "bench"},
        "taxii": {"max_page_size": 1000},
    }  # fmt: skip
    name.write_text(json.dumps(config))
    with _running(folder, "medallion", MEDALLION, str(name), str(port)) as pid:
        _wait(f"http://127.0.0.1:{port}/taxii2/")
        yield Target("medallion", f"http://127.0.0.1:{port}/root/", COLLECTION, "Basic YmVuY2g6YmVuY2g=", pid)


@contextmanager
def opentaxii(folder: Path) -> Iterator[Target]:
    """One public collection in SQLite."""
    port, name, told = _free_port(), folder / "opentaxii.yml", folder / "opentaxii.ids"
    name.write_text(
        f"""
domain: "127.0.0.1:{port}"
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: {{db_connection: "sqlite:///{folder}/auth.db", create_tables: yes, secret: bench}}
taxii1:
taxii2:
  max_content_length: 104857600
  title: bench
  public_discovery: true
  allow_custom_properties: true
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "sqlite:///{folder}/data.db", create_tables: yes}}
logging: {{opentaxii: error, root: error}}
"""
    )
    with _running(folder, "opentaxii", OPENTAXII, str(name), str(port), str(told)) as pid:
        _wait(f"http://127.0.0.1:{port}/taxii2/")
        root, collection = told.read_text().split()
        yield Target("OpenTAXII", f"http://127.0.0.1:{port}/taxii2/{root}/", collection, "", pid)


@contextmanager
def _running(folder: Path, name: str, program: str, *words: str) -> Iterator[int]:
    interpreter = PLACE / "bin" / "python"
    bare = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            [interpreter, "-c", program, *words], stdout=log, stderr=log, cwd=folder, env=bare
        )
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{address} did not answer")
