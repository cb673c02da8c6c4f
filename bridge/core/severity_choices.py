"""What a person may choose for a ticket's severity, in the helpdesk's own values. Pure."""

from __future__ import annotations

from bridge.core.detector import KnownSentry
from bridge.core.guard import Held, release_fact
from bridge.domain.mapping import Mapping
from bridge.domain.records import Reference
from bridge.domain.texts import Audience, Releasable

Choice = tuple[str, str]
"""What is written to the helpdesk's field, and what people read."""
RULE = "the severity that a person gives"


def severity_choices(mapping: Mapping, reference: Reference) -> tuple[Choice, ...]:
    """Every value that means something to the mapping; none where it is not people's to set.

    A field that follows the work item is set there: the hub itself writes it on the ticket.
    """
    source = mapping.ticket.severity
    if source is None or any(
        each.ticket == source.property and each.owner == "work_item" for each in mapping.fields
    ):
        return ()
    info = reference.fields.get(source.property)
    options = () if info is None else info.options
    if source.values is None:
        return options
    if not options:
        return tuple((value, word) for value, word in source.values.items())
    known = source.values
    return tuple((value, label) for value, label in options if value in known or label in known)


def released(value: str, known: KnownSentry) -> Releasable | None:
    """The chosen value as it may be written to the ticket; None where the gate holds it."""
    gate = release_fact(value, Audience.SUPPORT, Audience.SUPPORT, RULE, known)
    return None if isinstance(gate, Held) else gate
