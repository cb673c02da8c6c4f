"""Errors, named after what happens next.

`str(error)` is for admins and may be shown; `detail` is for logs. Neither ever holds a vendor's
body verbatim nor a secret.
"""

from __future__ import annotations

from datetime import datetime


class BridgeError(Exception):
    """Base of the hub's own errors."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class Unavailable(BridgeError):
    """The vendor did not answer, or not now; nothing happened there. Try again later."""


OF_RECORD = "record"
"""The scope of a limit that counts for one record: the connection's others go on."""


class Throttled(BridgeError):
    """The vendor's limit is reached: nothing of `scope` before `until` (UTC).

    Only the record waits where `scope` is `OF_RECORD`, else the whole connection.
    """

    def __init__(self, message: str, *, until: datetime, scope: str = "", detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.until = until
        self.scope = scope


class Stale(BridgeError):
    """Somebody changed the record first: look again and plan again."""


class UnknownOutcome(BridgeError):
    """A write was sent and no clear answer came: it may have happened. Probe, never repeat."""


class CredentialProblem(BridgeError):
    """The connection's credential does not work: pause the connection, tell a person."""


class ScopeMissing(CredentialProblem):
    """The credential works but lacks a right: what needs that right is left out."""


class Paused(BridgeError):
    """The connection is paused: nothing goes out to it until it is resumed."""


class RecordMissing(BridgeError):
    """The vendor does not show the record. Once, this proves nothing."""


class Rejected(BridgeError):
    """The vendor refuses this value or call, and will again: a finding, no retry.

    `field` is the vendor's field name where it says which.
    """

    def __init__(self, message: str, *, field: str | None = None, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.field = field


class ApproveAgain(Rejected):
    """It would reach somebody for whom nobody approved it: nothing was said, a person looks."""


class PolicyViolation(BridgeError):
    """Something that must never leave was about to: our own fault. Stop and alarm."""


class ConfigProblem(BridgeError):
    """Configuration is wrong: refuse to start, or to activate. `problems` are all of them."""

    def __init__(self, message: str, *, problems: tuple[str, ...] = (), detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.problems = problems
