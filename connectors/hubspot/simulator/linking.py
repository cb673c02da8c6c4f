"""Associations between records, and the events that tell of them."""

from __future__ import annotations

from connectors.hubspot.simulator.association_types import (
    NOUNS,
    TYPE_IDS,
    mirrored,
    pairing,
)
from connectors.hubspot.simulator.crm import ANNOUNCED, Crm
from connectors.hubspot.simulator.records import Author, Record


def associate(
    crm: Crm, one: Record, other: Record, type_ids: list[int] | None, author: Author
) -> list[int]:
    """Associates two records, seen by both; the unlabelled type is always among the types.

    A record has one primary company: naming another takes the label from the former.
    """
    pair = pairing(one.object_type, other.object_type)
    wanted = {pair.plain, *(type_ids or [])}
    back = {mirrored(one.object_type, other.object_type, type_id) for type_id in wanted}
    before = set(one.links.get(other.object_type, {}).get(other.id, []))
    if pair.primary in wanted:
        _strip_primary(one, other.object_type, pair.primary)
    _merge_types(one, other, wanted)
    _merge_types(other, one, back)
    if not wanted <= before:
        primary = pair.primary in wanted
        _announce(crm, one, other, author, removed=False, primary=primary)
        _announce(crm, other, one, author, removed=False, primary=primary)
    return sorted(one.links[other.object_type][other.id])


def dissociate(crm: Crm, one: Record, other: Record, author: Author) -> None:
    """Removes every association between two records; nothing happens where there is none."""
    known = one.links.get(other.object_type, {}).pop(other.id, None)
    other.links.get(one.object_type, {}).pop(one.id, None)
    if known is None:
        return
    primary = pairing(one.object_type, other.object_type).primary in known
    _announce(crm, one, other, author, removed=True, primary=primary)
    _announce(crm, other, one, author, removed=True, primary=primary)


def _strip_primary(one: Record, other_type: str, primary: int | None) -> None:
    back = pairing(other_type, one.object_type).primary
    for other_id, type_ids in one.links.get(other_type, {}).items():
        theirs = one.shelves[other_type][other_id].links[one.object_type][one.id]
        for known, label in ((type_ids, primary), (theirs, back)):
            if label is not None and label in known:
                known.remove(label)


def _merge_types(one: Record, other: Record, type_ids: set[int]) -> None:
    known = one.links.setdefault(other.object_type, {}).setdefault(other.id, [])
    known += sorted(type_ids - set(known))


def _announce(
    crm: Crm, one: Record, other: Record, author: Author, *, removed: bool, primary: bool
) -> None:
    if other.object_type not in ANNOUNCED:
        return
    # A person's association carries USER where their property changes carry CRM_UI.
    source = "USER" if author.source_type == "CRM_UI" else author.source_type
    ours, theirs = NOUNS[one.object_type].upper(), NOUNS[other.object_type].upper()
    crm.announce(
        one,
        "associationChange",
        {
            "associationType": f"{ours}_TO_{theirs}",
            "fromObjectId": int(one.id),
            "toObjectId": int(other.id),
            "associationRemoved": removed,
            "isPrimaryAssociation": primary,
        },
        Author(source, author.source_id, author.user_id),
        generic={
            "fromObjectTypeId": TYPE_IDS[one.object_type],
            "toObjectTypeId": TYPE_IDS[other.object_type],
            "associationTypeId": pairing(one.object_type, other.object_type).plain,
            "associationCategory": "HUBSPOT_DEFINED",
        },
    )
