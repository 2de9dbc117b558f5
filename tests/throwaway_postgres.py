"""A PostgreSQL cluster that exists for one test run: own folder, own port, own password, no fsync.

It never touches a cluster that was there before, and ends the server by the process id that stands in its own folder.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USERS = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; the first of these that exists runs it then."""

DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian puts the programs of each version, off the path."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


class NoPostgres(Exception):
    """No cluster; the message is the reason a reader of the test report sees."""


def binaries() -> Path:
    """Folder with `initdb` and `pg_ctl`: on the path, or where Debian keeps its newest version."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    versions = DEBIAN.glob("*/bin/initdb")
    newest = sorted(versions, key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0)
    if not newest:
        raise NoPostgres("PostgreSQL is missing")
    return newest[-1].parent


def _unprivileged() -> dict[str, Any]:
    """Arguments for `subprocess.run` that give up root; none when there is nothing to give up."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next((known[name] for name in USERS if name in known), None)
    if entry is None:
        raise NoPostgres(
            "PostgreSQL is missing a user to run as: root may not, and there is no postgres or nobody"
        )
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Cluster:
    """One cluster in `place`. Any process that knows the place may start it; the first one does the work."""

    place: Path

    @classmethod
    def somewhere(cls) -> Cluster:
        """Choose a place; nothing is created until the first `start()`."""
        return cls(Path(tempfile.gettempdir()) / f"comity-pg-{os.getpid()}-{secrets.token_hex(4)}")

    def start(self) -> str:
        """URL of the maintenance database, starting the server if nobody has. Raises `NoPostgres`."""
        folder, user = binaries(), _unprivileged()
        with self._alone():
            known = self.place / "url"
            refused = self.place / "refused"
            if refused.exists():
                raise NoPostgres(refused.read_text())
            if not known.exists():
                try:
                    known.write_text(self._create(folder, user))
                except subprocess.CalledProcessError as failed:
                    reason = f"PostgreSQL did not start: {(failed.stdout or '').strip()[-300:]}"
                    refused.write_text(reason)
                    raise NoPostgres(reason) from failed
            return known.read_text()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.place.mkdir(exist_ok=True)
        self.place.chmod(0o755)
        with (self.place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _create(self, folder: Path, user: dict[str, Any]) -> str:
        home = self.place / "home"
        home.mkdir()
        if user:
            os.chown(home, user["user"], user["group"])
        password, secret = secrets.token_urlsafe(18), home / "password"
        secret.write_text(password)
        if user:
            os.chown(secret, user["user"], user["group"])
        how: dict[str, Any] = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "text": True,
            "cwd": home,
            **user,
            "env": {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LC_ALL": "C.UTF-8"},
        }
        subprocess.run(
            [
                folder / "initdb",
                "-D",
                home / "data",
                "-U",
                "comity",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-N",
                "-A",
                "scram-sha-256",
                "--pwfile",
                secret,
            ],
            check=True,
            **how,
        )
        port = self._launch(folder, home, how)
        return f"postgresql+psycopg://comity:{password}@127.0.0.1:{port}/postgres"

    def _launch(self, folder: Path, home: Path, how: dict[str, Any]) -> int:
        """Start the server on a free port; another program may take the port first, so try thrice."""
        for attempt in (1, 2, 3):
            port = _free_port()
            lines = [f"{key} = '{value}'" for key, value in SETTINGS.items()]
            lines += [f"port = {port}", f"unix_socket_directories = '{home}'"]
            (home / "data" / "postgresql.auto.conf").write_text("\n".join(lines) + "\n")
            log = home / "log"
            try:
                # The server would keep a pipe open for ever, so what it says goes to a file.
                with log.open("w") as output:
                    subprocess.run(
                        [folder / "pg_ctl", "-D", home / "data", "-w", "-t", "60", "start"],
                        check=True,
                        **{**how, "stdout": output},
                    )
            except subprocess.CalledProcessError as failed:
                if attempt == 3:
                    failed.stdout = log.read_text()
                    raise
            else:
                return port
        raise AssertionError("unreachable")

    def destroy(self) -> None:
        """End the server, if one was started, and remove the folder."""
        data = self.place / "home" / "data"
        if (data / "postmaster.pid").exists():
            subprocess.run(
                [binaries() / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"],
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                **_unprivileged(),
            )
        shutil.rmtree(self.place, ignore_errors=True)
