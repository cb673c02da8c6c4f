"""Registering webhooks: signed ones of administrators, expiring ones of apps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response

from connectors.jira.simulator import errors
from connectors.jira.simulator.api.asking import Ask, Routes, answer, empty
from connectors.jira.simulator.errors import JiraProblem
from connectors.jira.simulator.jql import clauses, parse
from connectors.jira.simulator.outbox import Webhook
from connectors.jira.simulator.stamps import millis, stamp

_LIFE = timedelta(days=30)
_APP_EVENTS = {
    "jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created",
    "comment_updated", "comment_deleted", "issue_property_set", "issue_property_deleted",
    "jira:version_created", "jira:version_updated", "jira:version_deleted",
    "jira:version_released", "jira:version_unreleased", "jira:version_moved",
}  # fmt: skip
_APP_FIELDS = {
    "issuekey", "key", "project", "issuetype", "status", "assignee", "reporter", "priority",
}  # fmt: skip
_APP_OPERATORS = {"=", "!=", "IN", "NOT IN"}
_FILTER = "issue-related-events-section"


def register(routes: Routes) -> None:
    """The addresses of this module."""
    admin, app = "webhooks/1.0/webhook", "api/webhook"
    routes.add("GET", admin, admin_list)
    routes.add("POST", admin, admin_add)
    routes.add("GET", f"{admin}/{{webhook}}", admin_one)
    routes.add("DELETE", f"{admin}/{{webhook}}", admin_delete)
    routes.add("POST", app, app_add)
    routes.add("GET", app, app_list)
    routes.add("DELETE", app, app_delete)
    routes.add("PUT", f"{app}/refresh", app_refresh)
    routes.add("GET", f"{app}/failed", app_failed)


def _admin_body(ask: Ask, webhook: Webhook) -> dict[str, Any]:
    return {
        "name": webhook.name,
        "url": webhook.url,
        "excludeBody": webhook.exclude_body,
        "filters": {_FILTER: webhook.jql},
        "events": webhook.events,
        "enabled": webhook.enabled,
        "isSigned": webhook.secret is not None,
        "self": f"{ask.site.base_url}/rest/webhooks/1.0/webhook/{webhook.id}",
    }


async def admin_list(ask: Ask) -> Response:
    ask.need_admin()
    held = [w for w in ask.jira.outbox.webhooks.values() if not w.dynamic]
    return answer([_admin_body(ask, webhook) for webhook in held])


async def admin_add(ask: Ask) -> Response:
    ask.need_admin()
    body = ask.json()
    if not body.get("name") or not body.get("url"):
        raise JiraProblem(400, "A webhook needs a name and a URL.")
    made = Webhook(
        0,
        body["url"],
        list(body.get("events") or []),
        (body.get("filters") or {}).get(_FILTER, ""),
        body["name"],
        body.get("secret") or None,
        bool(body.get("excludeBody")),
    )
    return answer(_admin_body(ask, ask.jira.outbox.register(made)), 201)


def _admin(ask: Ask) -> Webhook:
    ask.need_admin()
    id = ask.params["webhook"]
    found = ask.jira.outbox.webhooks.get(int(id)) if id.isdigit() else None
    if found is None or found.dynamic:
        raise JiraProblem(404, f"No webhook with id '{id}'.")
    return found


async def admin_one(ask: Ask) -> Response:
    return answer(_admin_body(ask, _admin(ask)))


async def admin_delete(ask: Ask) -> Response:
    del ask.jira.outbox.webhooks[_admin(ask).id]
    return empty()


def _need_app(ask: Ask) -> None:
    """Refuse people's tokens, before the body is looked at."""
    if not ask.app:
        raise JiraProblem(403, "Only Connect and OAuth 2.0 apps can use this operation.")


async def app_add(ask: Ask) -> Response:
    _need_app(ask)
    body = ask.json({"url", "webhooks"})
    given = body.get("webhooks")
    if not isinstance(given, list) or not body.get("url"):
        raise errors.unreadable()
    results: list[dict[str, Any]] = []
    for entry in given:
        faults = _faults(entry)
        if faults:
            results.append({"errors": faults})
            continue
        made = Webhook(0, body["url"], list(entry["events"]), entry["jqlFilter"], dynamic=True)
        made.field_ids = list(entry.get("fieldIdsFilter") or [])
        made.property_keys = list(entry.get("issuePropertyKeysFilter") or [])
        made.expires = ask.site.now() + _LIFE
        results.append({"createdWebhookId": ask.jira.outbox.register(made).id})
    return answer({"webhookRegistrationResult": results})


def _faults(entry: Any) -> list[str]:
    members = {"events", "jqlFilter", "fieldIdsFilter", "issuePropertyKeysFilter"}
    if not isinstance(entry, dict) or entry.keys() - members:
        raise errors.unreadable()
    faults = [f"Unsupported event: {e}" for e in entry.get("events") or [] if e not in _APP_EVENTS]
    if not entry.get("events"):
        faults.append("At least one event is required.")
    try:
        found = clauses(parse(str(entry.get("jqlFilter") or "")).where)
    except JiraProblem as problem:
        return [*faults, *problem.messages]
    if not found:
        faults.append(errors.UNBOUNDED)
    for clause in found:
        name = clause.field.casefold()
        if name not in _APP_FIELDS and not name.startswith(("cf[", "issue.property")):
            faults.append(f"Unsupported field in the JQL filter: {clause.field}")
        if clause.operator not in _APP_OPERATORS:
            faults.append(f"Unsupported operator in the JQL filter: {clause.operator}")
    return faults


async def app_list(ask: Ask) -> Response:
    _need_app(ask)
    held = [w for w in ask.jira.outbox.webhooks.values() if w.dynamic]
    told = []
    for webhook in held:
        entry = {
            "id": webhook.id,
            "jqlFilter": webhook.jql,
            "events": webhook.events,
            "url": webhook.url,
        }
        if webhook.expires is not None:
            entry["expirationDate"] = millis(webhook.expires)
        told.append(entry | ({"fieldIdsFilter": webhook.field_ids} if webhook.field_ids else {}))
    return answer(ask.bean(told, 100))


def _named(ask: Ask) -> list[Webhook]:
    """The webhooks of a list of ids; unknown ones are ignored."""
    _need_app(ask)
    ids = ask.json({"webhookIds"}).get("webhookIds") or []
    held = [ask.jira.outbox.webhooks.get(id) for id in ids]
    return [webhook for webhook in held if webhook is not None and webhook.dynamic]


async def app_refresh(ask: Ask) -> Response:
    expires = ask.site.now() + _LIFE
    for webhook in _named(ask):
        webhook.expires = expires
    return answer({"expirationDate": stamp(expires)})


async def app_delete(ask: Ask) -> Response:
    for webhook in _named(ask):
        del ask.jira.outbox.webhooks[webhook.id]
    return empty(202)


async def app_failed(ask: Ask) -> Response:
    _need_app(ask)
    after = datetime.fromtimestamp(ask.number("after", 0) / 1000, UTC)
    size = min(ask.number("maxResults", 100), 100)
    found = ask.jira.outbox.failed_after(after, ask.site.now())
    told = [
        {
            "id": d.identifier,
            "body": d.body.decode(),
            "url": d.webhook.url,
            "failureTime": millis(d.failed_at),
        }
        for d in found
        if d.webhook.dynamic and d.failed_at is not None
    ]
    return answer({"values": told[:size], "maxResults": size})
