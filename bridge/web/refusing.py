"""Why something can't be done, as a status and a sentence for whoever pressed the button."""

from __future__ import annotations

from bridge.domain.errors import (
    BridgeError,
    CredentialProblem,
    Paused,
    RecordMissing,
    Rejected,
    Throttled,
    Unavailable,
)
from bridge.engine.link_preview import SeveralMeant
from bridge.engine.linking import LinkExists, NotAHelpdesk, NotATracker
from bridge.engine.wishes import LaunchRefused
from bridge.web.pressing import sentence_of

_TYPED = (RecordMissing, SeveralMeant, NotATracker, NotAHelpdesk)
"""What was typed, or names, is wrong."""


def refused(error: BridgeError) -> tuple[int, str]:
    """The status and the sentence."""
    if isinstance(error, LinkExists):
        return 409, "The two are linked already. Nothing was changed."
    if isinstance(error, Unavailable | Throttled):
        return 503, f"{sentence_of(error)} Nothing was changed; try again in a moment."
    if isinstance(error, CredentialProblem):
        return (
            502,
            f"{sentence_of(error)} Nothing was changed; an admin must look at the connection.",
        )
    if isinstance(error, Paused | LaunchRefused):
        return 409, sentence_of(error)
    return 422 if isinstance(error, (*_TYPED, Rejected)) else 409, sentence_of(error)
