"""A stored delivery as hints: pure, and total over any bytes.

A service hook with all its details carries the whole revision, which serves as an observation.
Whatever was cut down, or is about comments, is a thin hint: the item is read.
"""

from __future__ import annotations

import json
from typing import Any

from bridge.domain.events import Delivery, Event, Hint, Ignored
from bridge.domain.records import Fact
from bridge.domain.refs import Kind
from connectors.azure_devops.addresses import Place
from connectors.azure_devops.facts import (
    CHANGED_DATE,
    COMMENT_COUNT,
    HISTORY,
    item_facts,
    moment,
    plain,
)
from connectors.azure_devops.payloads import Envelope, Update, WorkItem

UPDATED, COMMENTED, DELETED = "workitem.updated", "workitem.commented", "workitem.deleted"
EVENTS = frozenset({"workitem.created", UPDATED, COMMENTED, DELETED, "workitem.restored"})


def hints_of(delivery: Delivery, place: Place) -> tuple[Hint, ...] | Ignored:
    """What a delivery hints at; never raises."""
    try:
        return _hints(json.loads(delivery.body), place)
    except (ValueError, RecursionError):
        return Ignored("the body is not a work item event of Azure DevOps", unreadable=True)


def _hints(body: Any, place: Place) -> tuple[Hint, ...] | Ignored:
    envelope = Envelope.model_validate(body)
    if envelope.event_type not in EVENTS:
        return Ignored("the event is not about work items")
    if envelope.resource is None:
        return Ignored("the subscription sends no resource: set its details to All")
    url = envelope.resource.get("url")
    if isinstance(url, str) and url and not place.names_us(url):
        return Ignored("the event is of another organization (as the Test button's sample is)")
    if envelope.event_type == UPDATED:
        event = _updated(Update.model_validate(envelope.resource), place)
    else:
        event = _whole(WorkItem.model_validate(envelope.resource), envelope.event_type, place)
    return Ignored("the event names no work item") if event is None else (event,)


def _event(id: int, **more: Any) -> Event:
    return Event(Kind.WORK_ITEM, str(id), **more)


def _whole(item: WorkItem, kind: str, place: Place) -> Event | None:
    """Created, commented, restored: the resource is the item. Deleted: whether it is, is read."""
    if not item.id:
        return None
    facts = None if kind == DELETED else item_facts(item, place)
    if facts is None:
        return _event(item.id, thin=True)
    return _event(
        item.id,
        facts=facts,
        revision=item.rev or None,
        whole=item.relations is not None,
        thin=kind == COMMENTED,
    )


def _updated(update: Update, place: Place) -> Event | None:
    """Updated: `id` counts the differences; the item is `workItemId` and in `revision`."""
    revision = update.revision
    id = update.work_item or (revision.id if revision else 0)
    if not id:
        return None
    facts = item_facts(revision, place) if revision and revision.id == id else None
    if revision is None or facts is None:
        return _event(id, thin=True)
    whole = revision.relations is not None
    return _event(
        id,
        facts=facts if whole else _cleared(update, revision) | facts,
        revision=revision.rev or None,
        whole=whole,
        # The last link may have gone, which an absent list does not say.
        thin=_about_comments(update, revision) or (update.relations is not None and not whole),
    )


def _about_comments(update: Update, revision: WorkItem) -> bool:
    """A comment was added, edited or deleted: none of it is in the payload as such."""
    return revision.comment is not None or bool({HISTORY, COMMENT_COUNT} & update.fields.keys())


def _cleared(update: Update, revision: WorkItem) -> dict[str, Fact]:
    """Fields that became empty: a revision leaves them out, so a merge would keep them."""
    at = moment(revision.fields.get(CHANGED_DATE))
    if at is None:
        return {}
    return {
        plain(name): Fact(None, at)
        for name, change in update.fields.items()
        if name not in revision.fields
        and isinstance(change, dict)
        and "oldValue" in change
        and change.get("newValue") is None
        and name != HISTORY
    }
