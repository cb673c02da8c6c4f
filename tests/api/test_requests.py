"""Bad requests of every kind: refused with a stable code, told what would be right, no effect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.api import paging
from bridge.api.gate import MAX_BODY
from tests.api.doors import Doors, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

LISTS = ("/tickets", "/links", "/findings", "/deliveries", "/tickets/hubspot/812/timeline")


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/tickets?limit=0", "query.limit"),
        ("/tickets?limit=201", "query.limit"),
        ("/tickets?limit=-1", "query.limit"),
        ("/tickets?limit=ten", "query.limit"),
        ("/tickets?limit=", "query.limit"),
        ("/tickets?limit=1e2", "query.limit"),
        ("/tickets?limit=99999999999999999999999", "query.limit"),
        ("/tickets?needs=everything", "query.needs"),
        ("/tickets?needs=", "query.needs"),
        ("/tickets?q=", "query.q"),
        ("/tickets?q=a%00b", "query.q"),
        (f"/tickets?q={'x' * 201}", "query.q"),
        ("/tickets?customer=%0A", "query.customer"),
        ("/tickets?stagee=in_testing", "query.stagee"),
        ("/findings?state=closed", "query.state"),
        ("/deliveries?state=lost", "query.state"),
        ("/links?state=gone", "query.state"),
        ("/links?ticket=812", "query.ticket"),
        ("/links?ticket=:812", "query.ticket"),
        ("/tickets/hubspot/8%0012", "path.id"),
        (f"/tickets/hubspot/{'9' * 201}", "path.id"),
        ("/tickets/%01/812", "path.connection"),
        ("/deliveries/%00", "path.id"),
        ("/runs/%00", "path.id"),
    ],
)
async def test_wrong_parameter_is_refused_and_named(desk: Doors, path: str, where: str) -> None:
    said = refused(await desk.ask("GET", path), 422, "invalid_request")
    [mistake] = said["errors"]
    assert mistake["where"] == where
    assert mistake["what"]
    assert mistake["right"]


async def test_several_mistakes_are_told_at_once(desk: Doors) -> None:
    said = refused(await desk.ask("GET", "/tickets?limit=x&needs=y&z=1"), 422, "invalid_request")
    assert {each["where"] for each in said["errors"]} == {
        "query.limit", "query.needs", "query.z",
    }  # fmt: skip


@pytest.mark.parametrize("wait", ["-1", "61", "soon", "nan", "inf", ""])
async def test_wrong_patience_is_refused(desk: Doors, wait: str) -> None:
    answer = await desk.ask("POST", f"/tickets/hubspot/812/check?wait={wait}", role="csm")
    assert refused(answer, 422, "invalid_request")["errors"][0]["where"] == "query.wait"


GOOD = {
    "ticket": {"connection": "hubspot", "id": "812"},
    "work_item": {"connection": "boards", "id": "991"},
}


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/links", {}, "body.ticket"),
        ("/links", GOOD | {"ticket": None}, "body.ticket"),
        ("/links", GOOD | {"ticket": "hubspot:812"}, "body.ticket"),
        ("/links", GOOD | {"ticket": {"connection": "hubspot"}}, "body.ticket.id"),
        ("/links", GOOD | {"ticket": {"connection": "hubspot", "id": 812}}, "body.ticket.id"),
        ("/links", GOOD | {"ticket": {"connection": "hubspot", "id": ""}}, "body.ticket.id"),
        ("/links", GOOD | {"ticket": {"connection": "h", "id": "a\x00"}}, "body.ticket.id"),
        ("/links", GOOD | {"work_item": {"connection": "boards"}}, "body.work_item"),
        (
            "/links",
            GOOD | {"work_item": {"connection": "boards", "id": "9", "key": "9"}},
            "body.work_item",
        ),
        ("/links", GOOD | {"route": "bug"}, "body.route"),
        ("/links", [], "body"),
        ("/links", "text", "body"),
        ("/links", 7, "body"),
        ("/tokens", {"name": "x"}, "body.role"),
        ("/tokens", {"name": "x", "role": "owner"}, "body.role"),
        ("/tokens", {"name": "", "role": "viewer"}, "body.name"),
        ("/tokens", {"name": 7, "role": "viewer"}, "body.name"),
        ("/tokens", {"name": "x", "role": "viewer", "expires": "soon"}, "body.expires"),
        ("/tokens", {"name": "x", "role": "viewer", "expires": "0d"}, "body.expires"),
        ("/tokens", {"name": "x", "role": "viewer", "expires": "-1d"}, "body.expires"),
        ("/tokens", {"name": "x", "role": "viewer", "expires": "999999d"}, "body.expires"),
        ("/tokens", {"name": "x", "role": "viewer", "expires": 90}, "body.expires"),
        ("/tokens", {"name": "x", "role": "viewer", "admin": True}, "body.admin"),
    ],
)
async def test_wrong_body_is_refused_and_changes_nothing(
    desk: Doors, path: str, body: Any, where: str
) -> None:
    await desk.headers("admin")
    before = await desk.stored()
    said = refused(await desk.ask("POST", path, role="admin", json=body), 422, "invalid_request")
    assert said["errors"][0]["where"] == where
    assert await desk.stored() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"not json", b"\xff\xfe", b'{"name": "\\ud800", "role": "viewer"}', b"[" * 9000],
)
async def test_body_that_is_no_json_is_refused(desk: Doors, content: bytes) -> None:
    await desk.headers("admin")
    before = await desk.stored()
    answer = await desk.ask(
        "POST", "/tokens", role="admin", content=content,
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    refused(answer, 422, "invalid_request")
    assert await desk.stored() == before


@pytest.mark.parametrize("announced", [True, False])
async def test_body_beyond_the_ceiling_is_refused(desk: Doors, announced: bool) -> None:
    await desk.headers("admin")
    before = await desk.stored()
    body = json.dumps({"name": "x" * MAX_BODY, "role": "viewer"}).encode()

    async def pieces() -> Any:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    answer = await desk.ask(
        "POST", "/tokens", role="admin", content=body if announced else pieces(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    refused(answer, 413, "too_large")
    assert await desk.stored() == before


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "%00",
        "AAAA",
        "é",
        paging.encode("another list", "7"),
        paging.encode("tickets", ""),
        paging.encode("links", "a\x00b"),
        "x" * 1000,
    ],
)
async def test_cursor_of_another_list_or_none_is_refused(
    desk: Doors, path: str, cursor: str
) -> None:
    await desk.add_ticket("812")
    refused(await desk.ask("GET", path, params={"cursor": cursor}), 422, "bad_cursor")


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/tickets"), ("PATCH", "/links/7")])
async def test_method_that_an_address_does_not_take_is_refused(
    desk: Doors, method: str, path: str
) -> None:
    refused(await desk.ask(method, path, role="admin"), 405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/nothing", "/docs", "/redoc", "/API/v1/tickets"])
async def test_unknown_address_outside_the_api_is_a_problem_too(desk: Doors, path: str) -> None:
    refused(await desk.client.get(path), 404, "not_found")


@pytest.mark.parametrize("given", ["trace-7", "a" * 64])
async def test_request_id_of_the_caller_comes_back(desk: Doors, given: str) -> None:
    answer = await desk.client.get("/healthz", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "a" * 65, "<script>"])
async def test_request_id_that_is_none_is_replaced(desk: Doors, given: str) -> None:
    answer = await desk.client.get("/healthz", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 26


async def test_every_answer_is_careful_with_browsers(desk: Doors) -> None:
    for path in ("/healthz", "/api/v1/tickets", "/nothing", "/openapi.json", "/metrics"):
        answer = await desk.client.get(path, headers={"Origin": "https://evil.test"})
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers
    for path in ("/api/v1/tickets", "/metrics", "/webhooks/hubspot"):
        assert (await desk.client.get(path)).headers["cache-control"] == "no-store"
