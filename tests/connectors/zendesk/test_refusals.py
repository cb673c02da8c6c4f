"""What a refusal stops: one file, one record, the sweep, or all of the connection."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import httpx
import pytest

from bridge.domain.errors import (
    OF_RECORD,
    BridgeError,
    CredentialProblem,
    RecordMissing,
    Rejected,
    ScopeMissing,
    Throttled,
    Unavailable,
)
from bridge.domain.records import Attachment, attachments_of
from bridge.kit.clock import ManualClock
from bridge.kit.faults import Fault, FaultKind
from bridge.kit.http import Wire
from bridge.ports.roles import Want
from connectors.zendesk.connection import CONNECTOR
from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import NOON, HandClock
from tests.connectors.zendesk.connector_kit import TALK, Desk, settings

_JSON = {"Content-Type": "application/json"}
_FORBIDDEN = b'{"error": {"title": "Forbidden", "message": "You do not have access to this page."}}'


def _forbid(sim: ZendeskSimulator, match: str, body: bytes = _FORBIDDEN) -> None:
    fault = Fault(match, FaultKind.ANSWER, times=99, status=403, headers=_JSON, body=body)
    sim.faults.add(fault)


async def _file_of(sim: ZendeskSimulator, desk: Desk) -> tuple[str, Attachment]:
    id = str(sim.customer_creates_ticket(files=[("a.png", b"PNG", "image/png")]))
    [file] = attachments_of(await desk.helpdesk.fetch_ticket(id, TALK))
    return id, file


async def _refused_file(sim: ZendeskSimulator, desk: Desk, status: int) -> BridgeError:
    id, file = await _file_of(sim, desk)
    headers = {"Retry-After": "7"}
    # All that is asked but the API is the file itself.
    sim.faults.add(Fault("^GET /(?!api/)", FaultKind.ANSWER, status=status, headers=headers))
    with pytest.raises(BridgeError) as refused:
        async with desk.helpdesk.open_attachment(id, file):
            raise AssertionError("it was opened")
    assert len(sim.faults.struck) == 1
    return refused.value


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
async def test_file_that_will_never_be_given_is_not_asked_for_again(
    sim: ZendeskSimulator, desk: Desk, status: int
) -> None:
    assert type(await _refused_file(sim, desk, status)) is Rejected


@pytest.mark.parametrize("status", [408, 425, 500, 503])
async def test_file_that_is_not_given_now_is_asked_for_again(
    sim: ZendeskSimulator, desk: Desk, status: int
) -> None:
    assert type(await _refused_file(sim, desk, status)) is Unavailable


async def test_host_of_files_that_is_asked_too_often_holds_back_one_record(
    sim: ZendeskSimulator, desk: Desk, clock: HandClock
) -> None:
    waits = await _refused_file(sim, desk, 429)
    assert isinstance(waits, Throttled)
    assert (waits.until - clock.now).total_seconds() == 7
    assert waits.scope == OF_RECORD


async def test_ticket_that_the_agent_may_not_see_stops_nothing_else(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    sim.add_field("text", "Work stage")
    hidden, seen = str(sim.customer_creates_ticket()), str(sim.customer_creates_ticket())
    _forbid(sim, f"/tickets/{hidden}($|/)")
    with pytest.raises(RecordMissing):
        await desk.helpdesk.fetch_ticket(hidden, Want())
    for call in (
        desk.helpdesk.set_fields(hidden, {"Work stage": "x"}),
        desk.helpdesk.add_note(hidden, "<p>x</p>"),
    ):
        with pytest.raises(Rejected, match="does not let the hub's agent") as refused:
            await call
        assert refused.value.field is None
    assert (await desk.helpdesk.fetch_ticket(seen, Want())).ref.id == seen


async def test_forbidden_list_is_a_right_that_the_agent_lacks(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    _forbid(sim, "/incremental/|/ticket_fields|/show_many")
    for call in (
        desk.helpdesk.list_changed(None, NOON, Want()),
        desk.helpdesk.fetch_tickets(["1"], Want()),
        desk.helpdesk.fetch_reference(),
    ):
        with pytest.raises(ScopeMissing):
            await call


async def test_agent_who_may_not_list_people_knows_no_owners_and_all_else(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    _forbid(sim, "/users\\.json|/users$|/users\\?")
    reference = await desk.helpdesk.fetch_reference()
    assert reference.owners == {}
    assert reference.statuses


async def test_refusal_of_a_proxy_says_nothing_of_a_record(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    id = str(sim.customer_creates_ticket())
    _forbid(sim, "/tickets/", b"<html>Forbidden</html>")
    with pytest.raises(CredentialProblem):
        await desk.helpdesk.fetch_ticket(id, Want())


async def test_check_still_tells_what_the_agent_may_not_do(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    _forbid(sim, "/tickets/0")
    lacking = {each.name for each in (await desk.helpdesk.probe()).rights if not each.has}
    assert lacking == {"changing tickets", "reading a ticket's history", "reading comments"}


async def test_dead_token_is_known_by_any_call(sim: ZendeskSimulator, desk: Desk) -> None:
    id = str(sim.customer_creates_ticket())
    body = b'{"error": "Couldn\'t authenticate you"}'
    sim.faults.add(Fault("", FaultKind.ANSWER, times=9, status=401, headers=_JSON, body=body))
    for call in (
        desk.helpdesk.fetch_ticket(id, Want()),
        desk.helpdesk.add_note(id, "<p>x</p>"),
        desk.helpdesk.probe(),
    ):
        with pytest.raises(CredentialProblem) as dead:
            await call
        assert not isinstance(dead.value, ScopeMissing)


async def test_limit_of_exports_holds_back_the_sweep_alone(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    for _ in range(10):
        await desk.helpdesk.list_changed(None, NOON, Want())
    with pytest.raises(Throttled) as waits:
        await desk.helpdesk.list_changed(None, NOON, Want())
    assert waits.value.scope == OF_RECORD


async def test_no_minute_has_more_exports_than_zendesk_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = ManualClock(NOON)
    asked: list[float] = []

    async def rest(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(clock.monotonic())
        page = {"tickets": [], "end_of_stream": False, "after_cursor": str(len(asked))}
        return httpx.Response(200, content=json.dumps(page))

    connection = CONNECTOR.connect(
        "zendesk", settings(), Wire(httpx.MockTransport(answer), clock=clock)
    )
    monkeypatch.setattr(asyncio, "sleep", rest)
    cursor = None
    for _ in range(40):
        cursor = (await connection.helpdesk.list_changed(cursor, NOON, Want())).cursor
    await connection.aclose()
    assert len(asked) == 40
    assert max(sum(at <= each < at + 60 for each in asked) for at in asked) <= 10
