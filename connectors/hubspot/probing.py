"""What a token opens, found out by calls that change nothing, and the whole schema.

A token of an app or a service key can't be asked for its scopes: introspection is for OAuth's
access tokens. A call without its scope is a 403 that names the scope, whatever it is about.
https://developers.hubspot.com/docs/api/oauth/tokens
https://developers.hubspot.com/docs/api/error-handling
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.errors import RecordMissing, Rejected, ScopeMissing
from bridge.domain.records import FieldInfo, Reference
from bridge.domain.schema import NewField, Pipeline, Probe, Right, Schema, Use
from connectors.hubspot.client import Client
from connectors.hubspot.payloads import Payload, Pipelines, Properties, Property
from connectors.hubspot.reference import field_of
from connectors.hubspot.render import Renderer, Request

_TEXTS = frozenset({"string"})
_DATES = frozenset({"date", "datetime"})
_NOBODY = "0"
_GRANT = (
    "Add the scope {scope} to the app (and install it again) or to the service key in HubSpot, "
    "Settings > Development."
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A scope, what it is for, and a call that needs it and does no harm."""

    scope: str
    use: Use
    request: Request


def _questions(render: Renderer) -> Sequence[_Asked]:
    return (
        _Asked("tickets", Use.RECORDS, render.one_of("tickets")),
        _Asked("crm.objects.companies.read", Use.CUSTOMERS, render.one_of("companies")),
        _Asked("crm.objects.contacts.read", Use.COMMENTS, render.one_of("contacts")),
        _Asked("crm.objects.contacts.write", Use.COMMENTS, render.note_of_nobody()),
        _Asked("files", Use.FILES, render.file(_NOBODY)),
        _Asked("conversations.read", Use.TALK, render.threads(_NOBODY, None)),
    )


async def probe(client: Client, render: Renderer, account: str, *, door_open: bool) -> Probe:
    """Which scopes the token has; CredentialProblem if HubSpot does not take it at all."""
    rights = tuple([await _right(client, each) for each in _questions(render)])
    # Subscriptions belong to the app; an installed app's token can't look at them.
    return Probe(account, rights, hooks=None, door_open=door_open)


async def _right(client: Client, asked: _Asked) -> Right:
    grant = _GRANT.format(scope=asked.scope)
    try:
        await client.ask(asked.request, Payload)
    except ScopeMissing as lacking:
        return Right(asked.scope, asked.use, False, f"{lacking}.", grant)
    except (RecordMissing, Rejected) as nothing:
        # Let through, and it led to nothing, as it should; what else is refused says nothing.
        if not nothing.detail.startswith(("400", "404")):
            raise
    return Right(asked.scope, asked.use, True)


async def schema_of(client: Client, render: Renderer, reference: Reference) -> Schema:
    """The whole schema around the reference data; customers' fields only if the token may."""
    pipelines = await client.ask(render.pipelines(), Pipelines)
    return Schema(
        reference=reference,
        pipelines=tuple(
            Pipeline(each.id, each.label, tuple(stage.id for stage in each.stages))
            for each in pipelines.results
        ),
        company_fields=await _company_fields(client, render),
        text_types=_TEXTS,
        date_types=_DATES,
    )


async def _company_fields(client: Client, render: Renderer) -> dict[str, FieldInfo] | None:
    try:
        found = await client.ask(render.properties("companies"), Properties)
    except ScopeMissing:
        return None
    return {each.name: field_of(each) for each in found.results}


async def create_fields(client: Client, render: Renderer, fields: Sequence[NewField]) -> None:
    """Define properties on tickets, beside HubSpot's own; one that is there is left as it is."""
    known = {
        each.name: each for each in (await client.ask(render.properties(), Properties)).results
    }
    group = known["subject"].group_name if "subject" in known else ""
    for field in fields:
        # A definition may be sent twice: a name that is taken is refused.
        if field.name not in known:
            await client.ask(render.new_property(field, group), Property)
