"""Every call that is sent stands in the vendor's description, with a body that fits its schema."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.zendesk import render
from connectors.zendesk.fields import Learned, body_of
from connectors.zendesk.payloads import Ticket, TicketField
from connectors.zendesk.render import Request
from tests.connectors.zendesk.described import Schemas, blank, faults_of
from tests.contracts import need_contracts

_SINCE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def _learned() -> Learned:
    learned = Learned()
    options = [{"name": "Red", "value": "red"}]
    kinds = ("text", "tagger", "multiselect", "checkbox", "date")
    learned.learn(
        TicketField.model_validate(
            {"id": 360 + n, "type": kind, "title": f"A {kind}", "custom_field_options": options}
        )
        for n, kind in enumerate(kinds)
    )
    return learned


def _bodies() -> dict[str, dict[str, str]]:
    return {
        "custom": {"A text": "x", "A tagger": "red", "A multiselect": "red", "A checkbox": "true",
                   "A date": "2026-12-24"},
        "cleared": dict.fromkeys(
            ("A text", "A tagger", "A multiselect", "A checkbox", "A date"), ""
        ),
        "system": {"subject": "x", "priority": "high", "type": "incident", "status": "open",
                   "group_id": "7", "assignee_id": "8", "problem_id": "9"},
        "status": {"custom_status_id": "8447320466999"},
    }  # fmt: skip


READS = {
    "ticket": render.ticket("1"),
    "tickets": render.tickets(["1", "2"]),
    "one_ticket": render.one_ticket(),
    "comments": render.comments("1", "cursor"),
    "audits": render.audits("1", None),
    "export from a time": render.export(None, _SINCE),
    "export from a cursor": render.export("cursor", _SINCE),
    "attachment": render.attachment("1"),
    "organization": render.organization("1"),
    "one_organization": render.one_organization(),
    "people": render.people("a@b.example"),
    "staff": render.staff("agent", "1"),
    "me": render.me(),
    "ticket_fields": render.ticket_fields(None),
    "custom_statuses": render.custom_statuses(),
    "organization_fields": render.organization_fields(),
}
CHANGES = {
    "note": render.note("1", "<p>x</p>"),
    "message": render.message("1", "<p>x</p>", "d-1", 1795338941),
    "guarded": render.update("1", {"priority": "high"}, 1795338941),
    "nothing": render.nothing(),
    **{
        name: render.update("1", body_of(given, _learned()), None)
        for name, given in _bodies().items()
    },
}
NOT_DESCRIBED = {"/api/v2/webhooks", "/api/v2/jira/links"}
"""The webhooks API has a description of its own; both are known from the vendor's pages."""
_PAGING = {"page", "per_page", "page[size]", "page[after]", "sort"}
"""Parameters that the vendor describes for all lists at once.

https://developer.zendesk.com/api-reference/introduction/pagination/
"""


_ON_A_PAGE = {"metadata"}
"""What the description leaves out: the `custom` half of an audit's metadata is the writer's.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
"""


@pytest.fixture(scope="module")
def facts() -> Path:
    return need_contracts("zendesk") / "facts"


def _described(facts: Path, request: Request) -> dict[str, Any]:
    """The operation that the request is one of."""
    for entry in json.loads((facts / "endpoints.json").read_text("utf-8")):
        pattern = blank(entry["path"]).replace("{}", "[0-9]+")
        if entry["method"] == request.method and re.fullmatch(pattern, request.path):
            found: dict[str, Any] = entry
            if "{" not in entry["path"] or not request.path.endswith("show_many"):
                return found
    raise AssertionError(f"{request.method} {request.path} is not described")


@pytest.mark.parametrize("name", [*READS, *CHANGES])
def test_call_is_described_with_its_parameters(facts: Path, name: str) -> None:
    request = {**READS, **CHANGES}[name]
    known = {each["name"] for each in _described(facts, request)["params"] if each["in"] == "query"}
    assert set(request.params) - known - _PAGING == set()


@pytest.mark.parametrize("name", CHANGES)
def test_body_fits_the_schema_and_has_no_key_beyond_it(facts: Path, name: str) -> None:
    schemas: Schemas = json.loads((facts / "schemas.json").read_text("utf-8"))
    request = CHANGES[name]
    schema = _described(facts, request)["request"]
    assert schema == "TicketUpdateRequest"
    assert request.body is not None
    ticket = dict(request.body["ticket"])
    assert set(ticket) - set(schemas["TicketUpdateInput"]["properties"]) - _ON_A_PAGE == set()
    # There the description speaks of a field's definition; the ticket itself says what it is.
    values = ticket.pop("custom_fields", [])
    assert faults_of(schemas, {"ref": schema}, {"ticket": ticket}) == []
    ids = [{"id": each["id"]} for each in values]
    assert faults_of(schemas, schemas["TicketObject"]["properties"]["custom_fields"], ids) == []
    assert all(set(each) == {"id", "value"} for each in values)


def test_follow_up_fits_the_schema_and_has_no_key_beyond_it(facts: Path) -> None:
    schemas: Schemas = json.loads((facts / "schemas.json").read_text("utf-8"))
    closed = Ticket(
        id="5158", status="closed", subject="Export fails", requester_id="8", organization_id="7",
        email_cc_ids=("9",), created_at="2026-11-22T09:00:00Z", updated_at="2026-11-22T09:00:00Z",
    )  # fmt: skip
    request = render.follow_up(closed, "<p>Fixed.</p>", "d-1")
    assert request.key == "d-1"
    assert _described(facts, request)["request"] == "TicketCreateRequest"
    assert request.body is not None
    ticket = request.body["ticket"]
    known = set(schemas["TicketUpdateInput"]["properties"])
    for part in schemas["TicketCreateInput"]["allOf"]:
        known |= set(part.get("properties", ()))
    assert set(ticket) - known - _ON_A_PAGE == set()
    assert faults_of(schemas, {"ref": "TicketCreateRequest"}, {"ticket": ticket}) == []


def test_message_is_public_outright_and_named_where_no_customer_reads() -> None:
    assert CHANGES["message"].body == {
        "ticket": {
            "comment": {"html_body": "<p>x</p>", "public": True},
            "metadata": {"ticketbridge": {"message": "d-1"}},
            "safe_update": True,
            "updated_stamp": "2026-11-22T09:15:41Z",
        }
    }


def test_calls_beyond_the_description_are_two_and_known() -> None:
    calls = (render.webhooks(None), render.jira_links(), render.jira_links_of("1"))
    assert {each.path for each in calls} == NOT_DESCRIBED


def test_guard_is_the_time_that_zendesk_wrote() -> None:
    assert CHANGES["guarded"].body == {
        "ticket": {"priority": "high", "safe_update": True, "updated_stamp": "2026-11-22T09:15:41Z"}
    }
