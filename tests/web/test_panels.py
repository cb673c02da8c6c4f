"""Panels in the helpdesk: who gets in, into whose frames, what they say, and what they never do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt

from bridge.domain.events import InboundRequest, Refused
from bridge.domain.links import Relation
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.kit.clock import SystemClock, to_ms
from bridge.ports.panels import PanelReader
from bridge.store import queue, signals
from bridge.store.queue import Mark
from bridge.web import attempts
from bridge.web.panel_session import PanelSession, sealed, unsealed
from connectors.hubspot.simulator.signing import sign_v3
from tests.api.doors import Doors
from tests.web.paneled import HUBSPOT, ZENDESK, Paneled, open_panels, session_in
from tests.web.people import signed_in
from tests.web.test_tickets import HOSTILE, OWN_SCRIPT, Parts


@pytest.fixture
async def panels(tmp_path: Path) -> AsyncIterator[Paneled]:
    async with open_panels(tmp_path) as opened:
        yield opened


async def _two_tickets(panels: Paneled, **said: Any) -> None:
    """Number 812 in the accounts of Acme and of HubSpot, 900 in the other account alone."""
    for connection, id in (("acme", "812"), ("hubspot", "812"), ("other", "900")):
        ticket = await panels.doors.add_ticket(id, connection=connection, **said)
        await panels.doors.add_link(ticket, "991")


async def test_panel_says_work_what_the_customer_sees_and_why(panels: Paneled) -> None:
    await _two_tickets(panels)
    text = (await panels.chosen("812")).text
    for said in ("991", "In testing", "2026-12-24", "Why is this not updating?", "Check now"):
        assert said in text
    assert "There are no rules yet for tickets of acme." in text
    assert 'href="/tickets/acme/812"' in text


async def test_card_says_the_same_and_leads_to_the_hub(panels: Paneled) -> None:
    await _two_tickets(panels)
    answer = await panels.card()
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["customer_sees"] == {
        "stage": "In testing", "expected": "2026-12-24", "told": None,
    }  # fmt: skip
    assert [each["key"] for each in said["work"]] == ["991"]
    assert said["why"] == "There are no rules yet for tickets of hubspot."
    assert said["page"] == "http://bridge.test/tickets/hubspot/812"
    assert answer.headers["cache-control"] == "no-store"


async def test_answers_set_no_cookie(panels: Paneled) -> None:
    await _two_tickets(panels)
    for answer in (await panels.opened(), await panels.chosen("812"), await panels.card()):
        assert "set-cookie" not in answer.headers


FORGED: dict[str, dict[str, Any]] = {
    "expired": {"exp": 1_700_000_000},
    "without an end": {"exp": None},
    "with an end in words": {"exp": "tomorrow"},
    "endless": {"exp": float("inf")},
    "of later": {"nbf": 4_000_000_000},
    "made later": {"iat": 4_000_000_000},
    "of another account": {"iss": "other.zendesk.com"},
    "of no account": {"iss": None},
    "of another installation": {
        "aud": "https://acme.zendesk.com/api/v2/apps/installations/988.json"
    },
    "for several": {
        "aud": [
            "https://acme.zendesk.com/api/v2/apps/installations/987.json",
            "https://acme.zendesk.com/api/v2/apps/installations/988.json",
        ]
    },
    "of nobody": {"sub": None},
    "of a text that is none": {"sub": "https://acme.zendesk.com/api/v2/users/\n.json"},
}


async def test_token_that_is_not_this_installations_of_now_opens_nothing(panels: Paneled) -> None:
    for kind, claims in FORGED.items():
        panels.forgive()
        _refused(await panels.opened(**claims), kind)
    assert (await panels.opened()).status_code == 200


async def test_token_of_another_accounts_key_opens_nothing(panels: Paneled) -> None:
    stranger = panels.other.signing_key
    _refused(await _sent(panels, jwt.encode({"alg": "RS256"}, claims_of(panels), stranger)))


async def test_token_signed_in_another_way_opens_nothing(panels: Paneled) -> None:
    body, key = panels.acme.token(501).split(".")[1], panels.acme.signing_key
    forged = {
        "none": f"{_head('none')}.{body}.",
        # The classic: the public key, which anybody may know, taken for a shared secret.
        "HS256": _signed_by_text(f"{_head('HS256')}.{body}", panels.acme.public_key),
    } | {
        name: jwt.encode({"alg": name}, claims_of(panels), key, algorithms=[name])
        for name in ("RS512", "PS256")
    }
    for name, token in forged.items():
        _refused(await _sent(panels, token), name)


async def test_form_without_a_token_that_holds_opens_nothing(panels: Paneled) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    long = "token=" + "x" * 20_000
    for form in ("", "token=", "token=a.b.c", "token=%00", long, "session=x", "token=a&token=b"):
        _refused(await panels.browser.post(ZENDESK, content=form, headers=headers), form[:20])


async def test_altered_token_opens_nothing(panels: Paneled) -> None:
    head, body, mark = panels.acme.token(501).split(".")
    for forged in (
        f"{head}.{body}A.{mark}",
        f"{head}.{body}.",
        f"{head}.{body}.{mark[:-8]}AAAAAAAA",
    ):
        _refused(await _sent(panels, forged))


async def test_address_alone_opens_nothing(panels: Paneled) -> None:
    _refused(await panels.browser.get(ZENDESK))
    assert (await panels.browser.get(HUBSPOT)).status_code == 401


async def test_many_wrong_tries_are_told_to_wait_and_a_good_one_is_let_in(panels: Paneled) -> None:
    for _ in range(attempts.MOST):
        _refused(await _sent(panels, "a.b.c"))
    assert (await _sent(panels, "a.b.c")).status_code == 429
    assert (await panels.opened()).status_code == 200


async def test_hub_without_a_key_has_no_panel(doors: Doors) -> None:
    tries = (("GET", ""), ("POST", ""), ("POST", "/ticket"), ("POST", "/check"))
    vendors = ("zendesk", "hubspot", "azure_devops", "nothing")
    for vendor, (method, end) in itertools.product(vendors, tries):
        answer = await doors.client.request(method, f"/panel/{vendor}{end}")
        assert answer.status_code == 404
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_ticket_of_another_account_is_not_shown(panels: Paneled) -> None:
    await _two_tickets(panels)
    answer = await panels.chosen("900")
    assert answer.status_code == 404
    assert "There is no ticket 900 of acme." in answer.text
    assert (await panels.chosen("900", await panels.session(panels.other))).status_code == 200


async def test_session_of_one_ticket_opens_no_other(panels: Paneled) -> None:
    await _two_tickets(panels)
    await panels.doors.add_ticket("813", connection="acme", subject="Secret")
    bound = session_in(await panels.chosen("812"))
    answer = await panels.chosen("813", bound)
    assert answer.status_code == 403
    assert "This panel has expired" in answer.text


async def test_forged_session_changes_and_shows_nothing(panels: Paneled) -> None:
    await _two_tickets(panels)
    seal = panels.doors.hub.connections["acme"].panel
    assert seal is not None
    ends = int(panels.doors.hub.now().timestamp()) + 60
    before = await panels.doors.stored()
    for ending, ticket in (("/ticket", ""), ("/check", "812")):
        true = PanelSession("acme", "501", ends, ticket)
        whole = sealed(true, seal.seal)
        forged = {
            "nothing": "",
            "nonsense": "x.y",
            "of another seal": sealed(true, b"another"),
            "of another connection": sealed(replace(true, connection="other"), seal.seal),
            "of the past": sealed(replace(true, ends=ends - 120), seal.seal),
            "without its mark": whole.rpartition(".")[0],
            "beyond ASCII": f"{whole[:-1]}é",
        }
        for kind, session in forged.items():
            answer = await panels.browser.post(
                f"{ZENDESK}{ending}", data={"session": session, "ticket": "812"}
            )
            assert answer.status_code == 403, kind
            assert "991" not in answer.text
    assert await panels.doors.stored() == before


async def test_check_needs_a_session_in_which_a_ticket_was_chosen(panels: Paneled) -> None:
    await _two_tickets(panels)
    before = await panels.doors.stored()
    data = {"session": await panels.session(), "ticket": "812"}
    assert (await panels.browser.post(f"{ZENDESK}/check", data=data)).status_code == 403
    assert await panels.doors.stored() == before


async def test_cookie_of_the_site_opens_no_panel(panels: Paneled) -> None:
    await _two_tickets(panels)
    admin = await signed_in(panels.doors, "admin")
    _refused(await admin.post(ZENDESK))
    assert (await admin.post(f"{ZENDESK}/check", data={"ticket": "812"})).status_code == 403


async def test_session_of_a_panel_opens_no_other_page(panels: Paneled) -> None:
    await _two_tickets(panels)
    session = session_in(await panels.chosen("812"))
    for cookie in ("ticketbridge", "__Host-ticketbridge"):
        answer = await panels.browser.get("/", headers={"Cookie": f"{cookie}={session}"})
        assert answer.status_code == 401
    bearer = {"Authorization": f"Bearer {session}"}
    assert (await panels.doors.client.get("/api/v1/tickets", headers=bearer)).status_code == 401


async def test_only_the_helpdesk_may_frame_and_only_its_panel(panels: Paneled) -> None:
    await _two_tickets(panels)
    for answer in (await panels.opened(), await panels.chosen("812")):
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors https://acme.zendesk.com;" in policy
        assert "unsafe" not in policy
        assert "x-frame-options" not in answer.headers
    problem = (await panels.opened(exp=1)).headers["content-security-policy"]
    assert "frame-ancestors https://acme.zendesk.com https://other.zendesk.com;" in problem
    person = await signed_in(panels.doors)
    for path in ("/", "/tickets/acme/812", "/sign-in", "/nothing"):
        answer = await person.get(path, headers={"Accept": "text/html"})
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path


async def test_text_of_others_never_becomes_part_of_a_panel(panels: Paneled) -> None:
    answers = []
    for number, text in enumerate(HOSTILE, 1):
        words = dict.fromkeys(("subject", "customer", "stage_label", "key", "url", "eta"), text)
        ticket = await panels.doors.add_ticket(str(number), connection="acme", **words)
        await panels.doors.add_link(ticket, text)
        panels.acme.guid = text
        answers += [await panels.chosen(str(number)), await panels.chosen(text)]
        answers.append(await panels.opened())
    for answer in answers:
        assert answer.status_code in (200, 422)
        parts = Parts()
        parts.feed(answer.text)
        assert [each for each in parts.scripts if not OWN_SCRIPT.fullmatch(each)] == []
        assert [each for each in parts.attributes if each.startswith("on")] == []
        assert [each for each in parts.addresses if ":" in each.partition("?")[0]] == []


async def test_number_that_is_none_is_asked_for_again_with_what_was_typed(panels: Paneled) -> None:
    answer = await panels.chosen("twelve")
    assert answer.status_code == 422
    assert "digits only" in answer.text
    assert 'value="twelve"' in answer.text
    session_in(answer)


async def test_internal_technical_task_is_counted_and_named_nowhere(panels: Paneled) -> None:
    await _two_tickets(panels)
    db, now = panels.doors.hub.db, panels.doors.hub.now()
    bug, task = WorkItemRef("boards", "991"), WorkItemRef("boards", "4040")
    error = SignalRef("sentry", "77")
    async with db.write() as store:
        await queue.mark(db, store, [Mark(task, "test"), Mark(error, "test")])
        await signals.add_origin(db, store, error, task, by="a test", now=now)
        await signals.relate(db, store, error, Relation(task, bug), by="a test", now=now)
    page, card = (await panels.chosen("812")).text, (await panels.card()).text
    assert "1 internal technical task" in page
    assert '"internal_tasks":1' in card
    for text in (page, card):
        assert "4040" not in text
        assert "sentry" not in text.lower()


async def test_item_of_error_tracking_has_no_name_in_the_helpdesk(panels: Paneled) -> None:
    await _two_tickets(panels)
    db, now = panels.doors.hub.db, panels.doors.hub.now()
    error, item = SignalRef("sentry", "77"), WorkItemRef("boards", "991")
    async with db.write() as store:
        await queue.mark(db, store, [Mark(error, "test")])
        await signals.add_origin(db, store, error, item, by="a test", now=now)
    for text in ((await panels.chosen("812")).text, (await panels.card()).text):
        assert "From engineering" in text
        assert "991" not in text


ELSEWHERE = (
    ("portalId=1&appId=1357911&userEmail=a@b.example", "it is for another account"),
    ("appId=1357911&userEmail=a@b.example", "it is for another account"),
    ("portalId={portal}&appId=2&userEmail=a@b.example", "it comes from another app"),
    ("portalId={portal}&userEmail=a@b.example", "it comes from another app"),
    ("portalId={portal}&appId=1357911", "it does not say who asks"),
    ("portalId=1&portalId={portal}&appId=1357911&userId=1", "something stands in the address"),
)


async def test_card_of_others_is_refused_under_a_good_signature(panels: Paneled) -> None:
    hub, portal = panels.doors.hub, panels.doors.hub.connections["hubspot"].account
    door = hub.connections["hubspot"].panel
    assert door is not None
    for query, reason in ELSEWHERE:
        found = door.verify(_card(panels, f"{HUBSPOT}?{query.format(portal=portal)}"), hub.now())
        assert isinstance(found, Refused), query
        assert reason in found.reason


async def test_card_is_taken_for_five_minutes_and_as_it_was_signed(panels: Paneled) -> None:
    hub = panels.doors.hub
    door = hub.connections["hubspot"].panel
    assert door is not None
    portal = hub.connections["hubspot"].account
    good = _card(panels, f"{HUBSPOT}?portalId={portal}&appId=1357911&userEmail=a@b.example")
    assert door.verify(good, hub.now()) == PanelReader("a@b.example")
    for late in (timedelta(minutes=6), timedelta(minutes=-6)):
        assert isinstance(door.verify(good, hub.now() + late), Refused)
    for other in (
        replace(good, body=b'{"ticket": "813"}'),
        replace(good, method="GET"),
        replace(good, url=good.url.replace(HUBSPOT, f"{HUBSPOT}/check")),
        replace(good, url=good.url.replace("a@b", "admin@b")),
        replace(good, headers={}),
    ):
        assert isinstance(door.verify(other, hub.now()), Refused)


async def test_card_that_names_no_ticket_is_told_so(panels: Paneled) -> None:
    for body in ({}, {"ticket": 812}, {"ticket": "../1"}, ["812"]):
        answer = await panels.card(body=body)
        assert answer.status_code == 422
        assert answer.json()["problem"] == "No ticket was named"


async def test_card_without_a_signature_is_told_nothing(panels: Paneled) -> None:
    await _two_tickets(panels)
    for path in (HUBSPOT, f"{HUBSPOT}/check"):
        answer = await panels.doors.client.post(path, json={"ticket": "812"})
        assert answer.status_code == 401
        assert set(answer.json()) == {"problem", "sentence"}
    unknown = await panels.card(body={"ticket": "999"})
    assert (unknown.status_code, unknown.json()["problem"]) == (404, "The hub knows no such ticket")


async def test_somebody_who_checks_without_end_is_told_to_wait(panels: Paneled) -> None:
    await _two_tickets(panels)
    app = panels.doors.app
    for _ in range(attempts.MOST):
        app.state.panels.checks.missed("acme 501", panels.doors.hub.now())
    session, before = session_in(await panels.chosen("812")), await panels.doors.stored()
    answer = await panels.browser.post(f"{ZENDESK}/check", data={"session": session})
    assert "Try again in a while" in answer.text
    assert await panels.doors.stored() == before


def test_session_survives_its_seal_and_nothing_else() -> None:
    now = SystemClock().now()
    session = PanelSession("acme", "ünï <b>", int(now.timestamp()) + 5, "812", "guid")
    assert unsealed(sealed(session, b"one"), b"one", now) == session
    assert unsealed(sealed(session, b"one"), b"two", now) is None
    assert unsealed(sealed(session, b"one"), b"one", now + timedelta(seconds=6)) is None


def _refused(answer: httpx.Response, kind: str = "") -> None:
    """It is refused, in words, where the panel would be, and nothing can be done from there."""
    assert answer.status_code == 401, kind or answer.text
    assert "The hub can&#39;t tell who asks" in answer.text
    assert "<form" not in answer.text
    assert "https://acme.zendesk.com" in answer.headers["content-security-policy"]


async def _sent(panels: Paneled, token: str) -> httpx.Response:
    return await panels.browser.post(ZENDESK, data={"token": token})


def claims_of(panels: Paneled) -> dict[str, Any]:
    """What a true token says."""
    return dict(jwt.decode(panels.acme.token(501), panels.acme.signing_key).claims)


def _head(algorithm: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).decode().rstrip("=")


def _signed_by_text(said: str, secret: str) -> str:
    mark = hmac.new(secret.encode(), said.encode(), hashlib.sha256).digest()
    return f"{said}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def _card(panels: Paneled, path: str) -> InboundRequest:
    url, body = f"http://bridge.test{path}", json.dumps({"ticket": "812"}).encode()
    at = to_ms(panels.doors.hub.now())
    headers = {
        "x-hubspot-signature-v3": sign_v3("hubspot-client-secret", "POST", url, body, at),
        "x-hubspot-request-timestamp": str(at),
    }
    return InboundRequest("POST", url, {}, headers, body)
