"""What people call the fields that an explanation speaks of."""

from __future__ import annotations

from bridge.core.mirror import shown_fields
from bridge.core.situation import TicketSituation
from bridge.domain.mapping import FieldPair
from bridge.domain.records import Reference

PURPOSES = {"stage": "Stage", "eta": "Expected date", "keys": "Work items"}
"""The fields that every ticket shows its work in, by their purpose."""


def field_called(reference: Reference, field: str, purpose: str = "") -> str:
    """By its purpose, else as the vendor labels it, else its name."""
    known = reference.fields.get(field)
    label = "" if known is None else known.label
    return PURPOSES.get(purpose) or label or field


def fields_called(s: TicketSituation) -> dict[str, str]:
    """The ticket's fields that the hub owns, with what people call each."""
    return {
        field: field_called(s.reference, field, purpose)
        for field, purpose in shown_fields(s).items()
    }


def work_field_called(s: TicketSituation, pair: FieldPair) -> str:
    """The pair's field of the work item, as the tracker of the first item that has it labels it."""
    labels = (field_called(e.tracker.reference, pair.work_item) for e in s.items)
    return next((each for each in labels if each != pair.work_item), pair.work_item)
