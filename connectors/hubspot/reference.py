"""From HubSpot's pipelines, properties and account details to reference data. Pure."""

from __future__ import annotations

from bridge.domain.records import FieldInfo, Reference, StatusInfo
from connectors.hubspot.payloads import AccountDetails, Pipeline, Pipelines, Properties, Property


def reference_of(
    pipelines: Pipelines, properties: Properties, account: AccountDetails, app_id: str | None
) -> Reference:
    """What planning needs to know of the account."""
    several = len(pipelines.results) > 1
    statuses = [
        status for pipeline in pipelines.results for status in _statuses(pipeline, several=several)
    ]
    return Reference(
        statuses={status.id: status for status in statuses},
        fields={each.name: field_of(each) for each in properties.results},
        account_ids=frozenset() if app_id is None else frozenset({app_id}),
        account_name=f"HubSpot account {account.portal_id}",
    )


def _statuses(pipeline: Pipeline, *, several: bool) -> list[StatusInfo]:
    """A pipeline's stages. Labels repeat across pipelines, so they say which where it matters."""
    before = f"{pipeline.label}: " if several else ""
    return [
        StatusInfo(stage.id, before + stage.label, closed=stage.metadata.ticket_state == "CLOSED")
        for stage in pipeline.stages
    ]


def field_of(known: Property) -> FieldInfo:
    """A property as a mapping may name it."""
    return FieldInfo(
        name=known.name,
        label=known.label,
        type="multiple choice" if known.field_type == "checkbox" else known.type,
        options=tuple((option.value, option.label) for option in known.options),
        read_only=known.calculated or known.modification_metadata.read_only_value,
        # "Whether or not the property can be used in a HubSpot form": /docs/api/crm/properties.
        customers_fill=known.form_field,
    )
