"""Tickets: reading, writing, bulk, merging, deleting.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from connectors.zendesk.simulator import lifecycle, writing
from connectors.zendesk.simulator.api.asking import Ask, answer, nothing, page
from connectors.zendesk.simulator.jobs import Job
from connectors.zendesk.simulator.problems import Refusal, bad_request, forbidden
from connectors.zendesk.simulator.records import By, Ticket
from connectors.zendesk.simulator.render import (
    audit_body,
    organization_body,
    ticket_body,
    user_body,
)
from connectors.zendesk.simulator.stamps import stamp

_KEPT = timedelta(hours=2)
_SORTS = ("id", "updated_at", "created_at", "status")


class Tickets:
    """The routes of tickets; remembers the idempotency keys of creations."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[bytes, datetime, dict[str, Any]]] = {}

    def read(self, ask: Ask) -> Response:
        ticket = ask.account.ticket(ask.params["id"])
        return answer({"ticket": ticket_body(ask.account, ticket)} | sideloads(ask, [ticket]))

    def show_many(self, ask: Ask) -> Response:
        tickets = [ask.account.tickets.get(number) for number in ask.ids()]
        live = [ticket for ticket in tickets if ticket is not None and ticket.live]
        shown = [ticket_body(ask.account, ticket) for ticket in live]
        return answer({"tickets": shown, "count": len(shown)} | sideloads(ask, live))

    def list_all(self, ask: Ask) -> Response:
        account, wanted = ask.account, ask.query.get("external_id")
        tickets = [t for t in account.tickets.values() if t.live and not account.archived(t)]
        if wanted is not None:
            tickets = [t for t in tickets if t.values["external_id"] == wanted]
        asked = ask.query.get("sort", "id")
        name = asked.removeprefix("-")
        if name not in _SORTS:
            raise bad_request("InvalidSort", f"sort is not valid for {asked}")

        def key(ticket: Ticket) -> Any:
            return [ticket_body(account, ticket)[name], ticket.id]

        tickets.sort(key=key, reverse=asked.startswith("-"))
        body = page(ask, "tickets", tickets, lambda t: ticket_body(account, t), key)
        return answer(body | sideloads(ask, tickets))

    def create(self, ask: Ask) -> Response:
        key, told = ask.headers.get("idempotency-key"), {}
        if key is not None:
            known = self._keys.get(key)
            if known is not None and known[1] + _KEPT > ask.account.now():
                if known[0] != ask.content:
                    text = "Request parameters differ from those first sent with this key"
                    status = ask.account.dials.idempotency_mismatch_status
                    raise Refusal(status, {"error": "IdempotentRequestError", "description": text})
                return answer(known[2], 201, {"x-idempotency-lookup": "hit"})
            told["x-idempotency-lookup"] = "miss"
        given = ask.record("ticket")
        ticket, audit = writing.create(ask.account, given, _writer(ask.by, given))
        shown = ticket_body(ask.account, ticket)
        body = {"ticket": shown, "audit": audit_body(ask.account, audit)}
        if key is not None:
            self._keys[key] = (ask.content, ask.account.now(), body)
        return answer(body, 201, told | {"Location": shown["url"]})

    def update(self, ask: Ask) -> Response:
        ticket, given = ask.account.ticket(ask.params["id"]), ask.record("ticket")
        # Adding to the tags is for bulk updates alone; here `tags` replaces them.
        kept = {k: v for k, v in given.items() if k not in ("additional_tags", "remove_tags")}
        audit = writing.update(ask.account, ticket, kept, _writer(ask.by, given))
        shown = ticket_body(ask.account, ticket)
        return answer({"ticket": shown, "audit": audit_body(ask.account, audit)})

    def delete(self, ask: Ask) -> Response:
        lifecycle.delete(ask.account, ask.account.ticket(ask.params["id"]), ask.by)
        return nothing()

    def spam(self, ask: Ask) -> Response:
        ticket = ask.account.ticket(ask.params["id"])
        lifecycle.mark_as_spam(ask.account, ticket, ask.by)
        return answer({})

    def create_many(self, ask: Ask) -> Response:
        bodies = ask.json().get("tickets") or []

        def one(given: dict[str, Any]) -> int:
            return writing.create(ask.account, given, _writer(ask.by, given))[0].id

        return _job(ask, "create", [(given, one) for given in bodies])

    def update_many(self, ask: Ask) -> Response:
        body = ask.json()
        listed = body.get("tickets") or []
        if "ticket" in body:
            listed = [{**body["ticket"], "id": number} for number in ask.ids()]

        def one(given: dict[str, Any]) -> int:
            ticket = ask.account.ticket(given["id"])
            safe = {**given, "safe_update": True}
            writing.update(ask.account, ticket, safe, _writer(ask.by, given))
            return ticket.id

        return _job(ask, "update", [(given, one) for given in listed])

    def destroy_many(self, ask: Ask) -> Response:
        def one(given: dict[str, Any]) -> int:
            ticket = ask.account.ticket(given["id"])
            lifecycle.delete(ask.account, ticket, ask.by)
            return ticket.id

        return _job(ask, "delete", [({"id": number}, one) for number in ask.ids()])

    def merge(self, ask: Ask) -> Response:
        account, asked = ask.account, ask.json()
        target = account.ticket(ask.params["id"])
        sources = [account.ticket(number) for number in asked.get("ids") or []]
        if not sources or target in sources:
            raise bad_request("InvalidMerge", "ids must name other tickets")

        def work() -> list[dict[str, Any]]:
            return lifecycle.merge(account, target, sources, asked, ask.by)

        return submitted(ask, "Ticket Merge", len(sources), work)

    def deleted(self, ask: Ask) -> Response:
        gone = [t for t in ask.account.tickets.values() if not t.live and not t.scrubbed]

        def shown(ticket: Ticket) -> dict[str, Any]:
            actor = ask.account.users.get(ticket.deleted_by or 0)
            return {
                "id": ticket.id,
                "subject": ticket.subject,
                "description": ticket.description,
                "actor": {"id": ticket.deleted_by, "name": actor.name if actor else "Zendesk"},
                "deleted_at": stamp(ticket.deleted_at or ticket.updated_at),
                "previous_state": ticket.status,
            }

        return answer(page(ask, "deleted_tickets", gone, shown, lambda ticket: ticket.id))

    def restore(self, ask: Ask) -> Response:
        ticket = lifecycle.deleted_ticket(ask.account, ask.params["id"])
        lifecycle.restore(ask.account, ticket, ask.by)
        return answer({})

    def purge(self, ask: Ask) -> Response:
        ticket = lifecycle.deleted_ticket(ask.account, ask.params["id"])

        def work() -> list[dict[str, Any]]:
            lifecycle.scrub(ask.account, ticket, ask.by)
            return [{"id": ticket.id, "index": 0, "action": "destroy", "success": True}]

        return submitted(ask, "Ticket Deletion", 1, work)

    def job(self, ask: Ask) -> Response:
        job = ask.account.jobs.find(ask.params["id"], ask.account.now())
        return answer({"job_status": job.render(ask.account.base_url)})

    def jobs(self, ask: Ask) -> Response:
        shown = [j.render(ask.account.base_url) for j in ask.account.jobs.recent(ask.account.now())]
        wanted = ask.query.get("ids")
        if wanted is not None:
            shown = [job for job in shown if job["id"] in wanted.split(",")]
        return answer({"job_statuses": shown})


def _writer(by: By, given: dict[str, Any]) -> By:
    custom = given.get("metadata")
    return By(by.user_id, by.channel, by.source, by.client, custom or {})


def submitted(
    ask: Ask, kind: str, total: int, work: Callable[[], list[dict[str, Any]]]
) -> Response:
    """Queues a job and shows it as it is now: queued."""
    job: Job = ask.account.jobs.submit(
        ask.account.numbers.uuid(), kind, total, work, ask.account.now()
    )
    return answer({"job_status": job.render(ask.account.base_url)})


_One = tuple[dict[str, Any], Callable[[dict[str, Any]], int]]


def _job(ask: Ask, action: str, listed: list[_One]) -> Response:
    if not listed or len(listed) > 100:
        raise bad_request("TooManyValues", "Between 1 and 100 tickets can be given")

    def work() -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        for place, (given, one) in enumerate(listed):
            try:
                done = {"id": one(given), "status": f"{action.capitalize()}d", "success": True}
            except Refusal as refusal:
                told = refusal.body if isinstance(refusal.body, dict) else {}
                failed = {"error": told.get("error"), "details": str(told.get("description"))}
                done = {"id": given.get("id"), "status": "Failed", "success": False, **failed}
            results.append({"index": place, "action": action, **done})
        return results

    return submitted(ask, f"Bulk {action.capitalize()} Ticket", len(listed), work)


def sideloads(ask: Ask, tickets: list[Ticket]) -> dict[str, Any]:
    """What `include` asks for besides the tickets themselves."""
    account, wanted = ask.account, set(ask.query.get("include", "").split(","))
    told: dict[str, Any] = {}
    if "users" in wanted:
        names = ("requester_id", "submitter_id", "assignee_id")
        numbers = {t.values[name] for t in tickets for name in names} & account.users.keys()
        told["users"] = [user_body(account, account.users[n]) for n in sorted(numbers)]
    if "organizations" in wanted:
        numbers = {t.values["organization_id"] for t in tickets} & account.organizations.keys()
        known = account.organizations
        told["organizations"] = [organization_body(account, known[n]) for n in sorted(numbers)]
    if "groups" in wanted:
        numbers = {t.values["group_id"] for t in tickets} & account.groups.keys()
        told["groups"] = [account.groups[n] for n in sorted(numbers)]
    if "custom_statuses" in wanted:
        told["custom_statuses"] = [s.render() for s in account.statuses.by_id.values()]
    return told


def need_staff(ask: Ask) -> None:
    """403 for end users."""
    if not ask.account.is_staff(ask.by.user_id):
        raise forbidden(as_object=ask.account.dials.forbidden_as_object)
