"""Bodies of service hook events, resource version 1.0: people are strings here."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.identities import Identity
from connectors.azure_devops.simulator.records import Item, Project, Revision, Update

if TYPE_CHECKING:
    from connectors.azure_devops.simulator.world import World

_VERBS = {
    "workitem.created": "created",
    "workitem.updated": "updated",
    "workitem.deleted": "deleted",
    "workitem.restored": "restored",
    "workitem.commented": "commented on",
}


def _label(person: Identity) -> str:
    return person.label


def event_body(
    world: World, kind: str, item: Item, revision: Revision, update: Update
) -> dict[str, Any]:
    """The event without what belongs to one subscription; same `id` for all of them."""
    show = _updated if kind == "workitem.updated" else _whole
    return {
        "id": world.new_id(),
        "eventType": kind,
        "publisherId": "tfs",
        "message": _message(world, kind, item, update, lambda _change: ""),
        "detailedMessage": _message(world, kind, item, update, _details),
        "resource": show(world, item, revision, update),
        "resourceVersion": "1.0",
        "resourceContainers": containers(world, revision.project),
        "createdDate": moments.stamp(update.at),
    }


def containers(world: World, project: Project) -> dict[str, Any]:
    """The collection, the account and the project an event comes from."""
    base = world.organization_url + "/"
    return {
        "collection": {"id": world.instance_id, "baseUrl": base},
        "account": {"id": world.instance_id, "baseUrl": base},
        "project": {"id": project.id, "baseUrl": base},
    }


def _whole(world: World, item: Item, revision: Revision, _update: Update) -> dict[str, Any]:
    body = world.render.item(item, revision, expand="relations", printed=_label)
    body["_links"] = world.render.links(item)
    body["url"] = world.render.item_url(item)
    return body


def _updated(world: World, item: Item, revision: Revision, update: Update) -> dict[str, Any]:
    body = world.render.update(item, update, printed=_label)
    whole = world.render.item(item, revision, expand="relations", printed=_label)
    whole["_links"] = world.render.links(item)
    body["revision"] = whole
    return body


def _details(update: Update) -> str:
    lines = []
    for key, (_old, new) in update.fields.items():
        if new is not None and key in ("System.State", "System.AssignedTo", "System.Title"):
            shown = new.label if isinstance(new, Identity) else new
            lines.append(f"- New {key.rsplit('.', 1)[1]}: {shown}\r\n")
    return "\r\n\r\n" + "".join(lines) if lines else ""


def _message(
    world: World, kind: str, item: Item, update: Update, more: Callable[[Update], str]
) -> dict[str, str]:
    name, page = f"{item.type} #{item.id}", world.render.page_url(item)
    verb = _VERBS[kind]
    if kind == "workitem.updated" and "System.State" in update.fields:
        verb = f"transitioned to {item.state}"
    rest = f" ({item.title}) {verb} by {update.by.display_name}"
    tail = more(update)
    return {
        "text": f"{name}{rest}\r\n({page}){tail}",
        "html": f'<a href="{page}">{escape(name)}</a>{escape(rest)}{escape(tail)}',
        "markdown": f"[{name}]({page}){rest}{tail}",
    }


def for_subscription(event: dict[str, Any], inputs: dict[str, str]) -> dict[str, Any]:
    """The event as one subscription asked to see it: details and messages cut down."""
    body = dict(event)
    details = inputs.get("resourceDetailsToSend", "")
    if details == "minimal":
        kept = ("id", "workItemId", "rev", "url")
        body["resource"] = {k: v for k, v in event["resource"].items() if k in kept}
    elif details == "none":
        del body["resource"]
    for key, choice in (
        ("message", inputs.get("messagesToSend", "")),
        ("detailedMessage", inputs.get("detailedMessagesToSend", "")),
    ):
        if choice == "none":
            del body[key]
        elif choice in ("text", "html", "markdown"):
            body[key] = {choice: event[key][choice]}
    return body
