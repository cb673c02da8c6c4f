"""Finding items over REST: queries and the reporting feed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.api import Ask, Routes, answer
from connectors.azure_devops.simulator.errors import bad_request
from connectors.azure_devops.simulator.fields import Field
from connectors.azure_devops.simulator.reporting import (
    PAGE,
    Wanted,
    read_feed,
    token_of,
    watermark_of,
)
from connectors.azure_devops.simulator.wiql import Parser, Scope, run


def register(routes: Routes) -> None:
    """Add the addresses of this module."""
    routes.add("POST", "wit/wiql", query)
    routes.add("GET", "wit/reporting/workitemrevisions", feed_by_query)
    routes.add("POST", "wit/reporting/workitemrevisions", feed_by_body)


async def query(ask: Ask) -> Response:
    """Run a query: ids only, whatever it selects."""
    body = ask.json()
    text = body.get("query") if isinstance(body, dict) else None
    if not text:
        raise bad_request("The query is missing.", "VssPropertyValidationException")
    world = ask.world
    exact = ask.flag("timeprecision")
    scope = Scope(ask.project, world.service_account, world.now(), exact)
    parsed = Parser(world, str(text), scope).parse()
    found = run(world, parsed)[: ask.number("$top", 20_000)]

    def column(field: Field) -> dict[str, Any]:
        url = f"{world.organization_url}/_apis/wit/fields/{field.reference_name}"
        return {"referenceName": field.reference_name, "name": field.name, "url": url}

    return answer(
        {
            "queryType": "flat",
            "queryResultType": "workItem",
            "asOf": moments.stamp(world.now()),
            "columns": [column(f) for f in parsed.columns],
            "sortColumns": [{"field": column(f), "descending": d} for f, d in parsed.order],
            "workItems": [{"id": i.id, "url": world.render.item_url(i)} for i in found],
        }
    )


async def feed_by_query(ask: Ask) -> Response:
    """The feed, with its filter in the query."""
    names = ("types", "fields", "includedeleted", "includelatestonly", "includeidentityref")
    return _feed(ask, {name: ask.query.get(name) for name in names})


async def feed_by_body(ask: Ask) -> Response:
    """The feed, with its filter in the body."""
    body = ask.json()
    if not isinstance(body, dict):
        raise bad_request("The filter is missing.")
    return _feed(ask, {key.casefold(): value for key, value in body.items()})


def _names(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value or []
    return tuple(str(part).strip() for part in parts if str(part).strip())


def _yes(value: Any) -> bool:
    return str(value).casefold() == "true"


def _feed(ask: Ask, wanted: dict[str, Any]) -> Response:
    token = ask.query.get("continuationtoken") or ask.query.get("watermark") or ""
    start = ask.query.get("startdatetime", "")
    if token and start:
        message = "The startDateTime and continuationToken parameters are mutually exclusive."
        raise bad_request(message, "ConflictingParametersException")
    try:
        since = moments.parse(start) if start else None
    except ValueError:
        raise bad_request(f"The value {start} is not valid for startDateTime.") from None
    values, reached, last = read_feed(
        ask.world,
        Wanted(
            project=ask.project,
            after=watermark_of(token) if token else 0,
            since=since,
            types=tuple(name.casefold() for name in _names(wanted.get("types"))),
            fields=_names(wanted.get("fields")) or None,
            latest_only=_yes(wanted.get("includelatestonly")),
            deleted=_yes(wanted.get("includedeleted")),
            identity_ref=_yes(wanted.get("includeidentityref")),
            long_text=ask.query.get("$expand", "").casefold() == "fields",
            page=min(ask.number("$maxpagesize", PAGE), PAGE),
        ),
    )
    following = token_of(reached)
    kept = {k: v for k, v in ask.query.items() if k not in ("continuationtoken", "startdatetime")}
    place = f"{ask.world.organization_url}/_apis/wit/reporting/workItemRevisions"
    if ask.project is not None:
        place = f"{ask.world.render.project_api(ask.project)}/wit/reporting/workItemRevisions"
    return answer(
        {
            "values": values,
            "nextLink": f"{place}?{urlencode(kept | {'continuationToken': following})}",
            "continuationToken": following,
            "isLastBatch": last,
        }
    )
