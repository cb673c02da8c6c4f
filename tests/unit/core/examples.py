"""A small helpdesk and a small tracker as values, to be bent by each test."""

from __future__ import annotations

from collections.abc import Mapping as Table
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bridge.core.situation import (
    ItemSituation,
    LinkedItem,
    LinkedTicket,
    TicketSituation,
    TrackerView,
)
from bridge.domain.links import Link, LinkState
from bridge.domain.mapping import Mapping
from bridge.domain.records import (
    BODY,
    CREATED_AT,
    HYPERLINKS,
    KEY,
    STATUS,
    SUBJECT,
    URL,
    Company,
    EtaKind,
    EtaSource,
    Fact,
    Observation,
    Presence,
    Reference,
    Source,
    StatusCategory,
    StatusInfo,
    Value,
)
from bridge.domain.refs import Ref, TicketRef, WorkItemRef

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
START = NOW - timedelta(days=1)
CREATED = NOW - timedelta(hours=1)
TICKET = TicketRef("hubspot", "812")
COMPANY = Company("7", "Initech", {"name": "Initech", "success_plan": "Elite"})

MAPPING: dict[str, Any] = {
    "mapping": "hubspot-success",
    "helpdesk": "hubspot",
    "ticket": {
        "category": {"property": "hs_ticket_category"},
        "severity": {
            "property": "hs_ticket_priority",
            "values": {"HIGH": "high", "MEDIUM": "normal", "LOW": "low"},
            "default": "normal",
        },
        "customer": {"association": "company", "name": "name", "plan": "success_plan"},
    },
    "stages": [
        {"id": "reported", "label": "Reported to engineering"},
        {"id": "in_development", "label": "In development"},
        {"id": "in_testing", "label": "In testing"},
        {"id": "available", "label": "Available to you"},
        {"id": "declined", "label": "Not planned", "side": True},
    ],
    "routes": [
        {"id": "stays", "when": {"field": "category", "is": "Success"}, "stay": True},
        {
            "id": "bug",
            "when": {"field": "category", "is": "Bug"},
            "launch": {
                "in": "boards",
                "type": "Bug",
                "fields": {
                    "System.Title": "[{{ ticket.customer }}] {{ ticket.subject }}",
                    "Microsoft.VSTS.TCM.ReproSteps": {"from": "description"},
                    "Priority": {
                        "from": "severity",
                        "values": {"high": 1, "normal": 2, "low": 3},
                    },
                },
                "attachments": True,
            },
        },
        {
            "id": "feature",
            "when": {"field": "category", "is": "Feature"},
            "launch": {"in": "boards", "type": "Feature", "fields": {"System.Title": "New"}},
        },
    ],
    "status": {
        "boards": {
            "New": "reported",
            "Active": "in_development",
            "Resolved": "in_testing",
            "Closed": "available",
            "Removed": "declined",
        }
    },
    "show_on_ticket": {
        "stage": {"property": "work_stage"},
        "eta": {"property": "work_eta"},
        "keys": {"property": "work_items"},
    },
    "comments": {"to_work_item": "marked", "to_ticket": "marked"},
    "fields": [
        {"ticket": "root_cause", "work_item": "RootCause", "owner": "work_item"},
        {
            "ticket": "hs_ticket_priority",
            "work_item": "Priority",
            "owner": "ticket",
            "values": {"HIGH": 1, "MEDIUM": 2, "LOW": 3},
            "enforce": True,
        },
    ],
}

HELPDESK = Reference(
    statuses={
        "1": StatusInfo("1", "New"),
        "4": StatusInfo("4", "Closed", StatusCategory.COMPLETED, closed=True),
    }
)
BOARDS = TrackerView(
    name="boards",
    reference=Reference(
        statuses={
            name: StatusInfo(name, name, category, closed=closed)
            for name, category, closed in (
                ("New", StatusCategory.PROPOSED, False),
                ("Active", StatusCategory.IN_PROGRESS, False),
                ("Resolved", StatusCategory.RESOLVED, False),
                ("Closed", StatusCategory.COMPLETED, True),
                ("Removed", StatusCategory.REMOVED, True),
                ("Parked", StatusCategory.IN_PROGRESS, False),
            )
        },
        iteration_ends={"Platform\\S1": date(2026, 5, 29)},
    ),
    eta=(
        EtaSource(EtaKind.DATE_FIELD, "TargetDate"),
        EtaSource(EtaKind.DATE_FIELD, "DueDate"),
        EtaSource(EtaKind.ITERATION_END),
    ),
    probe_grace=timedelta(seconds=20),
    max_attachment_bytes=1_000_000,
)


def mapping(**changes: Any) -> Mapping:
    """The example mapping with parts exchanged."""
    return Mapping.model_validate({**MAPPING, **changes})


def observation(
    ref: Ref, facts: Table[str, Value], *, at: datetime = CREATED, **more: Any
) -> Observation:
    """What a read shows: every fact as old as `at`, and the whole record."""
    settings: dict[str, Any] = {"seen_at": NOW, "source": Source.READ, "whole": True, **more}
    return Observation(ref, {name: Fact(value, at) for name, value in facts.items()}, **settings)


def ticket_facts(**more: Any) -> dict[str, Value]:
    """An open bug ticket of high severity."""
    return {
        SUBJECT: "Export <fails>",
        BODY: "<p>It fails.</p>",
        STATUS: "1",
        KEY: "812",
        URL: "https://app.hubspot.test/812",
        CREATED_AT: CREATED.isoformat(),
        "hs_ticket_category": "Bug",
        "hs_ticket_priority": "HIGH",
        "work_stage": None,
        "work_eta": None,
        "work_items": None,
        "root_cause": None,
        **more,
    }


def ticket(facts: Table[str, Value] | None = None, **changes: Any) -> TicketSituation:
    """A ticket's situation: by default the bug ticket, before anything was done about it."""
    seen = observation(TICKET, ticket_facts() if facts is None else facts)
    settings: dict[str, Any] = {
        "ref": TICKET,
        "observation": seen,
        "reference": HELPDESK,
        "mapping": mapping(),
        "company": COMPANY,
        "trackers": {"boards": BOARDS},
        "start_mark": START,
        **changes,
    }
    return TicketSituation(**settings)


def link(id: str, *, ref: TicketRef = TICKET, route: str | None = "bug", **more: Any) -> Link:
    """A link between a ticket and the work item of that id."""
    state = more.get("state", LinkState.ACTIVE)
    return Link(f"l{id}", ref, WorkItemRef("boards", id), route, state, CREATED, "hub")


def item_facts(id: str, status: str = "Active", /, **more: Any) -> dict[str, Value]:
    """A work item in that status."""
    return {
        KEY: f"#{id}",
        STATUS: status,
        URL: f"https://boards.test/{id}",
        HYPERLINKS: [],
        "@iteration": "",
        "TargetDate": None,
        "DueDate": None,
        "RootCause": None,
        "Priority": 1,
        **more,
    }


def linked(id: str, status: str = "Active", /, **facts: Any) -> LinkedItem:
    """A work item that hangs on the ticket; `state` is its link's."""
    state = facts.pop("state", LinkState.ACTIVE)
    seen = observation(WorkItemRef("boards", id), item_facts(id, status, **facts), revision=3)
    return LinkedItem(link(id, state=state), seen, BOARDS)


def linked_ticket(id: str = "812", /, **facts: Any) -> LinkedTicket:
    """A ticket that hangs on work item 99."""
    ref = TicketRef("hubspot", id)
    own: dict[str, Value] = {KEY: id, URL: f"https://app.hubspot.test/{id}"}
    seen = observation(ref, ticket_facts(**{**own, **facts}))
    return LinkedTicket(link("99", ref=ref), seen, mapping(), COMPANY)


def item(*tickets: LinkedTicket, **changes: Any) -> ItemSituation:
    """Work item 99 with these tickets on it."""
    ref = WorkItemRef("boards", "99")
    facts = changes.pop("facts", item_facts("99"))
    seen = observation(ref, facts, revision=3)
    settings: dict[str, Any] = {"ref": ref, "observation": seen, "tracker": BOARDS}
    return ItemSituation(**{**settings, "tickets": tickets, **changes})


def present(seen: Observation, presence: Presence) -> Observation:
    """The same observation with another presence."""
    return Observation(
        seen.ref, seen.facts, seen.seen_at, seen.source, seen.revision, seen.whole, presence
    )
