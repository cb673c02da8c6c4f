"""Merging two records: their parts live on in one, under an id that may be new."""

from __future__ import annotations

from connectors.hubspot.simulator.association_types import pairing
from connectors.hubspot.simulator.crm import Crm
from connectors.hubspot.simulator.dials import Dials
from connectors.hubspot.simulator.problems import invalid
from connectors.hubspot.simulator.records import Author, Record
from connectors.hubspot.simulator.stamps import iso

_OWN = frozenset({"hs_object_id", "createdate", "hs_lastmodifieddate", "hs_merged_object_ids"})


def merge(crm: Crm, dials: Dials, primary: Record, other: Record, author: Author) -> Record:
    """The record both became; the primary's values win, the other's fill what is empty."""
    if primary is other:
        raise invalid("A record cannot be merged with itself")
    result = _successor(crm, primary, author) if dials.merge_creates_new_id else primary
    now = crm.clock()
    moved = 0
    for name, value in other.properties.items():
        if name not in _OWN and value is not None and result.properties.get(name) is None:
            moved += result.put(name, value, now, author)
    gone = [record for record in (primary, other) if record is not result]
    former = [
        part
        for record in (primary, other)
        for part in (*(record.properties.get("hs_merged_object_ids") or "").split(";"), record.id)
        if part and part != result.id
    ]
    result.put("hs_merged_object_ids", ";".join(dict.fromkeys(former)), now, author)
    for record in gone:
        _hand_over_links(record, result)
        record.archived, record.archived_at, record.merged_into = True, now, result.id
    crm.touch(result, author)
    crm.announce(
        result,
        "merge",
        {
            "primaryObjectId": int(primary.id),
            "mergedObjectIds": [int(other.id)],
            "newObjectId": int(result.id),
            "numberOfPropertiesMoved": moved,
        },
        author,
    )
    return result


def _successor(crm: Crm, primary: Record, author: Author) -> Record:
    result = crm.blank(primary.object_type)
    result.history = {name: list(versions) for name, versions in primary.history.items()}
    result.properties = dict(primary.properties)
    result.put("hs_object_id", result.id, result.created_at, author)
    result.created_at = primary.created_at
    result.put("createdate", iso(primary.created_at), primary.created_at, author)
    return result


def _hand_over_links(old: Record, new: Record) -> None:
    """Every association of the old record, primary company included, now belongs to the new one.

    Only one company can be the primary: the first that was handed over.
    """
    for other_type, others in old.links.items():
        ours = new.links.setdefault(other_type, {})
        primary = pairing(old.object_type, other_type).primary
        taken = any(primary in type_ids for type_ids in ours.values())
        for other_id, type_ids in others.items():
            kept = [type_id for type_id in type_ids if not (taken and type_id == primary)]
            ours.setdefault(other_id, kept)
            theirs = old.shelves[other_type][other_id].links.get(old.object_type, {})
            back = theirs.pop(old.id, None)
            if back is not None:
                theirs.setdefault(new.id, back)
    old.links = {}
