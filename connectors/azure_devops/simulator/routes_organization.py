"""The organisation over REST: where resources lie, who is calling, who is there, hooks."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from connectors.azure_devops.simulator.api import Ask, Routes, answer, listed
from connectors.azure_devops.simulator.errors import VendorError, bad_request
from connectors.azure_devops.simulator.locations import resource_locations
from connectors.azure_devops.simulator.payloads import containers
from connectors.azure_devops.simulator.subscriptions import EVENT_TYPES, Subscription

_RESULTS = {"pending": 0, "succeeded": 10, "failed": 20, "filtered": 30}
_STATUSES = {"queued": 0, "processing": 10, "requestInProgress": 20, "completed": 100}


def register(routes: Routes) -> None:
    """Add the addresses of this module."""
    routes.add("OPTIONS", "{*area}", locations)
    routes.add("GET", "resourceareas", areas)
    routes.add("GET", "resourceareas/{area}", area)
    routes.add("GET", "connectiondata", connection_data)
    routes.add("GET", "identities", identities)
    hooks = "hooks/subscriptions"
    routes.add("GET", hooks, list_subscriptions)
    routes.add("POST", hooks, subscribe)
    routes.add("POST", "hooks/subscriptionsquery", query_subscriptions)
    routes.add("GET", hooks + "/{id}", read_subscription)
    routes.add("PUT", hooks + "/{id}", replace_subscription)
    routes.add("DELETE", hooks + "/{id}", delete_subscription)
    routes.add("GET", hooks + "/{id}/notifications", list_notifications)
    routes.add("GET", hooks + "/{id}/notifications/{notification}", read_notification)
    routes.add("POST", "hooks/testnotifications", test_notification)
    routes.add("GET", "hooks/consumers", list_consumers)
    routes.add("GET", "hooks/consumers/{consumer}", read_consumer)
    routes.add("GET", "hooks/publishers/{publisher}/eventtypes", list_event_types)


async def locations(ask: Ask) -> Response:
    """OPTIONS: where each resource lies; official clients ask this before anything else."""
    return listed(resource_locations(ask.params["area"] or None))


async def areas(_ask: Ask) -> Response:
    """No area has a host of its own here, so that clients stay on this one."""
    return listed([])


async def area(_ask: Ask) -> Response:
    """One area: none is known."""
    raise VendorError(404, "The resource area does not exist.", "ResourceAreaNotFoundException")


async def connection_data(ask: Ask) -> Response:
    """Who the credential belongs to."""
    person = ask.world.service_account.full()
    url = ask.world.organization_url + "/"
    return answer(
        {
            "authenticatedUser": person,
            "authorizedUser": person,
            "instanceId": ask.world.instance_id,
            "deploymentId": ask.world.instance_id,
            "deploymentType": "hosted",
            "locationServiceData": {
                "serviceOwner": "00025394-6065-48ca-87d9-7f5672854ef7",
                "defaultAccessMappingMoniker": "PublicAccessMapping",
                "accessMappings": [{"moniker": "PublicAccessMapping", "accessPoint": url}],
            },
        }
    )


async def identities(ask: Ask) -> Response:
    """Search for people."""
    if ask.query.get("searchfilter") and ask.query.get("filtervalue"):
        return listed([p.full() for p in ask.world.people.search(ask.query["filtervalue"])])
    ids = [part.strip() for part in ask.query.get("identityids", "").split(",") if part.strip()]
    if not ids:
        raise bad_request("Give searchFilter and filterValue, or identityIds.")
    return listed([p.full() for p in ask.world.people.people if p.id in ids])


def _shown(ask: Ask, found: Subscription) -> dict[str, Any]:
    return found.printed(ask.world.organization_url)


async def list_subscriptions(ask: Ask) -> Response:
    """Subscriptions, filtered by publisher, event and consumer."""
    filters = {
        "publisherId": ask.query.get("publisherid"),
        "eventType": ask.query.get("eventtype"),
        "consumerId": ask.query.get("consumerid"),
        "consumerActionId": ask.query.get("consumeractionid"),
    }
    return listed(_matching(ask, filters))


def _matching(ask: Ask, filters: dict[str, Any]) -> list[dict[str, Any]]:
    shown = [_shown(ask, s) for s in ask.world.hooks.subscriptions.values()]
    return [s for s in shown if all(not want or s[key] == want for key, want in filters.items())]


async def query_subscriptions(ask: Ask) -> Response:
    """Subscriptions by what stands in their inputs."""
    body = ask.json()
    keys = ("publisherId", "eventType", "consumerId", "consumerActionId")
    found = _matching(ask, {key: body.get(key) for key in keys})
    for inputs, filters in (
        ("publisherInputs", body.get("publisherInputFilters") or []),
        ("consumerInputs", body.get("consumerInputFilters") or []),
    ):
        conditions = [c for one in filters for c in one.get("conditions", [])]
        found = [s for s in found if all(_meets(s[inputs], c) for c in conditions)]
    return answer(body | {"results": found})


def _meets(inputs: dict[str, str], condition: dict[str, Any]) -> bool:
    actual = inputs.get(str(condition.get("inputId")), "")
    equal = actual.casefold() == str(condition.get("inputValue", "")).casefold()
    return equal is (str(condition.get("operator", "equals")).casefold() != "notequals")


async def subscribe(ask: Ask) -> Response:
    """Make a subscription."""
    made = ask.world.hooks.subscribe(ask.json(), ask.world.service_account.id)
    return answer(_shown(ask, made))


async def read_subscription(ask: Ask) -> Response:
    """One subscription; its password is masked."""
    return answer(_shown(ask, ask.world.hooks.find(ask.params["id"])))


async def replace_subscription(ask: Ask) -> Response:
    """Replace a subscription; enabling it ends its probation."""
    found = ask.world.hooks.find(ask.params["id"])
    ask.world.hooks.replace(found, ask.json())
    return answer(_shown(ask, found))


async def delete_subscription(ask: Ask) -> Response:
    """Remove a subscription with what it still had to deliver."""
    found = ask.world.hooks.find(ask.params["id"])
    del ask.world.hooks.subscriptions[found.id]
    return Response(status_code=204)


def _is(wanted: str, actual: str, numbers: dict[str, int]) -> bool:
    return not wanted or wanted.casefold() in (actual.casefold(), str(numbers[actual]))


async def list_notifications(ask: Ask) -> Response:
    """The delivery history of a subscription, newest first."""
    found = ask.world.hooks.find(ask.params["id"])
    status, result = ask.query.get("status", ""), ask.query.get("result", "")
    shown = [
        n.printed(found, details=False)
        for n in reversed(found.notifications)
        if _is(status, n.status, _STATUSES) and _is(result, n.result, _RESULTS)
    ]
    return listed(shown[: ask.number("maxresults", 100)])


async def read_notification(ask: Ask) -> Response:
    """One delivery with request, response and event."""
    found, number = ask.world.hooks.find(ask.params["id"]), ask.params["notification"]
    one = next((n for n in found.notifications if str(n.id) == number), None)
    if one is None:
        raise VendorError(404, f"No notification {number}.", "NotificationNotFoundException")
    return answer(one.printed(found, details=True))


async def test_notification(ask: Ask) -> Response:
    """Queue an event with made-up content for a subscription."""
    body = ask.json()
    details = body.get("details") or {}
    found = ask.world.hooks.find(str(body.get("subscriptionId", "")))
    text = {"text": "Test", "html": "Test", "markdown": "Test"}
    made = ask.world.hooks.enqueue(
        found,
        {
            "id": ask.world.new_id(),
            "eventType": details.get("eventType") or found.event_type,
            "publisherId": "tfs",
            "message": text,
            "detailedMessage": text,
            "resource": {"id": 0, "workItemId": 0, "rev": 1, "fields": {}},
            "resourceVersion": "1.0",
            "resourceContainers": containers(ask.world, ask.world.projects[0]),
            "createdDate": "2014-07-11T12:34:56.7890123Z",
        },
    )
    return answer(made.printed(found, details=True))


def _consumer(ask: Ask) -> dict[str, Any]:
    url = f"{ask.world.organization_url}/_apis/hooks/consumers/webHooks"
    inputs = [
        {"id": "url", "isConfidential": False, "validation": {"isRequired": True}},
        {"id": "httpHeaders", "isConfidential": False},
        {"id": "basicAuthUsername", "isConfidential": False},
        {"id": "basicAuthPassword", "isConfidential": True},
        {"id": "resourceDetailsToSend", "isConfidential": False},
        {"id": "messagesToSend", "isConfidential": False},
        {"id": "detailedMessagesToSend", "isConfidential": False},
    ]
    action = {
        "id": "httpRequest",
        "consumerId": "webHooks",
        "url": f"{url}/actions/httpRequest",
        "name": "Post via HTTP",
        "supportedEventTypes": ["*"],
        "supportedResourceVersions": {},
        "allowResourceVersionOverride": True,
        "inputDescriptors": inputs,
    }
    return {
        "id": "webHooks",
        "url": url,
        "name": "Web Hooks",
        "description": "Provides event communication via HTTP",
        "authenticationType": "none",
        "inputDescriptors": [],
        "actions": [action],
    }


async def list_consumers(ask: Ask) -> Response:
    """The consumers: web hooks only."""
    return listed([_consumer(ask)])


async def read_consumer(ask: Ask) -> Response:
    """One consumer."""
    if ask.params["consumer"].casefold() != "webhooks":
        raise VendorError(404, "No such consumer.", "ConsumerNotFoundException")
    return answer(_consumer(ask))


async def list_event_types(ask: Ask) -> Response:
    """The events of work items."""
    url = f"{ask.world.organization_url}/_apis/hooks/publishers/tfs/eventTypes"
    return listed(
        [
            {
                "id": kind,
                "publisherId": "tfs",
                "name": name,
                "url": f"{url}/{kind}",
                "supportedResourceVersions": ["1.0", "5.1-preview.3"],
            }
            for kind, name in EVENT_TYPES.items()
        ]
    )
