"""Answers against the schemas, and addresses against the endpoints, of the vendor's description.

The description is tolerant: real answers carry more keys, and many values are null in practice.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.zendesk.simulator import ZendeskSimulator
from connectors.zendesk.simulator.api.app import build_routes
from tests.connectors.zendesk.account_kit import NOON, HandClock
from tests.contracts import need_contracts

_Schemas = dict[str, dict[str, Any]]
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_NOT_DESCRIBED = {
    # The webhooks API has a description of its own; these two are known from the vendor's pages.
    "jira", "webhooks",
}  # fmt: skip
_BEYOND = {
    "GET /api/v2/brands/{id}",
    "GET /api/v2/groups/{id}",
}


@pytest.fixture
def facts() -> Path:
    return need_contracts("zendesk") / "facts"


@pytest.fixture
def schemas(facts: Path) -> _Schemas:
    read: _Schemas = json.loads((facts / "schemas.json").read_text())
    return read


def faults_of(schemas: _Schemas, schema: dict[str, Any], value: Any, where: str = "$") -> list[str]:
    """What in a value contradicts a schema; null contradicts nothing."""
    if value is None:
        return []
    if "ref" in schema:
        return faults_of(schemas, schemas[schema["ref"]], value, where)
    if "allOf" in schema:
        parts = (faults_of(schemas, part, value, where) for part in schema["allOf"])
        return [fault for part in parts for fault in part]
    if "oneOf" in schema:
        tried = [faults_of(schemas, part, value, where) for part in schema["oneOf"]]
        return min(tried, key=len)
    wanted = schema.get("type")
    if wanted in _TYPES and not isinstance(value, _TYPES[wanted]):
        return [f"{where} is {value!r}, no {wanted}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is {value!r}, not one of {schema['enum']}"]
    if isinstance(value, list):
        parts = (
            faults_of(schemas, schema.get("items", {}), one, f"{where}[{n}]")
            for n, one in enumerate(value)
        )
        return [fault for part in parts for fault in part]
    if not isinstance(value, dict):
        return []
    missing = [
        f"{where}.{key} is missing" for key in schema.get("required", []) if key not in value
    ]
    parts = (
        faults_of(schemas, rule, value[key], f"{where}.{key}")
        for key, rule in schema.get("properties", {}).items()
        if key in value
    )
    return missing + [fault for part in parts for fault in part]


def test_the_checker_finds_wrong_types_and_missing_keys(schemas: _Schemas) -> None:
    wrong = {"ticket": {"id": "5", "tags": "a", "custom_fields": [{"id": "x"}]}}
    assert len(faults_of(schemas, {"ref": "TicketResponse"}, wrong)) == 4


_Case = tuple[str, str, Any, str]
"""Method, address, body, and the schema of the answer."""


async def test_answers_fit_the_vendors_schemas(
    sim: ZendeskSimulator, api: httpx.AsyncClient, schemas: _Schemas, clock: HandClock
) -> None:
    plan = sim.add_field("tagger", "Plan", ["gold"])
    company = sim.add_organization("Acme", organization_fields={"plan": "gold"})
    file = [("a.txt", b"log", "text/plain")]
    given = [{"id": plan, "value": "gold"}]
    one = sim.customer_creates_ticket(files=file, custom_fields=given)
    two, gone = sim.customer_creates_ticket(), sim.customer_creates_ticket()
    clock.move(minutes=2)
    start = int(NOON.timestamp())
    ticket = {"ticket": {"subject": "s", "comment": {"body": "b"}}}
    rule = {"trigger": {"title": "t", "conditions": {"all": []}, "actions": [_TAG]}}
    cases: list[_Case] = [
        ("GET", f"tickets/{one}", None, "TicketResponse"),
        ("GET", "tickets", None, "TicketsResponse"),
        ("POST", "tickets", ticket, "TicketResponse"),
        ("PUT", f"tickets/{one}", ticket, "TicketUpdateResponse"),
        ("GET", f"tickets/{one}/comments", None, "TicketCommentsResponse"),
        ("GET", f"tickets/{one}/audits", None, "TicketAuditsResponseNoneCursor"),
        ("PUT", f"tickets/{one}/tags", {"tags": ["a"]}, "TagsByObjectIdResponse"),
        ("POST", f"tickets/{one}/merge", {"ids": [two]}, "JobStatusResponse"),
        ("GET", "job_statuses", None, "JobStatusesResponse"),
        ("GET", "ticket_fields", None, "TicketFieldsResponse"),
        ("GET", f"ticket_fields/{plan}/options", None, "CustomFieldOptionsResponse"),
        ("GET", "custom_statuses", None, "CustomStatusesResponse"),
        ("GET", "groups", None, "GroupsResponse"),
        ("GET", "brands", None, "BrandsResponse"),
        ("GET", "ticket_forms", None, "TicketFormsResponse"),
        ("GET", "users/me", None, "CurrentUserResponse"),
        ("GET", "users", None, "UsersResponse"),
        ("GET", f"organizations/{company}", None, "OrganizationResponse"),
        ("GET", "search?query=type:ticket", None, "SearchResponse"),
        ("GET", "search/count?query=x", None, "SearchCountResponse"),
        ("GET", "search/export?query=x&filter[type]=ticket", None, "SearchExportResponse"),
        ("POST", "triggers", rule, "TriggerResponse"),
        ("GET", "triggers", None, "TriggersResponse"),
        ("POST", "uploads?filename=a.txt", None, "AttachmentUploadResponse"),
        (
            "GET",
            f"incremental/tickets/cursor?start_time={start}",
            None,
            "CursorBasedExportIncrementalTicketsResponse",
        ),
        (
            "GET",
            f"incremental/tickets?start_time={start}",
            None,
            "TimeBasedExportIncrementalTicketsResponse",
        ),
    ]
    await _assert_fit(api, schemas, cases)
    # An export gives a deleted ticket a status that the description does not list.
    sim.person_deletes(gone)
    deleted = ("GET", "deleted_tickets", None, "ListDeletedTicketsResponse")
    await _assert_fit(api, schemas, [deleted])


async def _assert_fit(api: httpx.AsyncClient, schemas: _Schemas, cases: list[_Case]) -> None:
    for method, path, body, name in cases:
        assert name in schemas, name
        answer = await api.request(method, path, json=body)
        assert answer.is_success, (path, answer.text)
        assert faults_of(schemas, {"ref": name}, answer.json()) == [], path


_TAG = {"field": "set_tags", "value": "a"}


async def test_refusals_of_webhooks_fit_the_error_schema(
    api: httpx.AsyncClient, schemas: _Schemas
) -> None:
    refused = await api.post("webhooks", json={"webhook": {}})
    assert refused.status_code == 400
    assert faults_of(schemas, {"ref": "Errors"}, refused.json()) == []


def test_every_address_is_one_of_the_vendors(facts: Path) -> None:
    known = {
        (entry["method"], _blank(entry["path"]))
        for entry in json.loads((facts / "endpoints.json").read_text())
    }
    unknown = [
        f"{route.method} /{'/'.join(route.parts)}"
        for route in build_routes()
        if route.parts[0] in ("api", "oauth")
        and (len(route.parts) < 3 or route.parts[2] not in _NOT_DESCRIBED)
        and (route.method, _blank("/" + "/".join(route.parts))) not in known
    ]
    assert set(unknown) == _BEYOND


def _blank(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
