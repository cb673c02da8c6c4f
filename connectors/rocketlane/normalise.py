"""A stored delivery as hints: pure, and total over any bytes.

A webhook carries the task as the API answers it, which serves as an observation; one that lacks
what the API shows on request only is merged. https://developer.rocketlane.com/docs/event-payload
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from bridge.domain.events import Delivery, Event, Hint, Ignored, ReferenceChanged
from bridge.domain.records import Presence
from bridge.domain.refs import Kind
from connectors.rocketlane.addresses import Place
from connectors.rocketlane.facts import task_facts
from connectors.rocketlane.payloads import Envelope, Task

_TASKS = frozenset({"TASK_CREATED", "TASK_UPDATED", "TASK_DELETED"})
_PROJECTS = frozenset({"PROJECT_CREATED", "PROJECT_ARCHIVED", "PROJECT_DELETED"})
"""An updated project still belongs to the same customer: that can't be changed."""
_PHASES = frozenset({"PHASE_UPDATED", "PHASE_DELETED"})
"""A new one is found when a launch looks for it."""
_DELETED = "TASK_DELETED"


def hints_of(delivery: Delivery, place: Place) -> tuple[Hint, ...] | Ignored:
    """What a delivery hints at; never raises."""
    try:
        return _hints(json.loads(delivery.body), place)
    except (ValueError, RecursionError):
        return Ignored("the body is not an event of Rocketlane", unreadable=True)


def _hints(body: Any, place: Place) -> tuple[Hint, ...] | Ignored:
    envelope = Envelope.model_validate(body)
    # The page's sample ends in a dot.
    event_type = envelope.event_type.rstrip(". ")
    if event_type in _PROJECTS:
        return (ReferenceChanged("schema", ""),)
    if event_type in _PHASES:
        phase = _phase_of(envelope.data.get("phase"))
        return Ignored("the event names no phase") if phase is None else (phase,)
    if event_type not in _TASKS:
        return Ignored("the event is not about tasks")
    said = envelope.data.get("task")
    id = _id_of(said, place)
    if id is None:
        return Ignored("the event names no task")
    if event_type == _DELETED:
        # Order is not guaranteed: whether it is still so, a read says.
        return (Event(Kind.WORK_ITEM, id, thin=True, presence=Presence.DELETED),)
    try:
        task = Task.model_validate(said)
    except ValidationError:
        return (Event(Kind.WORK_ITEM, id, thin=True),)
    whole = task.complete
    facts = task_facts(task, place, whole=whole)
    return (Event(Kind.WORK_ITEM, id, facts=facts, whole=whole, thin=not whole),)


def _phase_of(said: Any) -> ReferenceChanged | None:
    id = said.get("phaseId") if isinstance(said, dict) else None
    if not isinstance(id, int) or isinstance(id, bool):
        return None
    return ReferenceChanged("phase", str(id))


def _id_of(said: Any, place: Place) -> str | None:
    id = said.get("taskId") if isinstance(said, dict) else None
    if not isinstance(id, int) or isinstance(id, bool):
        return None
    return place.task_id(str(id))
