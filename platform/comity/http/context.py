"""One request: one thread, one unit of work, one viewer, all of them opened only when asked for.

`Context` is made by an async dependency that does no I/O. `OneThreadRoute` opens it, checks the capability, runs the endpoint and
commits, all inside the one worker thread that runs the endpoint, so no thread ever waits for a connection another holds
(architecture, "One request, one thread, one transaction"). It refuses to know pages, JSON and records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from comity.config import Settings
from comity.domain.node import Node
from comity.domain.viewer import Viewer
from comity.http.capability import Capability
from comity.http.identity import identify, session_secret
from comity.services.recognize import Recognized
from comity.services.runtime import Runtime
from comity.services.unit import Unit

Job = Callable[[Unit], object]


class Context:
    """What an endpoint is given. Use `ctx.unit` for services, `ctx.viewer` to ask who it is."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.runtime: Runtime = request.app.state.runtime
        self._unit: Unit | None = None
        self._identity: Recognized | None = None
        self._kept = False
        self._jobs: list[Job] = []
        self.body = b""
        """The body of the request, at doors whose routes read it before the unit is opened."""

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self.runtime.settings

    @property
    def unit(self) -> Unit:
        """The unit of work, under the viewer's own name. `RuntimeError` outside a request."""
        self.identity  # noqa: B018  a unit never acts before its viewer is known
        return self._opened

    @property
    def viewer(self) -> Viewer:
        """Who is asking: from the session cookie, or from a token where tokens are taken."""
        return self.identity.viewer

    @property
    def identity(self) -> Recognized:
        """The viewer with what a page shows of them."""
        if self._identity is None:
            self._identity = identify(self.request, self._opened, secure=self.settings.secure_cookies)
            self._opened.viewer = self._identity.viewer
            if self._identity.touch is not None:
                self.afterwards(self._identity.touch)
        return self._identity

    @property
    def node(self) -> Node:
        """This node; `LookupError` before it is set up."""
        return self._opened.node

    @property
    def now(self) -> datetime:
        """The moment of this request: aware UTC."""
        return self._opened.now

    @property
    def nonce(self) -> str:
        """For scripts and htmx elements of this answer only."""
        return str(self.request.state.nonce)

    @property
    def request_id(self) -> str:
        """In the log line of this request, in its answer's `X-Request-Id`, and on a 500 page."""
        return str(self.request.state.request_id)

    @property
    def address(self) -> str:
        """The caller's address, for throttles and token binding; never stored, never logged. Empty when unknown."""
        return self.request.client.host if self.request.client else ""

    @property
    def session_secret(self) -> str:
        """What the session cookie holds: services ask for it as `current`. Empty without one."""
        return session_secret(self.request, secure=self.settings.secure_cookies)

    @property
    def by_htmx(self) -> bool:
        """Whether htmx asks for a block of the page instead of the page."""
        return self.request.headers.get("hx-request") == "true"

    def afterwards(self, job: Job) -> None:
        """Run `job(unit)` in a writing unit of its own after this one has committed and before the answer leaves.

        For what a reading request must write, such as the audit entry of opening an AMBER record: no lock is taken while reading,
        and when the job fails the answer is an error, so nothing is shown that was not recorded.
        """
        self.identity  # noqa: B018  the job runs under the viewer of this request
        self._jobs.append(job)

    def keep(self) -> None:
        """What was changed up to here stays, even when the answer is an error."""
        self._kept = True

    @contextmanager
    def opened(self, *, writes: bool) -> Iterator[None]:
        """Hold the unit open for the block. An exception undoes it, unless `keep()` was called."""
        with self.runtime.unit(writes=writes, request={"id": self.request_id}) as unit:
            self._unit = unit
            try:
                yield
            except Exception:
                if self._kept:
                    self.runtime.keep(unit)
                raise
            finally:
                self._unit = None

    def run(self, capability: Capability, endpoint: Callable[[], object], *, writes: bool) -> object:
        """Check, run, commit, and do what comes afterwards. An answer of 400 or above changes nothing, unless by `keep()`."""
        answer = self.attempt(capability, endpoint, writes=writes)
        self.finish()
        return answer

    def attempt(self, capability: Capability, endpoint: Callable[[], object], *, writes: bool) -> object:
        """As `run`, but what comes afterwards is left to `finish`."""
        with self.opened(writes=writes):
            self.check(capability)
            answer = endpoint()
            failed = isinstance(answer, Response) and answer.status_code >= 400
            if failed and not self._kept:
                self.runtime.undo(self._opened)
        if failed:
            self._jobs.clear()
        return answer

    @property
    def unfinished(self) -> bool:
        """Is there anything for `finish` to do?"""
        return bool(self._jobs)

    def finish(self) -> None:
        """Do what comes afterwards, which may have to wait for another writer."""
        if self._jobs:
            with self.runtime.unit(self.viewer, writes=True, request={"id": self.request_id}) as unit:
                for job in self._jobs:
                    job(unit)

    def check(self, capability: Capability) -> None:
        """The capability before anything else; the public needs no look at the database."""
        if capability.action != "public":
            capability.require(self.viewer)

    @property
    def _opened(self) -> Unit:
        if self._unit is None:
            raise RuntimeError("the unit of work is open only while the endpoint runs")
        return self._unit


async def context(request: Request) -> Context:
    """No I/O here: everything is opened in the endpoint's thread."""
    return Context(request)


Ctx = Annotated[Context, Depends(context)]
