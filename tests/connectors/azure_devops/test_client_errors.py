"""What each bad answer means, for a read, a repeatable write and a write that must not repeat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.domain.errors import (
    BridgeError,
    CredentialProblem,
    RecordMissing,
    Rejected,
    Stale,
    Throttled,
    Unavailable,
    UnknownOutcome,
)
from bridge.domain.operations import ItemField
from bridge.kit.faults import FaultKind
from bridge.ports.roles import Want
from tests.connectors.azure_devops.client_kit import START, Boards, boards, launch

JSON = {"Content-Type": "application/json; charset=utf-8; api-version=7.1"}
HTML = {"Content-Type": "text/html"}
SECRET_WORDS = "text of the vendor that nobody may see"


def said(message: str, key: str = "SomeException", **more: Any) -> bytes:
    """A refusal in the vendor's words."""
    wrapped = {"$id": "1", "message": f"{message} {SECRET_WORDS}", "typeKey": key, **more}
    return json.dumps(wrapped).encode()


Call = Callable[[Boards], Awaitable[object]]


async def read(world: Boards) -> object:
    return await world.tracker.fetch_items(["1"], Want())


async def write(world: Boards) -> object:
    return await world.tracker.set_fields("1", [ItemField("System.State", "Active")], 1)


async def create(world: Boards) -> object:
    return await world.tracker.create_item(launch())


async def comment(world: Boards) -> object:
    world.tracker._homes["1"] = "Platform"
    return await world.tracker.add_comment("1", "<p>Hi</p>")


SIGN_IN = b"<!DOCTYPE html><html>Sign In</html>"
RULE = {
    "FieldReferenceName": "System.State",
    "FieldStatusFlags": "HasValues, LimitedToValues",
}
TF237111 = (
    "TF237111: The current user does not have permissions to save work items under the "
    "specified area path."
)
PAUSE = {**JSON, "Retry-After": "17"}

# status, headers, body → for a read, a repeatable write, a create, a comment
ANSWERS: list[tuple[int, dict[str, str], bytes, tuple[type[BridgeError], ...]]] = [
    (203, HTML, SIGN_IN, (CredentialProblem,) * 4),
    (302, {"Location": "https://dev.azure.com/_signin"}, b"", (CredentialProblem,) * 4),
    (401, JSON, said("TF400813: The user '' is not authorized."), (CredentialProblem,) * 4),
    (401, HTML, b"", (CredentialProblem,) * 4),
    (403, JSON, said("You need the scope vso.work."), (CredentialProblem,) * 4),
    (403, JSON, said(TF237111), (Rejected,) * 4),
    (403, JSON, said("TF400813: not authorized for the work item."), (CredentialProblem,) * 4),
    (429, PAUSE, said("TF400733: The request has been canceled."), (Throttled,) * 4),
    (400, JSON, said("Rule", "RuleValidationException", customProperties=RULE), (Rejected,) * 4),
    (400, JSON, said("TF51535: Cannot find field Custom.Nope."), (Rejected,) * 4),
    (
        404,
        JSON,
        said("TF401232: Work item 1 does not exist."),
        (RecordMissing, RecordMissing, Rejected, RecordMissing),
    ),
    (404, JSON, said("TF200016", "ProjectDoesNotExistWithNameException"), (Rejected,) * 4),
    (409, JSON, said("TF26071: changed by someone else"), (Stale, Stale, UnknownOutcome, Stale)),
    (400, JSON, said("TF26071: changed by someone else"), (Stale, Stale, Stale, Stale)),
    (412, JSON, said("VS403351: Test Operation failed"), (Stale, Stale, UnknownOutcome, Stale)),
    (413, JSON, said("too large"), (Rejected, Rejected, UnknownOutcome, Rejected)),
    (429, HTML, b"", (Throttled, Throttled, UnknownOutcome, UnknownOutcome)),
    (400, HTML, b"<html>", (Rejected, Rejected, UnknownOutcome, UnknownOutcome)),
    (403, HTML, b"<html>", (CredentialProblem, CredentialProblem, *[UnknownOutcome] * 2)),
    (404, HTML, b"<html>", (RecordMissing, RecordMissing, UnknownOutcome, UnknownOutcome)),
    (405, JSON, said("method"), (Rejected, Rejected, UnknownOutcome, UnknownOutcome)),
    (415, JSON, said("kind"), (Rejected, Rejected, UnknownOutcome, UnknownOutcome)),
    (418, JSON, b"", (Rejected, Rejected, UnknownOutcome, UnknownOutcome)),
    (408, HTML, b"", (Unavailable, Unavailable, UnknownOutcome, UnknownOutcome)),
    (500, JSON, said("oops"), (Unavailable, Unavailable, UnknownOutcome, UnknownOutcome)),
    (503, HTML, b"", (Unavailable, Unavailable, UnknownOutcome, UnknownOutcome)),
    (200, HTML, SIGN_IN, (CredentialProblem, CredentialProblem, *[UnknownOutcome] * 2)),
    (
        200,
        HTML,
        b'{"value": [], "id": 1}',
        (CredentialProblem, CredentialProblem, *[UnknownOutcome] * 2),
    ),
    (200, JSON, b'{"id": 1, "fie', (CredentialProblem, CredentialProblem, *[UnknownOutcome] * 2)),
    (200, JSON, b"", (CredentialProblem, CredentialProblem, *[UnknownOutcome] * 2)),
    (200, JSON, b"[]", (CredentialProblem, CredentialProblem, *[UnknownOutcome] * 2)),
    (200, JSON, b"{}", (CredentialProblem, CredentialProblem, *[UnknownOutcome] * 2)),
    (200, JSON, b"[" * 99999, (CredentialProblem, CredentialProblem, *[UnknownOutcome] * 2)),
    (204, {}, b"", (CredentialProblem, CredentialProblem, *[UnknownOutcome] * 2)),
]
CASES = [
    pytest.param(status, headers, body, call, meant, id=f"{call.__name__}-{number}-{status}")
    for number, (status, headers, body, meanings) in enumerate(ANSWERS)
    for call, meant in zip((read, write, create, comment), meanings, strict=True)
]


@pytest.mark.parametrize(("status", "headers", "body", "call", "meant"), CASES)
async def test_answer_means_what_happens_next(
    status: int, headers: dict[str, str], body: bytes, call: Call, meant: type[BridgeError]
) -> None:
    async with boards() as world:
        world.fault("", status=status, headers=headers, body=body)
        with pytest.raises(BridgeError) as caught:
            await call(world)
    assert type(caught.value) is meant
    assert len(world.calls) == 1
    for words in (SECRET_WORDS, "pat-test"):
        assert words not in str(caught.value) + caught.value.detail


@pytest.mark.parametrize("call", [create, comment])
@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.RESET_AFTER, FaultKind.ANSWER_AFTER])
async def test_silence_after_sending_is_an_unknown_outcome(call: Call, kind: FaultKind) -> None:
    async with boards() as world:
        world.fault("POST", kind)
        with pytest.raises(UnknownOutcome):
            await call(world)


@pytest.mark.parametrize("call", [read, write, create, comment])
async def test_what_was_never_sent_may_be_repeated(call: Call) -> None:
    async with boards() as world:
        world.transport.unreachable = True
        with pytest.raises(Unavailable):
            await call(world)


async def test_created_item_is_known_by_its_id_whatever_else_is_missing() -> None:
    async with boards() as world:
        world.fault("POST", status=200, headers=JSON, body=b'{"id": 42, "fields": null}')
        seen = await world.tracker.create_item(launch())
    assert (seen.ref.id, seen.whole, dict(seen.facts)) == ("42", False, {})


@pytest.mark.parametrize("page", ["203", "302", "401"])
async def test_expired_token_is_known_in_each_of_its_forms(page: str) -> None:
    async with boards() as world:
        id = world.sim.person_creates("Bug", "Broken")
        world.sim.sign_in_page = page
        for call in (read, write, create):
            with pytest.raises(CredentialProblem):
                await call(world)
        world.sim.sign_in_page = None
        assert (await world.tracker.fetch_item(id, Want())).ref.id == id


async def test_wrong_token_is_a_credential_problem() -> None:
    async with boards(token="wrong") as world:
        with pytest.raises(CredentialProblem, match="expired"):
            await create(world)


async def test_pause_asked_for_with_a_good_answer_is_kept_before_the_next_call() -> None:
    async with boards() as world:
        world.sim.person_creates("Bug", "Broken")
        body = b'{"value": []}'
        world.fault("", status=200, headers={**JSON, "Retry-After": "12"}, body=body)
        assert await read(world) == []
        for call in (read, create):
            with pytest.raises(Throttled) as caught:
                await call(world)
            assert caught.value.until == START + timedelta(seconds=12)
        assert len(world.calls) == 1
        world.later(seconds=12)
        assert await read(world) != []


async def test_pause_is_not_cut_short_by_an_answer_that_was_under_way() -> None:
    async with boards() as world:
        world.sim.person_creates("Bug", "Broken")
        for pause in ("30", "12"):
            headers = {**JSON, "Retry-After": pause}
            world.fault("", status=200, headers=headers, body=b'{"value": []}')
        await asyncio.gather(read(world), read(world), read(world))
        with pytest.raises(Throttled) as caught:
            await read(world)
        assert caught.value.until == START + timedelta(seconds=30)


async def test_pause_of_a_refusal_is_kept_whatever_the_refusal() -> None:
    async with boards() as world:
        world.fault("", status=503, headers={"Retry-After": "Mon, 02 Mar 2026 09:00:30 GMT"})
        with pytest.raises(Unavailable):
            await read(world)
        with pytest.raises(Throttled) as caught:
            await read(world)
        assert caught.value.until == datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "until"),
    [
        ({"Retry-After": "17"}, START + timedelta(seconds=17)),
        ({"X-RateLimit-Reset": str(int(START.timestamp()) + 99)}, START + timedelta(seconds=99)),
        ({"Retry-After": "nonsense", "X-RateLimit-Reset": "inf"}, START + timedelta(seconds=30)),
    ],
)
async def test_limit_says_until_when(headers: dict[str, str], until: datetime) -> None:
    async with boards() as world:
        world.fault("", status=429, headers={**JSON, **headers}, body=said("TF400733"))
        for _ in range(2):
            with pytest.raises(Throttled) as caught:
                await read(world)
            assert caught.value.until == until
        assert len(world.calls) == 1


async def test_vendors_limit_slows_down_then_stops_and_ends() -> None:
    async with boards() as world:
        world.sim.person_creates("Bug", "Broken")
        world.sim.tsstu_limit = 4
        outcomes = []
        for _ in range(30):
            try:
                await read(world)
                outcomes.append("read")
            except Throttled as pause:
                outcomes.append("waited")
                world.clock.advance(pause.until - world.clock.now())
        # A pause may end in a refusal, but the pause of a refusal is always enough.
        assert "waited waited waited" not in " ".join(outcomes)
        assert outcomes.count("waited") > 5
        assert {call.status for call in world.calls} == {200, 429}


async def test_query_that_is_too_large_is_rejected() -> None:
    async with boards() as world:
        body = said("VS402337: The number of work items returned exceeds the size limit")
        world.fault("POST .*wiql", status=400, headers=JSON, body=body)
        with pytest.raises(Rejected, match="VS402337"):
            await world.tracker.find_marked("m", START)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (said("x", customProperties=RULE), "System.State"),
        (
            said("x", customProperties={"RuleValidationErrors": [
                {"fieldReferenceName": "Custom.A", "fieldStatusFlags": "Required"}]}),
            "Custom.A",
        ),
        (said("TF401326: Invalid field status 'ReadOnly' for field 'System.Id'."), "System.Id"),
        (said("TF51535: Cannot find field Custom.Nope."), "Custom.Nope"),
        (said("TF401320: Rule Error for field Area Path. Error code: Required."), "Area Path"),
        (said("x", customProperties={"RuleValidationErrors": [7]}), None),
        (said("x", customProperties=[1]), None),
        (said("x", customProperties={"FieldReferenceName": "<script>"}), None),
    ],
)  # fmt: skip
async def test_refused_field_is_taken_from_wherever_the_vendor_names_it(
    body: bytes, field: str | None
) -> None:
    async with boards() as world:
        world.fault("", status=400, headers=JSON, body=body)
        with pytest.raises(Rejected) as caught:
            await write(world)
        assert caught.value.field == field
        assert "<" not in str(caught.value)
