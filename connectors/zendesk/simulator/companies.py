"""What becomes of customers' companies, and the events of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.zendesk.simulator.events import announce_organization
from connectors.zendesk.simulator.problems import invalid
from connectors.zendesk.simulator.records import Organization

if TYPE_CHECKING:
    from connectors.zendesk.simulator.account import Account

_PLAIN = ("name", "external_id", "domain_names", "tags", "details", "notes", "group_id")


def create_organization(account: Account, given: dict[str, Any]) -> Organization:
    """A new company; names are unique."""
    name = given.get("name")
    if not name:
        raise invalid("name", "Name: cannot be blank")
    if any(o.name == name and not o.deleted for o in account.organizations.values()):
        raise invalid("name", f"Name: {name} has already been taken")
    now = account.now()
    new = Organization(account.numbers.long(), name, now, now)
    _set(new, given)
    account.organizations[new.id] = new
    announce_organization(account, new, "created", {})
    return new


def change_organization(account: Account, known: Organization, given: dict[str, Any]) -> None:
    """Sets what was given and announces each aspect that became different."""
    before = (known.name, known.external_id, list(known.tags), dict(known.organization_fields))
    _set(known, given)
    known.updated_at = account.now()
    name, external_id, tags, fields = before
    if known.name != name:
        event = {"current": known.name, "previous": name}
        announce_organization(account, known, "name_changed", event)
    if known.external_id != external_id:
        other = {"current": known.external_id, "previous": external_id}
        announce_organization(account, known, "external_id_changed", other)
    if known.tags != tags:
        added = [tag for tag in known.tags if tag not in tags]
        removed = [tag for tag in tags if tag not in known.tags]
        told = {"tags_added": added, "tags_removed": removed}
        announce_organization(account, known, "tags_changed", told)
    for key, value in known.organization_fields.items():
        if fields.get(key) != value:
            told_field = {"current": {"value": value}, "previous": {"value": fields.get(key)}}
            own = {account.dials.custom_field_key: {"title": key}}
            announce_organization(account, known, "custom_field_changed", told_field | own)


def delete_organization(account: Account, known: Organization) -> None:
    """Takes a company away; its tickets and people no longer have one."""
    known.deleted = True
    for user in account.users.values():
        if user.organization_id == known.id:
            user.organization_id = None
    announce_organization(account, known, "deleted", {})


def _set(known: Organization, given: dict[str, Any]) -> None:
    for name in _PLAIN:
        if name in given:
            setattr(known, name, given[name])
    known.organization_fields |= given.get("organization_fields") or {}
