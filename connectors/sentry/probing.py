"""What a token opens, found out by calls that change nothing.

Scopes of an internal integration: https://docs.sentry.io/api/permissions/
"""

from __future__ import annotations

from pydantic import BaseModel

from bridge.domain.errors import ScopeMissing
from bridge.domain.schema import Probe, Right, Use
from connectors.sentry import payloads, render
from connectors.sentry.addresses import Place
from connectors.sentry.calls import Calls
from connectors.sentry.render import Request

_AT = "Sentry, Settings > Developer Settings > the internal integration > Permissions:"


async def probe(calls: Calls, place: Place, *, door_open: bool) -> Probe:
    """What the token may read; CredentialProblem if Sentry does not take it at all."""
    asked: tuple[tuple[str, str, Request, type[BaseModel]], ...] = (
        ("event:read", "Issue & Event", render.list_issues(place, None, 1), payloads.Issue),
        ("org:read", "Organization", render.list_installations(place), payloads.Installation),
        ("project:read", "Project", render.list_projects(place), payloads.Slugged),
    )
    rights = []
    for scope, title, request, shape in asked:
        grant = f"{_AT} {title}: Read."
        try:
            await calls.ask_page(request, shape)
        except ScopeMissing as lacking:
            rights.append(Right(scope, Use.RECORDS, False, str(lacking), grant))
        else:
            rights.append(Right(scope, Use.RECORDS, True, grant=grant))
    # No address tells to which resources an integration is subscribed.
    return Probe(place.organization, tuple(rights), None, door_open)
