"""Fields, forms, statuses, groups, brands: what an admin sets up.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_fields/
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from connectors.zendesk.simulator.account import found
from connectors.zendesk.simulator.api.asking import Ask, Handler, answer, nothing
from connectors.zendesk.simulator.fields import TicketField
from connectors.zendesk.simulator.problems import invalid, not_found
from connectors.zendesk.simulator.statuses import CATEGORIES


def _field(ask: Ask, field: TicketField) -> dict[str, Any]:
    statuses = [status.render() for status in ask.account.statuses.by_id.values()]
    return field.render(ask.account.base_url, statuses)


def fields(ask: Ask) -> Response:
    shown = [_field(ask, field) for field in ask.account.fields.by_id.values()]
    body = {"ticket_fields": shown, "count": len(shown), "next_page": None, "previous_page": None}
    return answer(body)


def field(ask: Ask) -> Response:
    known = found(ask.account.fields.by_id, ask.params["id"])
    return answer({"ticket_field": _field(ask, known)})


def create_field(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    given = ask.record("ticket_field")
    if not given.get("title"):
        raise invalid("title", "Title: cannot be blank")
    options = [(o["name"], o["value"]) for o in given.get("custom_field_options") or []]
    new = ask.account.fields.add(
        str(given.get("type") or "text"),
        given["title"],
        ask.account.now(),
        options=options,
        tag=given.get("tag"),
        required=bool(given.get("required")),
        regexp=given.get("regexp_for_validation"),
    )
    return answer({"ticket_field": _field(ask, new)}, 201)


def change_field(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    known, given = found(ask.account.fields.by_id, ask.params["id"]), ask.record("ticket_field")
    known.title = given.get("title", known.title)
    known.active = given.get("active", known.active)
    known.required = given.get("required", known.required)
    known.updated_at = ask.account.now()
    if "custom_field_options" in given:
        kept = {option["value"] for option in given["custom_field_options"]}
        known.options = [option for option in known.options if option[2] in kept]
        for option in given["custom_field_options"]:
            ask.account.fields.add_option(known, option["name"], option["value"])
    return answer({"ticket_field": _field(ask, known)})


def remove_field(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    known = found(ask.account.fields.by_id, ask.params["id"])
    if not known.removable:
        raise invalid("base", "System fields cannot be deleted")
    del ask.account.fields.by_id[known.id]
    return nothing()


def options(ask: Ask) -> Response:
    known = found(ask.account.fields.by_id, ask.params["id"])
    shown = [known.option(number) for number, _name, _value in known.options]
    body = {"custom_field_options": shown, "count": len(shown)}
    return answer(body | {"next_page": None, "previous_page": None})


def set_option(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    known = found(ask.account.fields.by_id, ask.params["id"])
    given = ask.record("custom_field_option")
    status = 200 if given["value"] in known.values else 201
    shown = ask.account.fields.add_option(known, given["name"], given["value"])
    return answer({"custom_field_option": shown}, status)


def remove_option(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    known = found(ask.account.fields.by_id, ask.params["id"])
    if known.option(int(ask.params["option"])) is None:
        raise not_found()
    known.options = [o for o in known.options if str(o[0]) != ask.params["option"]]
    return nothing()


def statuses(ask: Ask) -> Response:
    shown = [status.render() for status in ask.account.statuses.by_id.values()]
    for name in ("active", "default"):
        if name in ask.query:
            shown = [s for s in shown if s[name] is (ask.query[name] == "true")]
    if wanted := ask.query.get("status_categories"):
        shown = [s for s in shown if s["status_category"] in wanted.split(",")]
    return answer({"custom_statuses": shown})


def status(ask: Ask) -> Response:
    known = found(ask.account.statuses.by_id, ask.params["id"])
    return answer({"custom_status": known.render()})


def create_status(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    given = ask.record("custom_status")
    if given.get("status_category") not in CATEGORIES or not given.get("agent_label"):
        raise invalid("status_category", "Status category: is invalid")
    new = ask.account.statuses.add(
        given["status_category"],
        given["agent_label"],
        ask.account.now(),
        end_user_label=given.get("end_user_label"),
    )
    return answer({"custom_status": new.render()}, 201)


def change_status(ask: Ask) -> Response:
    ask.account.need_admin(ask.by)
    known, given = found(ask.account.statuses.by_id, ask.params["id"]), ask.record("custom_status")
    known.agent_label = given.get("agent_label", known.agent_label)
    known.end_user_label = given.get("end_user_label", known.end_user_label)
    known.active = given.get("active", known.active)
    known.updated_at = ask.account.now()
    return answer({"custom_status": known.render()})


def listing(kind: str) -> Handler:
    """A list of groups, brands, forms or fields of people."""

    def handler(ask: Ask) -> Response:
        shown = list(_shelf(ask, kind).values())
        body = {kind: shown, "count": len(shown), "next_page": None, "previous_page": None}
        return answer(body)

    return handler


def showing(kind: str, singular: str) -> Handler:
    """One of them."""

    def handler(ask: Ask) -> Response:
        return answer({singular: found(_shelf(ask, kind), ask.params["id"])})

    return handler


def _shelf(ask: Ask, kind: str) -> dict[int, dict[str, Any]]:
    account = ask.account
    shelves = {"groups": account.groups, "brands": account.brands, "ticket_forms": account.forms}
    return (shelves | account.person_fields)[kind]
