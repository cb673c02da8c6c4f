"""Requests that could be read in two ways, or not at all: refused, and told what would be right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.api.application import openapi_document
from tests.api.doors import Doors, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPAN = {"connection": "hubspot", "since": "2026-05-12T08:00:00Z", "until": "2026-05-12T09:00:00Z"}


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/tickets?limit=1&limit=2", "query.limit"),
        ("/tickets?limit=1&limit=1", "query.limit"),
        ("/tickets?q=a&q=", "query.q"),
        ("/tickets?limi%74=1&limit=2", "query.limit"),
        ("/tickets/hubspot/812?a=1&a=2", "query.a"),
        ("/tickets?q=%ff", "query"),
        ("/tickets?q=%ed%a0%80", "query"),
        ("/tickets?%ff=1", "query"),
        ("/tickets/hubspot/%ff", "path"),
        ("/mappings/%c3%28/versions", "path"),
    ],
)
async def test_address_of_two_readings_is_refused(desk: Doors, path: str, where: str) -> None:
    said = refused(await desk.ask("GET", path), 422, "invalid_request")
    assert [each["where"] for each in said["errors"]] == [where]
    assert said["errors"][0]["right"]


async def test_trial_and_no_trial_at_once_replays_nothing(desk: Doors) -> None:
    await desk.headers("operator")
    before = await desk.stored()
    path = "/deliveries/replay?dry_run=true&dry_run=false"
    refused(await desk.ask("POST", path, role="operator", json=SPAN), 422, "invalid_request")
    assert await desk.stored() == before


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "n", "role": "viewer", "role": "admin"}',
        b'{"name": "n", "role": "viewer", "expires": NaN}',
        b'{"name": "\\u00a0 ", "role": "viewer"}',
    ],
)
async def test_token_asked_for_in_two_ways_or_under_no_name_is_not_made(
    desk: Doors, body: bytes
) -> None:
    await desk.headers("admin")
    before = await desk.stored()
    json_type = {"Content-Type": "application/json"}
    answer = await desk.ask("POST", "/tokens", role="admin", content=body, headers=json_type)
    said = refused(answer, 422, "invalid_request")
    assert said["errors"][0]["where"] in ("body", "body.name")
    assert await desk.stored() == before


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"name": "\xe4"}'])
async def test_body_that_cannot_be_read_is_told_as_such(desk: Doors, body: bytes) -> None:
    json_type = {"Content-Type": "application/json"}
    answer = await desk.ask("POST", "/tokens", role="admin", content=body, headers=json_type)
    said = refused(answer, 422, "invalid_request")
    assert [each["where"] for each in said["errors"]] == ["body"]
    assert "not UTF-8" in said["detail"]


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/links?ticket=812", "hubspot:812"),
        ("/tickets/hubspott/812", "there are: hubspot"),
        ("/tickets/hubspott/812/explain", "there are: hubspot"),
        ("/tickets/hubspot/99%2099/explain", "POST /api/v1/tickets/hubspot/99%2099/check"),
    ],
)
async def test_name_in_another_form_is_told_what_would_be_right(
    desk: Doors, path: str, right: str
) -> None:
    answer = await desk.ask("GET", path)
    assert answer.status_code in (404, 422)
    assert right in answer.json()["detail"]
    assert "^[" not in answer.text


async def test_two_tokens_at_once_are_none(desk: Doors) -> None:
    tokens = [(await desk.headers(role))["Authorization"] for role in ("viewer", "admin")]
    both = [("Authorization", each) for each in tokens]
    refused(await desk.client.get("/api/v1/tickets", headers=both), 401, "unauthorised")


async def test_launch_of_a_ticket_as_a_signal_is_told_the_way_of_tickets(desk: Doors) -> None:
    answer = await desk.ask("POST", "/signals/hubspot/812/launch", role="operator", json={})
    said = refused(answer, 422, "not_configured")["detail"]
    assert "there are: none" in said
    assert "/api/v1/tickets/hubspot/…/launch" in said


async def test_unclear_address_without_a_token_is_told_nothing(desk: Doors) -> None:
    answer = await desk.client.get("/api/v1/tickets?limit=1&limit=2")
    refused(answer, 401, "unauthorised")


@pytest.mark.parametrize(
    "path", ["/tokens", "/links", "/erase", "/connections/hubspot/pause", "/mappings/m/activate"]
)
@pytest.mark.parametrize("given", ["text/plain", "application/yaml", "multipart/form-data", ""])
async def test_body_that_is_not_called_json_is_told_so(desk: Doors, path: str, given: str) -> None:
    await desk.headers("admin")
    before = await desk.stored()
    answer = await desk.ask(
        "POST", path, role="admin", content=b"{}", headers={"Content-Type": given}
    )
    [mistake] = refused(answer, 422, "invalid_request")["errors"]
    assert (mistake["where"], mistake["right"]) == ("header.content-type", "application/json")
    assert await desk.stored() == before


@pytest.mark.parametrize("given", [0, 1e10, -62135596800, True, None, "0", "2026-05-12T08:00:00"])
async def test_time_that_is_not_written_with_its_offset_is_refused(desk: Doors, given: Any) -> None:
    answer = await desk.ask(
        "POST", "/deliveries/replay", role="operator", json=SPAN | {"since": given}
    )
    said = refused(answer, 422, "invalid_request")
    assert [each["where"] for each in said["errors"]] == ["body.since"]


@pytest.mark.parametrize("name", ["dry_run", "adopt"])
@pytest.mark.parametrize("given", [0, 1, "no", "false", "", None])
async def test_switch_of_a_backfill_is_true_or_false_and_nothing_like_it(
    desk: Doors, name: str, given: Any
) -> None:
    answer = await desk.ask("POST", "/backfill", role="operator", json={name: given})
    said = refused(answer, 422, "invalid_request")
    assert [each["where"] for each in said["errors"]] == [f"body.{name}"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/links", "GET, POST"),
        ("/tokens", "GET, POST"),
        ("/mappings/m/draft", "GET, PUT"),
        ("/deliveries/replay", "POST"),
        ("/deliveries/019aa2c4f0d1e2b3c4d5e6f708", "GET"),
    ],
)
async def test_method_that_is_not_taken_is_told_all_that_are(
    desk: Doors, path: str, allowed: str
) -> None:
    answer = await desk.ask("OPTIONS", path, role="admin")
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


async def test_methods_of_the_document_itself_are_told_too(desk: Doors) -> None:
    answer = await desk.client.delete("/openapi.json")
    refused(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def _schema(name: str) -> Any:
    return openapi_document()["components"]["schemas"][name]


async def test_document_says_which_texts_are_refused() -> None:
    name, record = (_schema(each)["properties"] for each in ("NewToken", "ErasedRef"))
    assert name["name"]["pattern"] == r"^[^\x00-\x1f]*[^\x00-\x1f\s][^\x00-\x1f]*$"
    assert record["id"]["pattern"] == r"^[^\x00-\x1f]*$"
    [of_links] = [
        each["schema"]["anyOf"][0]
        for each in openapi_document()["paths"]["/api/v1/links"]["get"]["parameters"]
        if each["name"] == "ticket"
    ]
    assert of_links["pattern"] == r"^[^:\x00-\x1f]+:[^\x00-\x1f]+$"


@pytest.mark.parametrize(
    ("schema", "names"), [("ItemNamed", ["id", "key", "url"]), ("Erase", ["ref", "email"])]
)
async def test_document_says_that_exactly_one_is_given(schema: str, names: list[str]) -> None:
    assert [each["required"] for each in _schema(schema)["oneOf"]] == [[name] for name in names]


async def test_address_of_a_work_item_may_be_long(desk: Doors) -> None:
    long = f"http://boards.test/acme/Platform/_workitems/edit/1?{'x' * 1900}"
    body = {
        "ticket": {"connection": "hubspot", "id": "812"},
        "work_item": {"connection": "nobody", "url": long},
    }
    answer = await desk.ask("POST", "/links", role="operator", json=body)
    assert json.loads(answer.text)["code"] != "invalid_request"
