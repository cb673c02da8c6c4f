"""Every bad answer becomes the error that says what happens next."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.errors import (
    OF_RECORD,
    BridgeError,
    CredentialProblem,
    RecordMissing,
    Rejected,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.kit.clock import ManualClock
from bridge.kit.faults import Fault, FaultKind
from bridge.kit.http import Wire
from bridge.ports.roles import Want
from connectors.hubspot.connection import CONNECTOR
from connectors.hubspot.refusals import OK, Answer, Moment, refusal
from connectors.hubspot.simulator import HubSpotSimulator
from tests.connectors.hubspot.connector_world import (
    Line,
    World,
    answered_by,
    connected,
    settings,
)
from tests.connectors.hubspot.hub_world import NOON, HandClock

_SAYS_ERROR = b'{"status":"error","category":"X","message":"secret words of the vendor"}'


@pytest.fixture
async def world(sim: HubSpotSimulator, clock: HandClock) -> AsyncIterator[World]:
    async with connected(sim, clock) as world:
        yield world


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"<html>sign in</html>", CredentialProblem),
        (200, b'{"id":"1","prop', CredentialProblem),
        (200, b"[]", CredentialProblem),
        (203, b'{"id":"1","properties":{}}', CredentialProblem),
        (204, b"", CredentialProblem),
        (302, b"", CredentialProblem),
        (400, _SAYS_ERROR, Rejected),
        (401, _SAYS_ERROR, CredentialProblem),
        (403, _SAYS_ERROR, CredentialProblem),
        (403, b"<html>blocked</html>", CredentialProblem),
        (404, _SAYS_ERROR, RecordMissing),
        (405, _SAYS_ERROR, Rejected),
        (409, _SAYS_ERROR, Rejected),
        (414, b"", Rejected),
        (418, b"", Rejected),
        (423, _SAYS_ERROR, Throttled),
        (429, b"", Throttled),
        (477, _SAYS_ERROR, Throttled),
        (500, b"", Unavailable),
        (502, b"<html>", Unavailable),
        (503, b"", Unavailable),
        (504, b"", Unavailable),
        (524, b"", Unavailable),
    ],
)
@pytest.mark.parametrize("call", ["read", "write"])
async def test_answer_becomes_the_error_that_fits(
    sim: HubSpotSimulator,
    world: World,
    status: int,
    body: bytes,
    error: type[BridgeError],
    call: str,
) -> None:
    id = sim.person_creates_ticket()
    headers = {"location": "https://app.hubspot.com/login"} if status == 302 else {}
    fault = sim.faults.add(
        Fault("/tickets/", FaultKind.ANSWER, times=9, status=status, body=body, headers=headers)
    )
    helpdesk = world.helpdesk
    reads = call == "read"
    called = (
        helpdesk.fetch_ticket(id, Want()) if reads else helpdesk.set_fields(id, {"subject": "x"})
    )
    with pytest.raises(BridgeError) as raised:
        await called
    assert isinstance(raised.value, error)
    assert fault.times < 9
    told = str(raised.value) + raised.value.detail
    assert "secret words" not in told
    assert "pat-test" not in told


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.RESET_AFTER])
async def test_lost_answer_to_a_read_is_unavailable(
    sim: HubSpotSimulator, world: World, kind: FaultKind
) -> None:
    id = sim.person_creates_ticket()
    sim.faults.add(Fault("GET", kind))
    with pytest.raises(Unavailable):
        await world.helpdesk.fetch_ticket(id, Want())
    assert (await world.helpdesk.fetch_ticket(id, Want())).ref.id == id


async def test_note_that_was_never_sent_is_unavailable_and_may_be_sent_again(
    clock: HandClock,
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with answered_by(refuse, clock) as world:
        with pytest.raises(Unavailable):
            await world.helpdesk.add_note("1", "<p>x</p>")


async def test_timeout_after_the_note_was_sent_is_an_unknown_outcome(clock: HandClock) -> None:
    def hang(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("no answer", request=request)

    async with answered_by(hang, clock) as world:
        with pytest.raises(UnknownOutcome):
            await world.helpdesk.add_note("1", "<p>x</p>")
        with pytest.raises(Unavailable):
            await world.helpdesk.set_fields("1", {"subject": "x"})


@pytest.mark.parametrize("path", ["batch/read", "associations"])
async def test_address_that_is_not_known_is_no_missing_ticket(
    sim: HubSpotSimulator, world: World, path: str
) -> None:
    id = sim.person_creates_ticket()
    sim.faults.add(Fault(path, FaultKind.ANSWER, status=404, body=_SAYS_ERROR))
    with pytest.raises(Rejected):
        await world.helpdesk.fetch_tickets([id], Want())


async def test_searches_are_spaced_to_four_a_second(
    sim: HubSpotSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("bridge.kit.rate.asyncio.sleep", sleep)
    wire = Wire(Line(sim), clock=ManualClock(NOON))
    helpdesk = CONNECTOR.connect("hubspot", settings(), wire).helpdesk
    for _ in range(3):
        await helpdesk.list_changed(None, NOON - timedelta(hours=1), Want())
    assert slept == [0.25, 0.5]


async def test_missing_scope_is_named(sim: HubSpotSimulator, world: World) -> None:
    id = sim.person_creates_ticket()
    sim.withheld_scopes = {"tickets", "crm.objects.contacts.write"}
    with pytest.raises(CredentialProblem, match="scope of HubSpot: tickets"):
        await world.helpdesk.set_fields(id, {"subject": "x"})
    with pytest.raises(CredentialProblem, match=r"crm\.objects\.contacts\.write"):
        await world.helpdesk.add_note(id, "<p>x</p>")


async def test_scope_is_also_found_where_the_errors_name_it(clock: HandClock) -> None:
    context = {"requiredGranularScopes": ["files", "not <a> scope"]}
    body = {
        "status": "error",
        "category": "MISSING_SCOPES",
        "errors": [{"message": "x", "context": context}],
    }
    async with answered_by(lambda _: httpx.Response(403, json=body), clock) as world:
        with pytest.raises(CredentialProblem) as raised:
            await world.helpdesk.fetch_company("1", frozenset())
    assert str(raised.value).endswith(": files")


async def test_field_is_found_in_a_message_that_lists_the_problems(clock: HandClock) -> None:
    listed = [{"isValid": False, "error": "INVALID_OPTION", "name": "hs_ticket_priority"}]
    body = {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": f"Property values were not valid: {json.dumps(listed)}",
    }
    async with answered_by(lambda _: httpx.Response(400, json=body), clock) as world:
        with pytest.raises(Rejected) as raised:
            await world.helpdesk.set_fields("1", {"hs_ticket_priority": "99"})
    assert raised.value.field == "hs_ticket_priority"


async def test_burst_limit_of_the_account_asks_for_ten_seconds(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    id = sim.person_creates_ticket()
    sim.burst_limit = 1
    await world.helpdesk.set_fields(id, {"subject": "x"})
    with pytest.raises(Throttled) as raised:
        await world.helpdesk.set_fields(id, {"subject": "y"})
    assert (raised.value.until, raised.value.scope) == (clock.now + timedelta(seconds=10), "")


async def test_search_limit_holds_searches_for_a_second_and_nothing_else(
    sim: HubSpotSimulator, clock: HandClock, world: World
) -> None:
    id = sim.person_creates_ticket()
    clock.move(seconds=1)
    sim.search_limit = 0
    with pytest.raises(Throttled) as raised:
        await world.helpdesk.list_changed(None, NOON, Want())
    assert raised.value.until == clock.now + timedelta(seconds=1)
    assert raised.value.scope == OF_RECORD
    await world.helpdesk.set_fields(id, {"subject": "x"})


def _daily(zone: str) -> Any:
    details = {"portalId": 24680135, "accountType": "STANDARD", "timeZone": zone}

    def answer(request: httpx.Request) -> httpx.Response:
        if "account-info" in request.url.path:
            return httpx.Response(200, json=details)
        if request.method == "PATCH":
            return httpx.Response(429, json={"status": "error", "policyName": "DAILY"})
        return httpx.Response(200, json={"results": []})

    return answer


@pytest.mark.parametrize(
    ("zone", "until"),
    [
        ("Europe/Zurich", datetime(2026, 11, 22, 23, 0, tzinfo=UTC)),
        ("US/Eastern", datetime(2026, 11, 23, 5, 0, tzinfo=UTC)),
        ("Nowhere/Land", NOON + timedelta(hours=1)),
        ("../../etc", NOON + timedelta(hours=1)),
        ("", NOON + timedelta(hours=1)),
    ],
)
async def test_daily_limit_lasts_to_the_midnight_of_the_account(
    clock: HandClock, zone: str, until: datetime
) -> None:
    async with answered_by(_daily(zone), clock) as world:
        await world.helpdesk.fetch_reference()
        with pytest.raises(Throttled) as raised:
            await world.helpdesk.set_fields("1", {"subject": "x"})
    assert raised.value.until == until


def _throttled(status: int, headers: dict[str, str], body: bytes = b"{}") -> Throttled:
    error = refusal(Answer(status, headers, body), Moment(NOON))
    assert isinstance(error, Throttled)
    return error


@pytest.mark.parametrize(
    ("status", "headers", "body", "seconds"),
    [
        (423, {}, b"{}", 2),
        (477, {}, b"{}", 60),
        (477, {"retry-after": "30"}, b"{}", 30),
        (429, {"retry-after": "7"}, b'{"policyName":"DAILY"}', 7),
        (429, {"retry-after": "Sun, 22 Nov 2026 12:00:20 -0000"}, b"{}", 20),
        (429, {"retry-after": "99999999999"}, b"{}", 25 * 3600),
        (429, {"retry-after": "soon"}, b'{"policyName":"SECONDLY"}', 1),
        (429, {}, b'{"policyName":"SOMETHING_NEW"}', 10),
        (429, {}, b"<html>", 10),
    ],
)
def test_wait_follows_retry_after_else_the_policy(
    status: int, headers: dict[str, str], body: bytes, seconds: float
) -> None:
    assert _throttled(status, headers, body).until == NOON + timedelta(seconds=seconds)


_STATUSES = st.integers(100, 999).filter(lambda status: status not in OK)
_BODIES = st.binary() | st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["message", "errors", "context", "policyName", "name", "propertyName"]),
            inner,
        )
    ),
).map(lambda value: json.dumps(value).encode())


@given(_STATUSES, _BODIES, st.dictionaries(st.just("retry-after"), st.text()))
def test_any_refusal_has_a_meaning(status: int, body: bytes, headers: dict[str, str]) -> None:
    error = refusal(Answer(status, headers, body), Moment(NOON))
    assert isinstance(error, BridgeError)
    assert len(str(error)) < 300
    if isinstance(error, Throttled):
        assert error.until <= NOON + timedelta(hours=25)
