"""The API put together."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.responses import Response

from connectors.zendesk.simulator.account import Account
from connectors.zendesk.simulator.api import finding, hooks, metadata, people, talking
from connectors.zendesk.simulator.api.asking import Ask, Handler, answer
from connectors.zendesk.simulator.api.gate import Gate, Route
from connectors.zendesk.simulator.api.tickets import Tickets

_Entry = tuple[str, str, Handler] | tuple[str, str, Handler, str]


def build_api(account: Account) -> Gate:
    """The vendor's API over one account."""
    return Gate(account, build_routes())


def build_routes() -> list[Route]:
    """Every address; literal ones stand before those with parameters."""
    open_ones = [
        Route("POST", ("oauth", "tokens"), _tokens, open=True),
        Route("GET", ("attachments", "token", "{secret}"), talking.content, open=True),
        Route("GET", ("files", "{secret}"), talking.file, "attachments-content", open=True),
    ]
    per_record = [
        _route("PUT", "users/{id}", people.change_user, "users-update", each=True),
        _route(
            "PUT", "organizations/{id}", people.update_organization, "organizations-update",
            each=True,
        ),
    ]  # fmt: skip
    entries = [*_ticket_entries(), *_finding(), *_metadata(), *_people(), *_hooks()]
    return [*open_ones, *per_record, *(_route(*entry) for entry in entries)]


def _route(
    method: str, path: str, handler: Handler, limit: str | None = None, *, each: bool = False
) -> Route:
    return Route(method, ("api", "v2", *path.split("/")), handler, limit, each=each)


def _tokens(ask: Ask) -> Response:
    """Takes JSON and forms; `client_credentials` act as the account's first admin."""
    form = ask.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    body = dict(parse_qsl(ask.content.decode())) if form else ask.json()
    account = ask.account
    owner = next(user.id for user in account.users.values() if user.role == "admin")
    return answer(account.tokens.grant(body, owner, account.now()))


def _ticket_entries() -> list[_Entry]:
    tickets = Tickets()
    one = "tickets/{id}"
    return [
        ("GET", "tickets", tickets.list_all, "tickets-index"),
        ("POST", "tickets", tickets.create),
        ("GET", "tickets/show_many", tickets.show_many),
        ("POST", "tickets/create_many", tickets.create_many),
        ("PUT", "tickets/update_many", tickets.update_many),
        ("DELETE", "tickets/destroy_many", tickets.destroy_many),
        ("GET", one, tickets.read),
        ("PUT", one, tickets.update),
        ("DELETE", one, tickets.delete, "tickets-destroy"),
        ("POST", f"{one}/merge", tickets.merge),
        ("PUT", f"{one}/mark_as_spam", tickets.spam),
        ("GET", f"{one}/comments", talking.comments),
        ("PUT", one + "/comments/{comment}/make_private", talking.make_private),
        ("PUT", "comment_redactions/{comment}", talking.redact),
        ("GET", f"{one}/audits", talking.audits, "ticket-audits"),
        ("GET", one + "/audits/{audit}", talking.audit),
        ("GET", f"{one}/tags", talking.tags),
        ("PUT", f"{one}/tags", talking.add_tags),
        ("POST", f"{one}/tags", talking.set_tags),
        ("DELETE", f"{one}/tags", talking.remove_tags),
        ("GET", "deleted_tickets", tickets.deleted, "deleted-tickets"),
        ("PUT", "deleted_tickets/{id}/restore", tickets.restore),
        ("DELETE", "deleted_tickets/{id}", tickets.purge),
        ("GET", "job_statuses", tickets.jobs),
        ("GET", "job_statuses/show_many", tickets.jobs),
        ("GET", "job_statuses/{id}", tickets.job),
        ("POST", "uploads", talking.upload),
        ("DELETE", "uploads/{token}", talking.drop_upload),
        ("GET", "attachments/{id}", talking.attachment),
    ]


def _finding() -> list[_Entry]:
    exports = "incremental-exports"
    return [
        ("GET", "search", finding.find),
        ("GET", "search/count", finding.count),
        ("GET", "search/export", finding.export, "search-export"),
        ("GET", "incremental/tickets/cursor", finding.tickets_by_cursor, exports),
        ("GET", "incremental/tickets", finding.tickets_by_time, exports),
        ("GET", "incremental/ticket_events", finding.ticket_events, exports),
        ("GET", "incremental/users/cursor", finding.users_by_cursor, exports),
        ("GET", "incremental/organizations", finding.organizations_by_time, exports),
    ]


def _metadata() -> list[_Entry]:
    field, own = "ticket_fields/{id}", "ticket-fields"
    named = {
        "groups": "group",
        "brands": "brand",
        "ticket_forms": "ticket_form",
        "user_fields": "user_field",
        "organization_fields": "organization_field",
    }
    entries: list[_Entry] = [
        ("GET", "ticket_fields", metadata.fields, own),
        ("POST", "ticket_fields", metadata.create_field),
        ("GET", field, metadata.field),
        ("PUT", field, metadata.change_field),
        ("DELETE", field, metadata.remove_field),
        ("GET", f"{field}/options", metadata.options),
        ("POST", f"{field}/options", metadata.set_option),
        ("DELETE", field + "/options/{option}", metadata.remove_option),
        ("GET", "custom_statuses", metadata.statuses),
        ("POST", "custom_statuses", metadata.create_status),
        ("GET", "custom_statuses/{id}", metadata.status),
        ("PUT", "custom_statuses/{id}", metadata.change_status),
    ]
    for kind, singular in named.items():
        entries.append(("GET", kind, metadata.listing(kind)))
        entries.append(("GET", kind + "/{id}", metadata.showing(kind, singular)))
    return entries


def _people() -> list[_Entry]:
    company = "organizations/{id}"
    return [
        ("GET", "users", people.users),
        ("POST", "users", people.create_user),
        ("GET", "users/me", people.me),
        ("GET", "users/show_many", people.users_by_id),
        ("GET", "users/search", people.find_users),
        ("GET", "users/{id}", people.user),
        ("GET", "organizations", people.organizations),
        ("POST", "organizations", people.create_organization),
        ("GET", "organizations/show_many", people.organizations_by_id),
        ("GET", "organizations/search", people.find_organizations),
        ("GET", company, people.organization),
        ("DELETE", company, people.remove_organization),
    ]


def _hooks() -> list[_Entry]:
    hook, rule = "webhooks/{id}", "triggers/{id}"
    return [
        ("GET", "webhooks", hooks.webhooks),
        ("POST", "webhooks", hooks.create_webhook),
        ("POST", "webhooks/test", hooks.test),
        ("GET", hook, hooks.webhook),
        ("PUT", hook, hooks.put_webhook),
        ("PATCH", hook, hooks.patch_webhook),
        ("DELETE", hook, hooks.remove_webhook),
        ("GET", f"{hook}/signing_secret", hooks.secret),
        ("POST", f"{hook}/signing_secret", hooks.renew_secret),
        ("GET", f"{hook}/invocations", hooks.invocations),
        ("GET", hook + "/invocations/{invocation}/attempts", hooks.attempts),
        ("GET", "triggers", hooks.triggers),
        ("POST", "triggers", hooks.create_trigger),
        ("GET", rule, hooks.trigger),
        ("PUT", rule, hooks.change_trigger),
        ("DELETE", rule, hooks.remove_trigger),
        ("GET", "jira/links", hooks.jira_links),
    ]
