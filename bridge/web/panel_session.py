"""What a panel may go on with: a signed word in its own forms, because cookies don't reach frames.

Browsers keep cookies of other sites from a frame. A word that stands in the form is sent by nobody
who was not given it, so that it proves the form too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.kit.signatures import same

HOLDS = timedelta(hours=1)
LONGEST = 4096


@dataclass(frozen=True, slots=True)
class PanelSession:
    """Who looks, by which connection; and at which ticket, once that was chosen."""

    connection: str
    person: str
    ends: int
    """Seconds since 1970."""
    ticket: str = ""
    """Its id; empty until one was chosen."""
    guid: str = ""
    """What the helpdesk calls the frame."""


def sealed(session: PanelSession, seal: bytes) -> str:
    """The session as it stands in a form."""
    said = [session.connection, session.person, session.ends, session.ticket, session.guid]
    text = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()
    return f"{text}.{_mark(text, seal)}"


def unsealed(given: str, seal: bytes, now: datetime) -> PanelSession | None:
    """The session, if it was sealed with that seal and has not ended."""
    text, _, mark = given.rpartition(".")
    if len(given) > LONGEST or not text or not same(mark, _mark(text, seal)):
        return None
    try:
        connection, person, ends, ticket, guid = json.loads(base64.urlsafe_b64decode(text))
    except (binascii.Error, ValueError, TypeError):
        return None
    session = PanelSession(connection, person, ends, ticket, guid)
    return session if session.ends > now.timestamp() else None


def _mark(text: str, seal: bytes) -> str:
    return hmac.new(seal, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
