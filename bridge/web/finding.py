"""One finding: what it is about, and what a person does about it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bridge.core.saying import saying
from bridge.domain.errors import BridgeError
from bridge.engine import redacting, retrying
from bridge.engine.hub import CallFailed, Hub
from bridge.engine.retrying import FindingResolved, NothingToRetry, PayloadGone
from bridge.engine.wishes import LaunchRefused
from bridge.store import retries
from bridge.store.database import Row
from bridge.web.findings import found_of, page_of_code
from bridge.web.pressing import moved
from bridge.web.rendering import page
from bridge.web.visitor import (
    Csm,
    HubHere,
    Operator,
    PageProblem,
    Shown,
    Visitor,
    own_form,
    require_printable,
)

router = APIRouter(include_in_schema=False)

LONGEST = 200
"""Characters of a reason, as the API has it."""
_SAID = {
    "retry": "It is tried once more, before all other work. Reload this page in a moment: it "
    "closes by itself if that succeeds.",
    "resolve": "It is closed, and opens again as soon as its cause is seen again.",
    "ignore": "It stays closed as long as its cause lasts.",
    "redact": "The message was blotted out. The finding closes once the ticket was read anew.",
}


@router.get("/findings/{code}/{id}")
async def finding_page(
    hub: HubHere,
    visitor: Csm,
    code: str,
    id: str,
    said: Annotated[Shown, Query(max_length=40)] = "",
) -> Response:
    """One finding, closed ones too."""
    return await _page(hub, visitor, await _known(hub, code, id), said=_SAID.get(said, ""))


@router.post("/findings/{code}/{id}")
async def work_on(
    request: Request, hub: HubHere, visitor: Operator, code: str, id: str
) -> Response:
    """Try it once more, close it, or ignore it."""
    fields = await own_form(request, visitor)
    row = await _known(hub, code, id)
    deed = fields.get("deed", "")
    deeds = {"retry": retrying.retry, "resolve": retrying.resolve, "ignore": retrying.ignore}
    if deed not in deeds:
        return await _page(hub, visitor, row, 422, wrong="Press one of the buttons.")
    try:
        await deeds[deed](hub, id, by=visitor.actor.name)
    except PayloadGone:
        wrong = "The payload of that delivery is not stored any more: it can't be read again."
        return await _page(hub, visitor, row, 409, wrong=wrong)
    except (FindingResolved, NothingToRetry, LaunchRefused) as error:
        return await _page(hub, visitor, row, 409, wrong=str(error))
    return _back(code, id, deed)


@router.post("/findings/{code}/{id}/redact")
async def redact(request: Request, hub: HubHere, visitor: Operator, code: str, id: str) -> Response:
    """Blot out the message that names error tracking to a customer, for good."""
    fields = await own_form(request, visitor)
    row = await _known(hub, code, id)
    reason = fields.get("reason", "").strip()
    wrong: dict[str, str] = {}
    if fields.get("sure") != "yes":
        wrong["sure"] = "Tick that it can't be undone. Nothing was blotted out."
    if not saying(reason) or len(reason) > LONGEST:
        wrong["reason"] = f"Say why, in at most {LONGEST} characters."
    if wrong:
        return await _page(hub, visitor, row, 422, form=wrong, typed=reason)
    try:
        await redacting.redact(hub, id, by=visitor.actor.name, reason=reason)
    except (BridgeError, CallFailed) as error:
        cause = error.cause if isinstance(error, CallFailed) else error
        return await _page(hub, visitor, row, 409, wrong=str(cause), typed=reason)
    return _back(code, id, "redact")


async def _known(hub: Hub, code: str, id: str) -> Row:
    require_printable(code, id)
    async with hub.db.read() as store:
        row = await retries.load_finding(store, id)
    if row is None or row["code"] != code:
        raise PageProblem(404, "There is no such finding", "It is not kept any more.")
    return row


async def _page(
    hub: Hub,
    visitor: Visitor,
    row: Row,
    status: int = 200,
    *,
    said: str = "",
    wrong: str = "",
    form: dict[str, str] | None = None,
    typed: str = "",
) -> Response:
    async with hub.db.read() as store:
        [found] = await found_of(store, visitor, [row])
    return page(
        "finding.html",
        status,
        visitor=visitor,
        now=hub.now(),
        found=found,
        group=page_of_code(found.code),
        said=said,
        wrong=wrong,
        form=form or {},
        typed=typed,
        longest=LONGEST,
        redactable=redacting.refusal(hub, row) is None,
        not_redactable=redacting.refusal(hub, row) or "",
        told=row["code"] == redacting.TOLD,
    )


def _back(code: str, id: str, said: str) -> Response:
    there = f"{page_of_code(code)}/{quote(id, safe='')}?said={said}"
    return moved(there)
