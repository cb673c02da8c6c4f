"""Records as the CRM API writes them: every property a string or null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.hubspot.simulator.association_types import NOUNS, TYPE_IDS, object_type
from connectors.hubspot.simulator.default_properties import STAMPS
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.records import Record, Version
from connectors.hubspot.simulator.stamps import iso, iso_or_none


def record_body(
    portal: Portal,
    record: Record,
    asked: Iterable[str] = (),
    history: Iterable[str] = (),
    associations: Iterable[str] = (),
    values: Mapping[str, str | None] | None = None,
) -> dict[str, Any]:
    """One record; without `asked` only the default properties, unknown names left out.

    `values` stands in for the record's own where an index answers instead of the record.
    """
    schema = portal.crm.schemas[record.object_type]
    shown = [*dict.fromkeys([*asked, *STAMPS])] if asked else list(schema.defaults)
    held = record.properties if values is None else values
    changed = held.get("hs_lastmodifieddate")
    body: dict[str, Any] = {
        "id": record.id,
        "properties": {name: held.get(name) for name in shown if schema.find(name)},
        "createdAt": iso(record.created_at),
        "updatedAt": changed or iso(record.updated_at),
        "archived": record.archived,
        "url": _url(portal, record),
    }
    if record.archived:
        body["archivedAt"] = iso_or_none(record.archived_at)
    named = [name for name in history if schema.find(name)]
    if named:
        body["propertiesWithHistory"] = {
            name: [_version(version) for version in record.history.get(name, [])] for name in named
        }
    linked = _associations(record, associations)
    return body | {"associations": linked} if linked else body


def _url(portal: Portal, record: Record) -> str:
    type_id = TYPE_IDS[record.object_type]
    return f"https://app.hubspot.com/contacts/{portal.portal_id}/record/{type_id}/{record.id}"


def _version(version: Version) -> dict[str, Any]:
    return {
        "value": version.value or "",
        "timestamp": iso(version.at),
        "sourceType": version.author.source_type,
        "sourceId": version.author.source_id,
        "sourceLabel": None,
        "updatedByUserId": version.author.user_id,
    }


def _associations(record: Record, names: Iterable[str]) -> dict[str, Any]:
    """Only the types that have something: the vendor leaves empty ones out."""
    out: dict[str, Any] = {}
    for name in names:
        to_type = object_type(name)
        kind = f"{NOUNS[record.object_type]}_to_{NOUNS[to_type]}"
        results = [{"id": other.id, "type": kind} for other in record.linked(to_type)]
        if results:
            out[to_type] = {"results": results}
    return out
