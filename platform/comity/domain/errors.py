"""One error tree: each error has an HTTP status and a sentence that is safe to show to anyone.

`NotFound` serves both for what is absent and for what the viewer may not see: the two must never differ (H-04).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one field. `field` is a dotted path such as `claims.0.sources`."""

    field: str
    code: str
    message: str


class ComityError(Exception):
    """Root of every error that a person or a machine may be told about."""

    status = 500
    code = "internal"
    sentence = "Something went wrong on our side. Nothing was changed."

    def __init__(self, sentence: str | None = None) -> None:
        self.sentence = sentence or type(self).sentence
        super().__init__(self.sentence)


class NotFound(ComityError):
    """Absent, or not for this viewer: nobody can tell which."""

    status = 404
    code = "not-found"
    sentence = "There is nothing here that you can read."

    def __init__(self) -> None:
        super().__init__()


class Unreadable(ComityError):
    """A request that does not say what is wanted: a parameter or a cursor that cannot be read."""

    status = 400
    code = "unreadable"
    sentence = "That could not be read. Please check how it was sent."


class SignInNeeded(ComityError):
    """The page exists for everybody who signs in; it says nothing about any record."""

    status = 401
    code = "sign-in-needed"
    sentence = "Please sign in to continue."


class StepUpNeeded(ComityError):
    """A second factor is needed first."""

    status = 401
    code = "second-factor-needed"
    sentence = "Please confirm with your second factor to continue."


class NotAllowed(ComityError):
    """The viewer can see the thing, but this verb is not theirs. Never used for hidden things."""

    status = 403
    code = "not-allowed"
    sentence = "Your role does not include this action."


class Conflict(ComityError):
    """The thing has changed since it was read, or is in a state that does not allow the verb."""

    status = 409
    code = "conflict"
    sentence = "This has changed since you opened it. Your text is kept below."


class Invalid(ComityError):
    """Input with named problems; nothing typed is lost because the caller still holds it."""

    status = 422
    code = "invalid"
    sentence = "Some fields need attention."

    def __init__(self, problems: Sequence[Problem], sentence: str | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__(sentence)


class TooLarge(ComityError):
    """The body is over the limit."""

    status = 413
    code = "too-large"
    sentence = "That is larger than this node accepts."


class TooMany(ComityError):
    """Throttled. `retry_after` is in seconds."""

    status = 429
    code = "too-many"
    sentence = "Too many attempts. Please wait a moment and try again."

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__()


class Busy(ComityError):
    """No capacity right now; safe to repeat."""

    status = 503
    code = "busy"
    sentence = "The node is busy. Please try again in a moment."


class KeyLocked(ComityError):
    """The node's private key is there and cannot be opened: the passphrase is missing or another one."""

    status = 503
    code = "key-locked"
    sentence = (
        "The node cannot sign: its operator has to give the passphrase of its key. Nothing was changed."
    )
