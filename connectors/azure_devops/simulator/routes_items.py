"""Work items over REST: create, patch, read, history, recycle bin."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.api import Ask, Routes, answer, listed
from connectors.azure_devops.simulator.draft import Draft, apply_patch
from connectors.azure_devops.simulator.errors import VendorError, bad_request, missing_item
from connectors.azure_devops.simulator.records import Item, Revision

PATCH_TYPE = "application/json-patch+json"
BATCH_LIMIT = 200


def register(routes: Routes) -> None:
    """Add the addresses of this module."""
    routes.add("POST", "wit/workitems/${type}", create)
    routes.add("PATCH", "wit/workitems/${type}", create)
    routes.add("GET", "wit/workitems", read_many)
    routes.add("GET", "wit/workitems/{id}", read_one)
    routes.add("PATCH", "wit/workitems/{id}", update)
    routes.add("DELETE", "wit/workitems/{id}", delete)
    routes.add("POST", "wit/workitemsbatch", read_batch)
    routes.add("PATCH", "wit/$batch", write_batch)
    routes.add("POST", "wit/$batch", write_batch)
    routes.add("GET", "wit/workitems/{id}/updates", list_updates)
    routes.add("GET", "wit/workitems/{id}/updates/{number}", read_update)
    routes.add("GET", "wit/workitems/{id}/revisions", list_revisions)
    routes.add("GET", "wit/workitems/{id}/revisions/{number}", read_revision)
    routes.add("GET", "wit/recyclebin", list_deleted)
    routes.add("GET", "wit/recyclebin/{id}", read_deleted)
    routes.add("PATCH", "wit/recyclebin/{id}", restore)
    routes.add("DELETE", "wit/recyclebin/{id}", destroy)


def number_of(ask: Ask, name: str = "id") -> int:
    """A number in the address."""
    text = ask.params[name]
    if not text.isdigit():
        raise bad_request(f"The value {text} is not valid for {name}.")
    return int(text)


def item_of(ask: Ask) -> Item:
    """The item of the address; one of another project is not found in this one."""
    item = ask.world.board.item(number_of(ask))
    if ask.project is not None and item.project is not ask.project:
        raise missing_item(item.id)
    return item


def _binned(ask: Ask) -> Item:
    item = ask.world.items.get(number_of(ask))
    if item is None or not item.deleted:
        raise missing_item(ask.params["id"])
    return item


def _operations(ask: Ask) -> Any:
    kind = ask.request.headers.get("content-type", "").split(";")[0].strip().casefold()
    if kind != PATCH_TYPE:
        message = f"The request indicated a Content-Type of '{kind}' for method type "
        message += f"'{ask.request.method}' which is not supported. Valid content types for this "
        message += f"method are: {PATCH_TYPE}."
        raise VendorError(415, message, "VssRequestContentTypeNotSupportedException")
    return ask.json()


def _write(ask: Ask, draft: Draft, operations: Any) -> dict[str, Any]:
    world, bypass = ask.world, ask.flag("bypassrules")
    expand = ask.query.get("$expand", "all").casefold()
    if ask.flag("validateonly") and not world.keeps_validated:
        apply_patch(world, draft, operations, bypass=bypass)
        return _would_be(ask, draft)
    item = world.board.patch(draft, operations, world.service_account, bypass=bypass)
    return world.render.item(item, expand=expand)


def _would_be(ask: Ask, draft: Draft) -> dict[str, Any]:
    render = ask.world.render
    body: dict[str, Any] = {"fields": render.values(draft.fields, render.identity)}
    if draft.item is not None:
        body = {"id": draft.item.id, "rev": draft.item.rev} | body
        body["url"] = render.item_url(draft.item)
    if draft.relations:
        body["relations"] = [render.relation(r) for r in draft.relations]
    return body


async def create(ask: Ask) -> Response:
    """Create an item of the type in the address."""
    operations = _operations(ask)
    draft = ask.world.board.draft_new(ask.need_project(), ask.params["type"])
    return answer(_write(ask, draft, operations))


async def update(ask: Ask) -> Response:
    """Patch an item."""
    operations = _operations(ask)
    draft = ask.world.board.draft_change(item_of(ask))
    return answer(_write(ask, draft, operations))


async def write_batch(ask: Ask) -> Response:
    """Several patches in one request; each has its own answer."""
    answers = []
    for part in ask.json():
        try:
            code, body = 200, _one_of_batch(ask, part)
        except VendorError as refusal:
            code, body = refusal.status, refusal.body()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        answers.append({"code": code, "headers": headers, "body": json.dumps(body)})
    return listed(answers)


def _one_of_batch(ask: Ask, part: dict[str, Any]) -> dict[str, Any]:
    path = str(part.get("uri", "")).partition("?")[0].replace("%20", " ").replace("%24", "$")
    place = [piece for piece in path.split("/") if piece]
    last = place[-1] if place else ""
    if last.startswith("$"):
        project = ask.world.project(place[0])
        if project is None:
            raise bad_request(f"TF200016: The following project does not exist: {place[0]}.")
        draft = ask.world.board.draft_new(project, last[1:])
    elif last.isdigit():
        draft = ask.world.board.draft_change(ask.world.board.item(int(last)))
    else:
        raise bad_request(f"The uri {path} can not be part of a batch.")
    item = ask.world.board.patch(draft, part.get("body"), ask.world.service_account)
    return ask.world.render.item(item)


def _as_of(item: Item, text: str | None) -> Revision | None:
    if not text:
        return None
    try:
        until = moments.parse(text)
    except ValueError:
        raise bad_request(f"The value {text} is not valid for asOf.") from None
    found = next((r for r in reversed(item.revisions) if r.at <= until), None)
    if found is None:
        raise missing_item(item.id)
    return found


def _shape(fields: list[str] | None, expand: str) -> tuple[list[str] | None, str]:
    if fields and expand not in ("none", "links", ""):
        raise bad_request(
            "The expand parameter can not be used with the fields parameter.",
            "ConflictingParametersException",
        )
    return fields or None, expand or "none"


async def read_one(ask: Ask) -> Response:
    """One item, perhaps as it was."""
    names = [f.strip() for f in ask.query.get("fields", "").split(",") if f.strip()]
    fields, expand = _shape(names, ask.query.get("$expand", "none").casefold())
    item = item_of(ask)
    shown = _as_of(item, ask.query.get("asof"))
    body = ask.world.render.item(item, shown, fields=fields, expand=expand)
    if fields is None:
        body["_links"] = ask.world.render.links(item)
    return answer(body)


def _read_ids(ask: Ask, ids: list[Any], wanted: dict[str, Any]) -> Response:
    if len(ids) > BATCH_LIMIT:
        message = f"VS402394: You can not get more than {BATCH_LIMIT} work items at once."
        raise bad_request(message, "VssPropertyValidationException")
    fields, expand = _shape(wanted.get("fields"), str(wanted.get("$expand") or "none").casefold())
    omit = str(wanted.get("errorPolicy") or "fail").casefold() in ("omit", "2")
    found: list[dict[str, Any] | None] = []
    for item_id in ids:
        try:
            item = ask.world.board.item(int(item_id))
            if ask.project is not None and item.project is not ask.project:
                raise missing_item(item_id)
            shown = _as_of(item, wanted.get("asOf"))
            found.append(ask.world.render.item(item, shown, fields=fields, expand=expand))
        except VendorError:
            if not omit:
                raise
            found.append(None)
    return listed(found)


async def read_many(ask: Ask) -> Response:
    """Items by ids in the query."""
    ids = [part for part in ask.query.get("ids", "").split(",") if part.strip()]
    if not ids or not all(part.strip().isdigit() for part in ids):
        raise bad_request("The ids parameter must be a list of numbers.")
    names = [f.strip() for f in ask.query.get("fields", "").split(",") if f.strip()]
    wanted = {
        "fields": names,
        "$expand": ask.query.get("$expand"),
        "errorPolicy": ask.query.get("errorpolicy"),
        "asOf": ask.query.get("asof"),
    }
    return _read_ids(ask, ids, wanted)


async def read_batch(ask: Ask) -> Response:
    """Items by ids in the body; with errorPolicy omit a missing one leaves a null."""
    wanted = ask.json()
    if not isinstance(wanted, dict) or not isinstance(wanted.get("ids"), list):
        raise bad_request("The ids are missing.")
    return _read_ids(ask, wanted["ids"], wanted)


async def delete(ask: Ask) -> Response:
    """Put an item into the recycle bin, or destroy it."""
    item, world = item_of(ask), ask.world
    world.board.delete(item, world.service_account)
    body = world.render.deleted(item)
    if ask.flag("destroy"):
        world.board.destroy(item)
        return Response(status_code=204)
    return answer(body)


async def list_updates(ask: Ask) -> Response:
    """The differences of an item, oldest first."""
    item = item_of(ask)
    skip, top = ask.number("$skip", 0), ask.number("$top", 200)
    return listed([ask.world.render.update(item, u) for u in item.updates[skip : skip + top]])


async def read_update(ask: Ask) -> Response:
    """One difference by its number."""
    item, number = item_of(ask), number_of(ask, "number")
    found = next((u for u in item.updates if u.number == number), None)
    if found is None:
        raise missing_item(f"{item.id} update {number}")
    return answer(ask.world.render.update(item, found))


async def list_revisions(ask: Ask) -> Response:
    """Every revision of an item, oldest first."""
    item = item_of(ask)
    skip, top = ask.number("$skip", 0), ask.number("$top", 200)
    expand = ask.query.get("$expand", "none").casefold()
    some = item.revisions[skip : skip + top]
    return listed([ask.world.render.item(item, r, expand=expand) for r in some])


async def read_revision(ask: Ask) -> Response:
    """One revision of an item."""
    item, number = item_of(ask), number_of(ask, "number")
    found = next((r for r in item.revisions if r.rev == number), None)
    if found is None:
        raise missing_item(f"{item.id} revision {number}")
    expand = ask.query.get("$expand", "none").casefold()
    return answer(ask.world.render.item(item, found, expand=expand))


async def list_deleted(ask: Ask) -> Response:
    """The recycle bin: bare references, or whole entries for the ids that are asked for."""
    items = [i for i in ask.world.items.values() if i.deleted]
    if ask.project is not None:
        items = [i for i in items if i.project is ask.project]
    ids = [part for part in ask.query.get("ids", "").split(",") if part]
    if ids:
        return listed([ask.world.render.deleted(i) for i in items if str(i.id) in ids])
    return listed([{"id": i.id, "url": ask.world.render.item_url(i)} for i in items])


async def read_deleted(ask: Ask) -> Response:
    """One entry of the recycle bin."""
    return answer(ask.world.render.deleted(_binned(ask)))


async def restore(ask: Ask) -> Response:
    """Take an item out of the recycle bin."""
    item, wanted = _binned(ask), ask.json()
    if not isinstance(wanted, dict) or wanted.get("isDeleted") is not False:
        raise bad_request("Only isDeleted: false is possible here.")
    ask.world.board.restore(item, ask.world.service_account)
    return answer(ask.world.render.deleted(item))


async def destroy(ask: Ask) -> Response:
    """Remove an item of the recycle bin for good."""
    ask.world.board.destroy(_binned(ask))
    return Response(status_code=204)
