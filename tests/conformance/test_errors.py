"""Every call of every role on the vendor's bad days, at whichever of its requests one strikes."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
from bridge.domain.operations import ItemLink
from bridge.domain.records import Attachment, attachments_of
from bridge.kit.faults import Fault, FaultKind
from connectors.registry import CONNECTORS
from tests.conformance.line import START
from tests.conformance.rig import HelpdeskRig, Rig, TrackerRig
from tests.conformance.rigs import HELPDESKS, TRACKERS
from tests.conformance.stand import EVERYTHING, WRONG, Stand, standing

CANARY = "Kanarienvogel #7 <b>of the vendor</b>"
_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html"}
_PAGE = f"<!DOCTYPE html><html><title>Sign in</title>{CANARY}</html>".encode()
_TORN = f'{{"message": "{CANARY}", "id": "1", "results": [{{"id": '.encode()

NO_FILE = Attachment("", "")

Meaning = frozenset[type[BridgeError]]


def _one_of(*errors: type[BridgeError]) -> Meaning:
    return frozenset(errors)


@dataclass(frozen=True)
class BadDay:
    """A fault, and what it means to a call that may be repeated and to one that may not.

    `absorbed`: a call may get along without what this request asked for.
    """

    fault: Callable[[Rig], Fault]
    repeatable: Meaning
    create: Meaning
    absorbed: bool = False


def _says(status: int, kind: FaultKind = FaultKind.ANSWER) -> Callable[[Rig], Fault]:
    """The vendor's own refusal of that status."""

    def fault(rig: Rig) -> Fault:
        said = rig.refusal(status, CANARY)
        return Fault("", kind, status=status, headers=said.headers, body=said.body)

    return fault


def _answers(
    status: int, headers: dict[str, str], body: bytes, kind: FaultKind = FaultKind.ANSWER
) -> Callable[[Rig], Fault]:
    return lambda _: Fault("", kind, status=status, headers=headers, body=body)


_UNKNOWN = _one_of(UnknownOutcome)
_CREDENTIAL = _one_of(CredentialProblem)
_AWAY = _one_of(Unavailable)
_AFTER = FaultKind.ANSWER_AFTER

BAD_DAYS: dict[str, BadDay] = {
    "401": BadDay(_says(401), _CREDENTIAL, _CREDENTIAL),
    "403": BadDay(
        _says(403),
        _one_of(CredentialProblem, RecordMissing, Rejected),
        _one_of(CredentialProblem, Rejected),
        absorbed=True,
    ),
    "403 of a proxy": BadDay(
        _answers(403, _HTML, _PAGE), _one_of(CredentialProblem, Rejected), _UNKNOWN, absorbed=True
    ),
    "404": BadDay(
        _says(404),
        _one_of(RecordMissing, Rejected),
        _one_of(RecordMissing, Rejected),
        absorbed=True,
    ),
    "409": BadDay(_says(409), _one_of(Stale, Rejected), _one_of(Stale, Rejected, UnknownOutcome)),
    "418, which nobody documents": BadDay(_says(418), _one_of(Rejected), _UNKNOWN),
    "429": BadDay(_says(429), _one_of(Throttled), _one_of(Throttled)),
    "500": BadDay(_says(500), _AWAY, _UNKNOWN),
    "500 after the effect": BadDay(_says(500, _AFTER), _AWAY, _UNKNOWN),
    "503 of a proxy": BadDay(_answers(503, _HTML, _PAGE), _AWAY, _UNKNOWN),
    "a redirect to a sign-in page": BadDay(
        _answers(302, {"Location": "https://evil.example/login"}, b""),
        _CREDENTIAL,
        _one_of(CredentialProblem, UnknownOutcome),
    ),
    "200 with HTML": BadDay(_answers(200, _HTML, _PAGE), _CREDENTIAL, _UNKNOWN),
    "200 with HTML after the effect": BadDay(
        _answers(200, _HTML, _PAGE, _AFTER), _CREDENTIAL, _UNKNOWN
    ),
    "200 with torn JSON": BadDay(_answers(200, _JSON, _TORN), _CREDENTIAL, _UNKNOWN),
    "200 with other JSON": BadDay(
        _answers(200, _JSON, f'["{CANARY}"]'.encode()), _CREDENTIAL, _UNKNOWN
    ),
    "200 with nothing": BadDay(_answers(200, _JSON, b""), _CREDENTIAL, _UNKNOWN),
    "reset before the effect": BadDay(lambda _: Fault("", FaultKind.RESET), _AWAY, _UNKNOWN),
    "reset after the effect": BadDay(lambda _: Fault("", FaultKind.RESET_AFTER), _AWAY, _UNKNOWN),
}
_NOT_GIVEN = _one_of(CredentialProblem, Rejected, RecordMissing, Unavailable, Throttled)
"""What a file's address may mean by refusing: it speaks no language of the vendor's API."""


@dataclass(frozen=True)
class Scene:
    """What a call is about: a record, and what hangs on it."""

    id: str
    file: Attachment = NO_FILE
    company: str = ""


@dataclass(frozen=True)
class Call:
    """One call of a role. `creates`: its last request must never be sent twice.

    `streams`: all but its first request are for a file, maybe from host to host; any bytes of it
    are as good as others. `goes_on`: vendors where a refused later request ends its part alone,
    because that part must not hold up the others.
    """

    run: Callable[[Any, Scene], Awaitable[object]]
    creates: bool = False
    streams: bool = False
    goes_on: tuple[str, ...] = ()


async def _content() -> AsyncIterator[bytes]:
    yield b"bytes"


async def _open(desk: Stand[HelpdeskRig], on: Scene) -> bytes:
    async with desk.helpdesk.open_attachment(on.id, on.file) as chunks:
        return b"".join([chunk async for chunk in chunks])


_LINK = ItemLink("https://desk.acme.example/tickets/1", "ticketbridge:l-1")

HELPDESK_CALLS: dict[str, Call] = {
    "fetch_ticket": Call(lambda s, on: s.helpdesk.fetch_ticket(on.id, EVERYTHING)),
    "fetch_tickets": Call(lambda s, on: s.helpdesk.fetch_tickets([on.id], EVERYTHING)),
    "set_fields": Call(lambda s, on: s.helpdesk.set_fields(on.id, {s.rig.own_field: "x"})),
    "add_note": Call(lambda s, on: s.helpdesk.add_note(on.id, "<p>x</p>"), creates=True),
    "list_changed": Call(lambda s, _: s.sweep(None, START, EVERYTHING), goes_on=("hubspot",)),
    "open_attachment": Call(_open, streams=True),
    "fetch_company": Call(lambda s, on: s.helpdesk.fetch_company(on.company, frozenset())),
    "fetch_reference": Call(lambda s, _: s.helpdesk.fetch_reference()),
    "fetch_schema": Call(lambda s, _: s.helpdesk.fetch_schema()),
}
TRACKER_CALLS: dict[str, Call] = {
    "fetch_item": Call(lambda s, on: s.tracker.fetch_item(on.id, EVERYTHING)),
    "fetch_items": Call(lambda s, on: s.tracker.fetch_items([on.id], EVERYTHING)),
    "create_item": Call(lambda s, _: s.tracker.create_item(s.rig.launch("m-1")), creates=True),
    "find_marked": Call(lambda s, _: s.tracker.find_marked("m-0", START)),
    "set_fields": Call(lambda s, on: s.tracker.set_fields(on.id, s.rig.good_values, None)),
    "set_links": Call(lambda s, on: s.tracker.set_links(on.id, [_LINK], [], None)),
    "attach": Call(
        lambda s, on: s.tracker.attach(on.id, "a.txt", _content(), 5, "tb-1"), creates=True
    ),
    "add_comment": Call(lambda s, on: s.tracker.add_comment(on.id, "<p>x</p>"), creates=True),
    "list_changed": Call(lambda s, _: s.sweep(None, START, EVERYTHING)),
    "fetch_reference": Call(lambda s, _: s.tracker.fetch_reference()),
}


async def _on_a_desk(desk: Stand[HelpdeskRig]) -> Scene:
    """A ticket with everything on it."""
    id, company = desk.rig.person_creates("Export fails"), desk.rig.add_company("Acme")
    desk.rig.person_attaches(id, "shot.png", b"bytes")
    desk.rig.customer_writes(id, "It still fails.")
    desk.rig.person_assigns(id, company)
    (file,) = attachments_of(await desk.helpdesk.fetch_ticket(id, EVERYTHING))
    return Scene(id, file, company)


async def _on_boards(boards: Stand[TrackerRig]) -> Scene:
    """An item that the hub made, with a comment."""
    id = (await boards.tracker.create_item(boards.rig.launch("m-0"))).ref.id
    boards.rig.person_comments(id, "<p>Soon.</p>")
    return Scene(id)


def _takes_files(vendor: str) -> bool:
    return CONNECTORS[vendor].manifest.max_attachment_bytes != 0


Setting = Callable[[Any], Awaitable[Scene]]
_CASES = [
    *((vendor, HELPDESKS[vendor], _on_a_desk, HELPDESK_CALLS, n)
      for vendor in HELPDESKS for n in HELPDESK_CALLS),
    *((vendor, TRACKERS[vendor], _on_boards, TRACKER_CALLS, n)
      for vendor in TRACKERS for n in TRACKER_CALLS if n != "attach" or _takes_files(vendor)),
]  # fmt: skip
every_call = pytest.mark.parametrize(
    ("make", "setting", "call"),
    [
        pytest.param(make, setting, calls[name], id=f"{vendor}-{name}")
        for vendor, make, setting, calls, name in _CASES
    ],
)


def _shown(error: BaseException) -> str:
    """All that an admin or a log may come to see of the error, its chain included."""
    chain = "".join(traceback.format_exception(error))
    return f"{error} {error!r} {getattr(error, 'detail', '')} {chain}"


def _check_words(error: BridgeError, rig: Rig) -> None:
    shown = _shown(error)
    assert str(error).strip()
    assert "Kanarienvogel" not in shown
    assert [secret for secret in rig.secrets if secret in shown] == []


@asynccontextmanager
async def _set(
    make: Callable[[], Any], setting: Setting
) -> AsyncIterator[tuple[Stand[Any], Scene]]:
    """The scene as a hub finds it that was started a moment ago."""
    async with standing(make) as stand:
        scene = await setting(stand)
        stand.rig.clock.advance(minutes=10)
        stand.restart()
        stand.rig.line.requests.clear()
        yield stand, scene


@every_call
@pytest.mark.parametrize("bad", BAD_DAYS)
async def test_bad_answer_is_the_error_that_says_what_happens_next(
    make: Callable[[], Any], setting: Setting, call: Call, bad: str
) -> None:
    async with _set(make, setting) as (stand, scene):
        await call.run(stand, scene)
        requests = len(stand.rig.line.requests)
    assert requests >= 1
    for place in range(requests):
        async with _set(make, setting) as (stand, scene):
            stand.rig.line.strike(BAD_DAYS[bad].fault(stand.rig), after=place)
            error: BridgeError | None = None
            try:
                await call.run(stand, scene)
            except BridgeError as raised:
                error = raised
            assert stand.rig.line.armed == 0
        where, last = f"request {place + 1} of {requests}", place == requests - 1
        if error is None and bad == "404" and call is TRACKER_CALLS["fetch_items"]:
            # A record that is not shown is left out, where the call was about that record alone:
            # a batch of one, or what a vendor tells of each only by itself.
            assert stand.manifest.batch_read == 1 or place > 0, where
            continue
        if error is None and last and stand.rig.vendor in call.goes_on:
            assert Rejected in BAD_DAYS[bad].repeatable or BAD_DAYS[bad].absorbed, where
            continue
        _check_meaning(call, bad, error, first=place == 0, last=last, where=where)
        if error is not None:
            _check_words(error, stand.rig)
            if call.creates and place == requests - 1:
                assert len(stand.rig.line.requests) == requests, "sent again"
        if isinstance(error, Throttled):
            assert error.until == stand.rig.clock.now() + stand.rig.pause


def _check_meaning(
    call: Call, bad: str, error: BridgeError | None, *, first: bool, last: bool, where: str
) -> None:
    day = BAD_DAYS[bad]
    if call.streams and not first:
        assert bad.startswith("200") if error is None else type(error) in _NOT_GIVEN, where
    elif error is None:
        # A call may get along without a part, never without the record itself or its effect.
        assert day.absorbed, where
        assert not first, where
        assert not (call.creates and last), where
    else:
        meant = day.create if call.creates and last else day.repeatable
        assert isinstance(error, tuple(meant)), f"{where}: {error!r}"


@every_call
async def test_what_never_left_is_unavailable(
    make: Callable[[], Any], setting: Setting, call: Call
) -> None:
    async with _set(make, setting) as (stand, scene):
        stand.rig.line.unreachable = True
        with pytest.raises(Unavailable) as raised:
            await call.run(stand, scene)
        _check_words(raised.value, stand.rig)


@every_call
async def test_wrong_token_is_a_credential_problem(
    make: Callable[[], Any], setting: Setting, call: Call
) -> None:
    async with _set(make, setting) as (stand, scene):
        stand.distrust()
        with pytest.raises(CredentialProblem) as raised:
            await call.run(stand, scene)
        assert WRONG not in f"{raised.value}{raised.value.detail}"


@every_call
async def test_call_works_again_when_the_bad_day_is_over(
    make: Callable[[], Any], setting: Setting, call: Call
) -> None:
    async with _set(make, setting) as (stand, scene):
        for bad in ("429", "500", "401", "reset before the effect"):
            stand.rig.line.strike(BAD_DAYS[bad].fault(stand.rig))
            with pytest.raises(BridgeError):
                await call.run(stand, scene)
            stand.rig.clock.advance(hours=2)
        await call.run(stand, scene)
