"""Connections as other programs see them: how each stands, and what its vendor has."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bridge.api.shapes import Time
from bridge.domain.records import FieldInfo
from bridge.domain.schema import Project, Schema
from bridge.engine.connection_health import Known
from bridge.ports.roles import Connection


class Pause(BaseModel):
    """Calls out are paused; webhooks are still taken."""

    by: Literal["credential", "person"]
    who: str | None = Field(
        description="Who paused it, where it was a person.", examples=["token ada"]
    )
    reason: str | None
    at: Time | None


class Silence(BaseModel):
    """How long no webhook has come, against how long that usually is."""

    seconds: int = Field(description="Since the last delivery.", examples=[90])
    usual_seconds: int | None = Field(
        description="The usual gap between two bursts; null as long as too few are known.",
        examples=[600],
    )
    unusual: bool = Field(description="Far longer than usual. At night that may be right.")


class ConnectionShape(BaseModel):
    """One configured account of a vendor."""

    model_config = ConfigDict(title="Connection")

    name: str = Field(examples=["boards"])
    vendor: str = Field(examples=["azure_devops"])
    title: str = Field(examples=["Azure DevOps Boards"])
    roles: list[Literal["helpdesk", "tracker", "signals", "notifier"]]
    health: Literal["healthy", "delayed", "needs_you", "paused", "not_yet_used"]
    sentence: str = Field(examples=["Healthy: nothing is in the way."])
    receives_webhooks: bool
    last_delivery_at: Time | None = Field(description="The last webhook that was taken.")
    last_write_at: Time | None
    swept_at: Time | None
    start_mark: Time | None = Field(description="Older tickets launch nothing by themselves.")
    throttled_until: Time | None
    oldest_waiting_at: Time | None = Field(
        description="Since when the record that has waited longest is due; null: none waits."
    )
    silence: Silence | None = Field(description="null as long as no webhook has ever come.")
    paused: Pause | None
    repairs: int = Field(description="Changes that no webhook told and a sweep found.")
    repairs_24h: int = Field(
        description="Passes of the last 24 hours that a sweep or patrol woke and that had "
        "something to do."
    )


class ConnectionList(BaseModel):
    """Every connection of bridge.yaml, by name."""

    items: list[ConnectionShape]
    next_cursor: None


def shape_of(name: str, port: Connection, known: Known, now: datetime) -> ConnectionShape:
    """The connection with its health in words."""
    state = known.state
    health, sentence = known.health(now)
    waits = None if state is None else state.throttled_until
    return ConnectionShape(
        name=name,
        vendor=port.manifest.vendor,
        title=port.manifest.title,
        roles=sorted(each.value for each in port.manifest.roles),
        health=health.value,
        sentence=sentence,
        receives_webhooks=port.receiver is not None,
        last_delivery_at=None if state is None else state.last_delivery_at,
        last_write_at=known.last_write_at,
        swept_at=None if state is None else state.swept_at,
        start_mark=None if state is None else state.start_mark,
        throttled_until=waits if waits is not None and waits > now else None,
        oldest_waiting_at=known.waiting_since,
        silence=_silence(known, now),
        paused=_pause(known),
        repairs=0 if state is None else state.repairs,
        repairs_24h=known.repairs,
    )


def _pause(known: Known) -> Pause | None:
    state = known.state
    if state is None or state.paused_by is None:
        return None
    by_hub = state.paused_by == "credential"
    return Pause(
        by="credential" if by_hub else "person",
        who=None if by_hub else known.who or None,
        reason=state.paused_reason,
        at=state.paused_at,
    )


def _silence(known: Known, now: datetime) -> Silence | None:
    found = known.silence(now)
    if found is None:
        return None
    return Silence(
        seconds=int(found.gap.total_seconds()),
        usual_seconds=None if found.usual is None else int(found.usual.total_seconds()),
        unusual=found.unusual,
    )


class OptionShape(BaseModel):
    """One value that a field takes."""

    value: str = Field(examples=["HIGH"])
    label: str = Field(examples=["High"])


class FieldShape(BaseModel):
    """One field, by the vendor's name for it."""

    model_config = ConfigDict(title="Field")

    name: str = Field(examples=["hs_ticket_priority"])
    label: str = Field(examples=["Priority"])
    type: str = Field(description="As the vendor calls it.", examples=["enumeration"])
    options: list[OptionShape] = Field(description="Empty: it takes any value of its type.")
    read_only: bool

    @classmethod
    def of(cls, info: FieldInfo) -> FieldShape:
        """The field of a live schema."""
        options = [OptionShape(value=value, label=label) for value, label in info.options]
        return cls(
            name=info.name,
            label=info.label,
            type=info.type,
            options=options,
            read_only=info.read_only,
        )


class StatusShape(BaseModel):
    """One status."""

    model_config = ConfigDict(title="Status")

    id: str = Field(examples=["Active"])
    label: str = Field(examples=["Active"])
    category: Literal["proposed", "in_progress", "resolved", "completed", "removed"] | None
    closed: bool = Field(description="Nothing more is expected of a record in it.")


class TypeFieldShape(BaseModel):
    """A field of one type."""

    name: str = Field(examples=["System.Title"])
    required: bool = Field(description="Must be given when an item is created.")
    options: list[str]


class TypeShape(BaseModel):
    """A type of work item in one project."""

    name: str = Field(examples=["Bug"])
    statuses: list[str] = Field(description="Ids of statuses.")
    fields: list[TypeFieldShape]


class ProjectShape(BaseModel):
    """A project of a tracker that bridge.yaml or a mapping names."""

    name: str = Field(examples=["Platform"])
    found: bool = Field(description="Whether the vendor shows it.")
    types: list[TypeShape]

    @classmethod
    def of(cls, project: Project) -> ProjectShape:
        """The project of a live schema."""
        types = [
            TypeShape(
                name=each.name,
                statuses=list(each.statuses),
                fields=[
                    TypeFieldShape(name=f.name, required=f.required, options=list(f.options))
                    for f in each.fields.values()
                ],
            )
            for each in project.types
        ]
        return cls(name=project.name, found=project.found, types=types)


class PipelineShape(BaseModel):
    """A row of statuses that tickets go through."""

    id: str = Field(examples=["0"])
    label: str = Field(examples=["Support Pipeline"])
    statuses: list[str] = Field(description="Ids of statuses.")


class SchemaShape(BaseModel):
    """What a connection's vendor has now: everything that a mapping may name."""

    model_config = ConfigDict(title="ConnectionSchema")

    connection: str = Field(examples=["hubspot"])
    account: str = Field(description="The hub's own account there.")
    read_at: Time
    statuses: list[StatusShape]
    fields: list[FieldShape]
    customer_fields: list[FieldShape] | None = Field(
        description="Fields of customers; null where there are none or they can't be read."
    )
    pipelines: list[PipelineShape]
    projects: list[ProjectShape]

    @classmethod
    def of(cls, name: str, schema: Schema, now: datetime) -> SchemaShape:
        """The live schema that was read at `now`."""
        reference, customers = schema.reference, schema.company_fields
        return cls(
            connection=name,
            account=reference.account_name,
            read_at=now,
            statuses=[
                StatusShape(
                    id=each.id,
                    label=each.label,
                    category=None if each.category is None else each.category.value,
                    closed=each.closed,
                )
                for each in reference.statuses.values()
            ],
            fields=[FieldShape.of(each) for each in reference.fields.values()],
            customer_fields=None
            if customers is None
            else [FieldShape.of(each) for each in customers.values()],
            pipelines=[
                PipelineShape(id=each.id, label=each.label, statuses=list(each.statuses))
                for each in schema.pipelines
            ],
            projects=[ProjectShape.of(each) for each in schema.projects],
        )
