"""Events as webhooks tell them. Comments, fields and users have none.

https://developer.rocketlane.com/docs/event-payload
"""

from __future__ import annotations

import uuid
from typing import Any

from connectors.rocketlane.simulator import render
from connectors.rocketlane.simulator.outbox import Outbox
from connectors.rocketlane.simulator.records import Person
from connectors.rocketlane.simulator.workspace import Workspace

EVENTS = (
    "TASK_CREATED", "TASK_UPDATED", "TASK_DELETED",
    "PROJECT_CREATED", "PROJECT_UPDATED", "PROJECT_ARCHIVED", "PROJECT_DELETED",
    "PHASE_CREATED", "PHASE_UPDATED", "PHASE_DELETED",
)  # fmt: skip
"""All there are."""


class Announcer:
    """Turns a change into an event for every address."""

    def __init__(self, workspace: Workspace, outbox: Outbox) -> None:
        self._w, self._outbox = workspace, outbox

    def __call__(
        self,
        resource: str,
        verb: str,
        record: Any,
        by: Person,
        changed: dict[str, tuple[Any, Any]],
    ) -> None:
        """Tell of one change."""
        dials, now = self._w.dials, self._w.moment()
        event_type = f"{resource}_{verb}"
        body: dict[str, Any] = {
            "eventId": str(uuid.UUID(int=self._w.rng.getrandbits(128), version=4)),
            "resourceType": resource,
            "eventType": event_type + ("." if dials.dotted_event_types else ""),
            "version": "1.0",
            "data": {resource.lower(): self._shown(resource, record)},
            "source": {"actor": render.person(by)},
            "eventOccurredAt": now,
            "eventTriggeredAt": now,
        }
        if verb == "UPDATED":
            names: list[Any] = list(changed)
            if dials.changed_fields_as_objects:
                names = [{"fieldName": name} for name in names]
            body["changeLog"] = {
                "changedFields": names,
                "from": {name: before for name, (before, _) in changed.items()},
                "to": {name: after for name, (_, after) in changed.items()},
            }
        self._outbox.emit(event_type, body)

    def _shown(self, resource: str, record: Any) -> dict[str, Any]:
        if resource == "TASK":
            extras = render.TASK_EXTRAS if self._w.dials.webhook_has_extras else frozenset()
            return render.task(self._w, record, extras)
        if resource == "PHASE":
            return render.phase(record)
        return render.project(self._w, record)
