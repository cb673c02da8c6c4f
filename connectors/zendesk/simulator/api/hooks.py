"""Webhooks, triggers, and the links of the vendor's own Jira app.

https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/
"""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from connectors.zendesk.simulator.account import found
from connectors.zendesk.simulator.api.asking import Ask, answer, nothing, page
from connectors.zendesk.simulator.outbox import Invocation
from connectors.zendesk.simulator.problems import invalid, webhook_refusal
from connectors.zendesk.simulator.stamps import parse, stamp
from connectors.zendesk.simulator.triggers import Trigger
from connectors.zendesk.simulator.webhooks import Webhook


def webhooks(ask: Ask) -> Response:
    listed = list(ask.account.webhooks.by_id.values())
    if part := ask.query.get("filter[name_contains]"):
        listed = [hook for hook in listed if part.casefold() in hook.given["name"].casefold()]
    if status := ask.query.get("filter[status]"):
        listed = [hook for hook in listed if hook.given["status"] == status]
    name = ask.query.get("sort", "").removeprefix("-")
    if name in ("name", "status"):
        listed.sort(key=lambda hook: str(hook.given[name]))
    body = page(ask, "webhooks", listed, Webhook.render, lambda hook: hook.id, cursor=True)
    return answer(body)


def create_webhook(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    hooks = ask.account.webhooks
    source = ask.query.get("clone_webhook_id")
    given = dict(hooks.find(source).given) if source else _given(ask)
    return answer({"webhook": hooks.create(given, str(ask.by.user_id)).render()}, 201)


def webhook(ask: Ask) -> Response:
    return answer({"webhook": ask.account.webhooks.find(ask.params["id"]).render()})


def put_webhook(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    known = ask.account.webhooks.find(ask.params["id"])
    ask.account.webhooks.change(known, _given(ask), str(ask.by.user_id))
    return nothing()


def patch_webhook(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    known = ask.account.webhooks.find(ask.params["id"])
    ask.account.webhooks.change(known, known.given | _given(ask), str(ask.by.user_id))
    return nothing()


def remove_webhook(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    del ask.account.webhooks.by_id[ask.account.webhooks.find(ask.params["id"]).id]
    return nothing()


def _given(ask: Ask) -> dict[str, Any]:
    given = ask.json().get("webhook")
    if not isinstance(given, dict):
        raise webhook_refusal(400, "InvalidWebhook", "Invalid webhook", "webhook is required")
    return given


def secret(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    known = ask.account.webhooks.find(ask.params["id"])
    return answer({"signing_secret": {"algorithm": "SHA256", "secret": known.secret}})


def renew_secret(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    known = ask.account.webhooks.find(ask.params["id"])
    ask.account.webhooks.renew_secret(known)
    return answer({"signing_secret": {"algorithm": "SHA256", "secret": known.secret}}, 201)


def test(ask: Ask) -> Response:
    """Sends a test request; what the vendor answers to this call is not confirmed.

    A webhook that does not exist yet signs with the secret that the vendor publishes for tests.
    """
    ask.account.need_admin(ask.by)
    hooks, known_id = ask.account.webhooks, ask.query.get("webhook_id")
    request = ask.json().get("request") or {}
    if known_id:
        hook = hooks.find(known_id)
    else:
        given = {"name": "Test", "status": "active"} | request
        hook = hooks.passing(given, str(ask.by.user_id))
    payload = request.get("payload")
    body = payload if isinstance(payload, str) else json.dumps(payload or {})
    ask.account.outbox.add(hook, body.encode())
    return answer({})


def invocations(ask: Ask) -> Response:
    known = ask.account.webhooks.find(ask.params["id"])
    listed = [one for one in ask.account.outbox.invocations if one.webhook is known]
    if status := ask.query.get("filter[status]"):
        listed = [one for one in listed if one.status == status]
    since = parse(ask.query.get("filter[from_ts]"))
    until = parse(ask.query.get("filter[to_ts]"))
    listed = [
        one
        for one in listed
        if (since is None or one.told_at >= since) and (until is None or one.told_at <= until)
    ]
    body = page(ask, "invocations", listed, Invocation.render, lambda one: one.id, cursor=True)
    return answer(body)


def attempts(ask: Ask) -> Response:
    known = ask.account.webhooks.find(ask.params["id"])
    for one in ask.account.outbox.invocations:
        if one.webhook is known and one.id == ask.params["invocation"]:
            shown = [
                {
                    "id": attempt.id,
                    "invocation_id": one.id,
                    "status": attempt.status,
                    "status_code": attempt.status_code,
                    "completed_at": stamp(attempt.at),
                }
                for attempt in one.attempts
            ]
            return answer({"attempts": shown})
    raise webhook_refusal(404, "InvocationNotFound", "Not found", ask.params["invocation"])


def triggers(ask: Ask) -> Response:
    listed = list(ask.account.triggers.by_id.values())
    base = ask.account.base_url
    body = page(ask, "triggers", listed, lambda one: one.render(base), lambda one: one.id)
    return answer(body)


def trigger(ask: Ask) -> Response:
    known = found(ask.account.triggers.by_id, ask.params["id"])
    return answer({"trigger": known.render(ask.account.base_url)})


def create_trigger(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    given = ask.record("trigger")
    if not given.get("title") or not given.get("actions"):
        raise invalid("base", "Trigger: must have a title and at least one action")
    now = ask.account.now()
    new = Trigger(
        ask.account.numbers.long(),
        given["title"],
        given.get("conditions") or {},
        given["actions"],
        now,
        now,
        bool(given.get("active", True)),
    )
    ask.account.triggers.by_id[new.id] = new
    return answer({"trigger": new.render(ask.account.base_url)}, 201)


def change_trigger(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    known, given = found(ask.account.triggers.by_id, ask.params["id"]), ask.record("trigger")
    for name in ("title", "active", "conditions", "actions"):
        if name in given:
            setattr(known, name, given[name])
    known.updated_at = ask.account.now()
    return answer({"trigger": known.render(ask.account.base_url)})


def remove_trigger(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    del ask.account.triggers.by_id[found(ask.account.triggers.by_id, ask.params["id"]).id]
    return nothing()


def jira_links(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    wanted = ask.query.get("filter[ticket_id]") or ask.query.get("ticket_id")
    links = ask.account.jira_links
    links = [link for link in links if wanted in (None, link["ticket_id"])]
    return answer({"links": links, "total": len(links)})
