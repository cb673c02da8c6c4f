"""The changelog: what was different before and after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.jira.simulator.records import Field, Named
from connectors.jira.simulator.stamps import stamp
from connectors.jira.simulator.wiki import to_wiki

if TYPE_CHECKING:
    from connectors.jira.simulator.site import Site

_SILENT = {"resolutiondate", "statuscategorychangedate"}
_LISTED = {"fixVersions": "Fix Version", "versions": "Version", "components": "Component"}
_PART = tuple[str | None, str | None]


def item(
    field: str, field_id: str, before: _PART, after: _PART, fieldtype: str = "jira"
) -> dict[str, Any]:
    """One item: id and words of before and after."""
    return {
        "field": field,
        "fieldtype": fieldtype,
        "fieldId": field_id,
        "from": before[0],
        "fromString": before[1],
        "to": after[0],
        "toString": after[1],
    }


def items_between(
    site: Site, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The items for every field whose stored value differs."""
    items: list[dict[str, Any]] = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if name in _SILENT or old == new or (not old and not new):
            continue
        if name in _LISTED:
            items += _listed(site, name, old or [], new or [])
        else:
            items.append(_single(site, site.fields[name], old, new))
    return items


def _listed(site: Site, name: str, old: list[str], new: list[str]) -> list[dict[str, Any]]:
    """One item for each entry that went or came."""
    named = {v.id: v.name for v in site.versions.values()}
    if name == "components":
        named = {c.id: c.name for project in site.projects for c in project.components}
    nothing: _PART = (None, None)
    gone = [item(_LISTED[name], name, (e, named[e]), nothing) for e in old if e not in new]
    come = [item(_LISTED[name], name, nothing, (e, named[e])) for e in new if e not in old]
    return gone + come


def _single(site: Site, field: Field, old: Any, new: Any) -> dict[str, Any]:
    before, after = _words(site, field, old), _words(site, field, new)
    if field.custom:
        return item(field.name, field.id, before, after, "custom")
    told = item(field.id, field.id, before, after)
    if field.id == "assignee":
        told |= {"tmpFromAccountId": before[0], "tmpToAccountId": after[0]}
    return told


def _words(site: Site, field: Field, value: Any) -> _PART:
    """Id and words of a value; texts and numbers have no id."""
    if value is None:
        return None, None
    if field.kind == "labels":
        return None, " ".join(value)
    if field.kind == "text":
        return None, to_wiki(value)
    if field.kind == "user":
        return value, site.users[value].name
    if field.kind == "status":
        return value, site.status(value).name
    if field.kind == "parent":
        return value, site.issues[value].key
    if isinstance(value, datetime):
        return stamp(value), stamp(value)
    if field.kind == "date":
        return value, f"{value} 00:00:00.0"
    return _choice(site, field, value)


def _choice(site: Site, field: Field, value: Any) -> _PART:
    entries: dict[str, list[Named]] = {
        "priority": site.priorities,
        "resolution": site.resolutions,
        "issuetype": site.issue_types,
        "option": field.options,
    }
    if field.kind not in entries:
        return None, str(value)
    return value, next(entry.name for entry in entries[field.kind] if entry.id == value)
