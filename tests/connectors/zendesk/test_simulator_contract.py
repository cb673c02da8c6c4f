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
from tests.connectors.zendesk.described import Schemas, blank, faults_of
from tests.contracts import need_contracts

_NOT_DESCRIBED = {
    # The webhooks API has a description of its own; these two are known from the vendor's pages.
    "jira", "webhooks",
}  # fmt: skip
_BEYOND = {
    # /api-reference/ticketing/tickets/ticket_comments/#redact-ticket-comment-in-agent-workspace
    "PUT /api/v2/comment_redactions/{comment}",
    "GET /api/v2/brands/{id}",
    "GET /api/v2/groups/{id}",
}


@pytest.fixture
def facts() -> Path:
    return need_contracts("zendesk") / "facts"


@pytest.fixture
def schemas(facts: Path) -> Schemas:
    read: Schemas = json.loads((facts / "schemas.json").read_text())
    return read


def test_the_checker_finds_wrong_types_and_missing_keys(schemas: Schemas) -> None:
    wrong = {"ticket": {"id": "5", "tags": "a", "custom_fields": [{"id": "x"}]}}
    assert len(faults_of(schemas, {"ref": "TicketResponse"}, wrong)) == 4


_Case = tuple[str, str, Any, str]
"""Method, address, body, and the schema of the answer."""


async def test_answers_fit_the_vendors_schemas(
    sim: ZendeskSimulator, api: httpx.AsyncClient, schemas: Schemas, clock: HandClock
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


async def _assert_fit(api: httpx.AsyncClient, schemas: Schemas, cases: list[_Case]) -> None:
    for method, path, body, name in cases:
        assert name in schemas, name
        answer = await api.request(method, path, json=body)
        assert answer.is_success, (path, answer.text)
        assert faults_of(schemas, {"ref": name}, answer.json()) == [], path


_TAG = {"field": "set_tags", "value": "a"}


async def test_refusals_of_webhooks_fit_the_error_schema(
    api: httpx.AsyncClient, schemas: Schemas
) -> None:
    refused = await api.post("webhooks", json={"webhook": {}})
    assert refused.status_code == 400
    assert faults_of(schemas, {"ref": "Errors"}, refused.json()) == []


def test_every_address_is_one_of_the_vendors(facts: Path) -> None:
    known = {
        (entry["method"], blank(entry["path"]))
        for entry in json.loads((facts / "endpoints.json").read_text())
    }
    unknown = [
        f"{route.method} /{'/'.join(route.parts)}"
        for route in build_routes()
        if route.parts[0] in ("api", "oauth")
        and (len(route.parts) < 3 or route.parts[2] not in _NOT_DESCRIBED)
        and (route.method, blank("/" + "/".join(route.parts))) not in known
    ]
    assert set(unknown) == _BEYOND
