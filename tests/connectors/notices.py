"""Messages as the engine hands them to a notifier, for the tests of every one."""

from __future__ import annotations

from typing import Any

from bridge.core.guard import release_composed, release_fact, release_wording
from bridge.domain.notices import Content, Message
from bridge.domain.texts import Audience, Releasable


def released(text: str) -> Releasable:
    """A text that has passed the gate."""
    made = release_fact(text, Audience.SUPPORT, Audience.SUPPORT, "test")
    assert isinstance(made, Releasable), made
    return made


def message(**changed: Any) -> Message:
    """A notice of a High bug to one lead; `facts` and `links` are texts."""
    said: dict[str, str] = {
        "Subject": "Dispatch board blank",
        "Customer": "Acme",
        "Severity": "high",
        "Ticket": "812",
        "Work item": "#4711",
    }
    facts = changed.pop("facts", said)
    links = changed.pop(
        "links", {"Open in Ticketbridge": "https://bridge.test/tickets/hubspot/812"}
    )
    content = Content(
        title=release_composed(changed.pop("title", "High bug: Acme"), [], "test"),
        facts=tuple((label, released(value)) for label, value in facts.items()),
        links=tuple((label, release_wording(url, "test")) for label, url in links.items()),
        held=changed.pop("held", ()),
    )
    given: dict[str, Any] = {
        "id": "n-0123456789abcdef01234567",
        "thread": "hubspot:812",
        "recipient": "lead.one@acme.com",
        "attempt": 1,
        "acknowledge_url": "https://bridge.test/ack/token",
    }
    return Message(content=content, **(given | changed))
