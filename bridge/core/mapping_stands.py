"""Where a ticket keeps what the mapping reads, and where it shows what the hub writes. Pure."""

from __future__ import annotations

from collections.abc import Collection

from bridge.core.mapping_choices import SHARED, Choice
from bridge.domain.mapping import Mapping
from bridge.domain.records import Reference

READ = ("category", "severity")
SHOWN = ("stage", "eta", "keys")
SHOWN_LABELS = {"stage": "the stage", "eta": "the expected date", "keys": "the work items' keys"}


def read_from(mapping: Mapping, fact: str) -> str:
    """The field in which the ticket keeps the fact; empty where the file names none."""
    source = {"category": mapping.ticket.category, "severity": mapping.ticket.severity}[fact]
    return "" if source is None else source.property


def shown_in(mapping: Mapping, fact: str) -> str:
    """The field in which the hub shows the fact; empty where it shows it nowhere."""
    show = mapping.show_on_ticket
    held = {"stage": show.stage, "eta": show.eta, "keys": show.keys}[fact]
    return "" if held is None else held.property


def field_choices(
    mapping: Mapping, fact: str, reference: Reference, shared: Collection[str]
) -> list[Choice]:
    """The helpdesk's fields for the fact, or why one can't be it: a field has one owner."""
    why_not = {each.ticket: "a field pair is about it" for each in mapping.fields}
    if fact in READ:
        why_not = {e.ticket: "a field pair writes it" for e in mapping.fields if not _owns(e.owner)}
    else:
        why_not |= {read_from(mapping, e): f"the {e} is read from it" for e in READ}
    why_not |= {shown_in(mapping, e): f"the hub writes {SHOWN_LABELS[e]} there" for e in SHOWN}
    own = read_from(mapping, fact) if fact in READ else shown_in(mapping, fact)
    why_not.pop(own, None)
    found = []
    for each in sorted(reference.fields.values(), key=lambda each: each.label.casefold()):
        said = why_not.get(each.name, "")
        if fact in SHOWN and each.name.casefold() in shared:
            said = SHARED
        elif fact in SHOWN and each.read_only:
            said = "the helpdesk lets nobody write it"
        label = each.label if each.label == each.name else f"{each.label} ({each.name})"
        found.append(Choice(each.name, label, said))
    return found


def _owns(owner: str) -> bool:
    return owner == "ticket"
