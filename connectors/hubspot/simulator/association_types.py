"""Which records can be associated, and under which type ids.

https://developers.hubspot.com/docs/api/crm/associations
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.hubspot.simulator.problems import invalid, not_found

TYPE_IDS = {
    "contacts": "0-1",
    "companies": "0-2",
    "deals": "0-3",
    "tickets": "0-5",
    "notes": "0-46",
    "emails": "0-49",
    "feedback_submissions": "0-19",
}
NOUNS = {
    "contacts": "contact",
    "companies": "company",
    "deals": "deal",
    "tickets": "ticket",
    "notes": "note",
    "emails": "email",
    "feedback_submissions": "feedback_submission",
}
_NAMES = (
    {name: name for name in TYPE_IDS}
    | {noun: name for name, noun in NOUNS.items()}
    | {type_id: name for name, type_id in TYPE_IDS.items()}
)


@dataclass(frozen=True, slots=True)
class Pairing:
    """The type ids between two object types, in one direction."""

    plain: int
    primary: int | None = None


PAIRINGS = {
    ("tickets", "contacts"): Pairing(16),
    ("contacts", "tickets"): Pairing(15),
    ("tickets", "companies"): Pairing(339, primary=26),
    ("companies", "tickets"): Pairing(340, primary=25),
    ("tickets", "notes"): Pairing(227),
    ("notes", "tickets"): Pairing(228),
    ("tickets", "emails"): Pairing(223),
    ("emails", "tickets"): Pairing(224),
    ("feedback_submissions", "tickets"): Pairing(99),
    ("tickets", "feedback_submissions"): Pairing(100),
}


def object_type(name: str) -> str:
    """The plural name of an object type given by plural, singular or type id."""
    found = _NAMES.get(name.lower())
    if found is None:
        raise not_found("Object type", name)
    return found


def pairing(from_type: str, to_type: str) -> Pairing:
    """The type ids from one object type to another; 400 where the two never meet."""
    found = PAIRINGS.get((from_type, to_type))
    if found is None:
        raise invalid(f"No association type exists from {from_type} to {to_type}")
    return found


def mirrored(from_type: str, to_type: str, type_id: int) -> int:
    """The type id that the other end sees for one of ours."""
    ours, theirs = pairing(from_type, to_type), pairing(to_type, from_type)
    if type_id == ours.plain:
        return theirs.plain
    if type_id == ours.primary and theirs.primary is not None:
        return theirs.primary
    raise invalid(f"{type_id} is not an association type from {from_type} to {to_type}")


def type_bodies(from_type: str, to_type: str, type_ids: list[int]) -> list[dict[str, Any]]:
    """Association types as the associations API writes them."""
    primary = pairing(from_type, to_type).primary
    return [
        {
            "category": "HUBSPOT_DEFINED",
            "typeId": type_id,
            "label": "Primary" if type_id == primary else None,
        }
        for type_id in sorted(type_ids)
    ]
