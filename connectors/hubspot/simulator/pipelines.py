"""Ticket pipelines and their stages.

`ticketState` says whether a stage is closed; it is optional, and its absence means open.
https://developers.hubspot.com/docs/api/crm/pipelines
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.hubspot.simulator.stamps import iso


@dataclass(slots=True)
class Stage:
    """A step of a pipeline; its id is unique across the account."""

    id: str
    label: str
    order: int
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, str] = field(default_factory=dict)
    archived: bool = False

    @property
    def closed(self) -> bool:
        """Whether tickets in this stage are closed."""
        return self.metadata.get("ticketState") == "CLOSED"

    def body(self) -> dict[str, Any]:
        """The stage as the pipelines API writes it."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.order,
            "metadata": dict(self.metadata),
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            "archived": self.archived,
            "createdAt": iso(self.created_at),
            "updatedAt": iso(self.updated_at),
        }


@dataclass(slots=True)
class Pipeline:
    """An ordered list of stages."""

    id: str
    label: str
    order: int
    created_at: datetime
    updated_at: datetime
    stages: dict[str, Stage] = field(default_factory=dict)
    archived: bool = False

    def body(self) -> dict[str, Any]:
        """The pipeline as the pipelines API writes it."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.order,
            "stages": [stage.body() for stage in self.stages.values() if not stage.archived],
            "archived": self.archived,
            "createdAt": iso(self.created_at),
            "updatedAt": iso(self.updated_at),
        }


class Pipelines:
    """The ticket pipelines of the account, with the default one in place."""

    def __init__(self, now: datetime) -> None:
        self.by_id: dict[str, Pipeline] = {}
        self._next_id = 995001
        stages = (
            ("1", "New", "OPEN"),
            ("2", "Waiting on contact", "OPEN"),
            ("3", "Waiting on us", "OPEN"),
            ("4", "Closed", "CLOSED"),
        )
        pipeline = self.add("Support Pipeline", now, pipeline_id="0")
        for stage_id, label, state in stages:
            metadata = {"ticketState": state, "isClosed": "true" if state == "CLOSED" else "false"}
            self.add_stage(pipeline, label, metadata, now, stage_id=stage_id)

    def add(self, label: str, now: datetime, pipeline_id: str | None = None) -> Pipeline:
        """A new pipeline without stages."""
        made = Pipeline(pipeline_id or self._id(), label, len(self.by_id), now, now)
        self.by_id[made.id] = made
        return made

    def add_stage(
        self,
        pipeline: Pipeline,
        label: str,
        metadata: dict[str, str],
        now: datetime,
        stage_id: str | None = None,
    ) -> Stage:
        """A new last stage of a pipeline."""
        order = len(pipeline.stages)
        made = Stage(stage_id or self._id(), label, order, now, now, dict(metadata))
        pipeline.stages[made.id] = made
        return made

    def live(self) -> list[Pipeline]:
        """The pipelines that are not archived."""
        return [pipeline for pipeline in self.by_id.values() if not pipeline.archived]

    def stage(self, stage_id: str | None) -> Stage | None:
        """A stage by its id, archived ones too, because tickets may still be in them."""
        for pipeline in self.by_id.values():
            if stage_id in pipeline.stages:
                return pipeline.stages[stage_id]
        return None

    def _id(self) -> str:
        self._next_id += 1
        return str(self._next_id)
