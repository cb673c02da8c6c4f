"""Linking, unlinking and launching by people on the pages, with vendors that answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bridge.kit.faults import Fault, FaultKind
from bridge.store import connections
from bridge.store.tables import audit_log, links
from tests.scenarios.test_by_hand import refusal
from tests.scenarios.test_guide import page
from tests.scenarios.test_signals import Scene, signals_world
from tests.scenarios.world import World, open_world
from tests.shipped import SHIPPED
from tests.web.people import form_token, signed_in

AT_ONCE = SHIPPED.replace("      type: Bug\n", "      type: Bug\n      settle: 0s\n")
"""The ready-made mapping, but that nothing is waited for that may still be filled in."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path, mapping=AT_ONCE) as opened:
        yield opened


async def asked(world: World, subject: str = "How do I?", category: str = "") -> str:
    """A ticket that stays with support unless somebody links or launches; its id."""
    id = world.hubspot.person_creates_ticket(
        subject=subject, category=category or "Customer Success Ticket", company_id=world.acme
    )
    await world.settle()
    return str(id)


async def sends(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    return await browser.post(path, data={"form_token": await form_token(browser), **fields})


def hidden(answer: httpx.Response, path: str) -> dict[str, str]:
    """The hidden fields of the form that leads to that path."""
    form = re.search(rf'<form[^>]*action="{re.escape(path)}"(.*?)</form>', answer.text, re.DOTALL)
    assert form is not None, answer.text
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1]))


async def rows(world: World, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
    async with world.hub.db.read() as store:
        return list((await store.execute(sa.select(table).order_by(table.c.id))).all())


async def live(world: World) -> set[tuple[str, str]]:
    async with world.hub.db.read() as store:
        found = await store.execute(
            sa.select(links.c.ticket_key, links.c.work_item_key).where(links.c.state == "active")
        )
        return {(ticket, item) for ticket, item in found}


async def test_existing_item_is_shown_then_linked_once_and_the_ticket_follows(
    world: World,
) -> None:
    first, second = await asked(world), await asked(world)
    item = world.boards.person_creates("Bug", "Export <b>breaks</b>")
    browser = await signed_in(world, "operator", "Grace")
    path = f"/tickets/hubspot/{first}/link"
    url = f"http://boards.test/acme/Platform/_workitems/edit/{item}"
    seen = await sends(browser, path, item=url)
    assert seen.status_code == 200
    assert "No ticket is linked to it yet." in seen.text
    assert await live(world) == set()
    fields = hidden(seen, path)
    answers = await asyncio.gather(*(browser.post(path, data=fields) for _ in range(3)))
    assert {each.status_code for each in answers} == {303}
    assert await live(world) == {(f"hubspot:{first}", f"boards:{item}")}
    told = [each for each in await rows(world, audit_log) if each.action == "link"]
    assert [(each.actor, each.target) for each in told] == [("Grace", f"hubspot:{first}")]
    await world.settle()
    assert world.ticket(first)["work_stage"] == "Reported to engineering"
    own = (await browser.get(f"/tickets/hubspot/{first}")).text
    assert f"#{item} is New; customers read that as" in own.replace("&#34;", '"')
    assert "work_stage" not in own
    assert "Expected date" in own
    other = await sends(browser, f"/tickets/hubspot/{second}/link", item=f"#{item}")
    assert "<strong>1 ticket</strong> of 1 customer (Acme)" in other.text
    again = await sends(browser, path, item=item)
    assert f"Linked to #{item} already" in again.text


async def test_item_of_a_tracker_without_stages_is_said_to_show_nothing(tmp_path: Path) -> None:
    start, routes = AT_ONCE.index("\nroutes:"), "\nroutes:\n  - {id: success, when: {field: "
    routes += "category, present: true}, stay: true}\n"
    silent = f"{AT_ONCE[:start]}{routes}{AT_ONCE[AT_ONCE.index(chr(10) + 'rollup:') :]}"
    async with open_world(tmp_path, mapping=silent) as world:
        ticket, item = await asked(world), world.boards.person_creates("Bug", "Export breaks")
        browser = await signed_in(world, "operator")
        said = "The mapping of hubspot gives Azure DevOps Boards no stages: the customer will"
        one = await sends(browser, f"/tickets/hubspot/{ticket}/link", item=item)
        assert (one.status_code, said in one.text) == (200, True)
        assert "its customer sees the stage" not in one.text
        many = await sends(browser, "/chosen/link", item=item, **{"ticket-1": f"hubspot:{ticket}"})
        assert (many.status_code, said in many.text) == (200, True)


async def test_form_of_before_an_unlink_does_not_link_again(world: World) -> None:
    ticket, item = await asked(world), world.boards.person_creates("Bug", "Export breaks")
    browser = await signed_in(world, "operator")
    path = f"/tickets/hubspot/{ticket}/link"
    fields = hidden(await sends(browser, path, item=item), path)
    assert (await browser.post(path, data=fields)).headers["location"].endswith("done=linked")
    [made] = await rows(world, links)
    way = f"/tickets/hubspot/{ticket}/unlink/{made.id}"
    shown = await browser.get(way)
    # The safe way out comes first, and the ticket has nothing else to follow.
    assert shown.text.index("Keep linked") < shown.text.index(">Unlink<")
    assert "It has no other work item" in shown.text
    for done in ("unlinked", "unlinked_before"):
        assert (await sends(browser, way)).headers["location"].endswith(f"done={done}")
    late = await browser.post(path, data=fields)
    assert late.headers["location"].endswith("done=link_changed")
    assert "Nothing was changed" in (await browser.get(late.headers["location"])).text
    assert await live(world) == set()
    ended = [each.action for each in await rows(world, audit_log) if "link" in each.action]
    assert ended.count("unlink") == 1
    # Looked at anew, it may be linked anew.
    fields = hidden(await sends(browser, path, item=item), path)
    assert (await browser.post(path, data=fields)).headers["location"].endswith("done=linked")
    await sends(browser, f"/tickets/hubspot/{ticket}/unlink/{(await rows(world, links))[-1].id}")
    told = (await browser.get(f"/tickets/hubspot/{ticket}")).text
    assert f"Unlinked</strong>: #{item} in Azure DevOps Boards<" in told
    assert f"boards:{item}<" not in told


async def test_what_can_not_be_linked_is_said_beside_the_field_and_kept(world: World) -> None:
    ticket = await asked(world)
    browser = await signed_in(world, "operator")
    path = f"/tickets/hubspot/{ticket}/link"
    for typed, said in (
        ("", "Put in the key, the number or the address"),
        ("  ", "Put in the key, the number or the address"),
        ("a" * 2001, "at most 2000 characters"),
        ("12\x0034", "holds signs that are in no address"),
        ("no such thing", "names no work item"),
        ("https://elsewhere.test/1", "names no work item"),
        ("4711", "Azure DevOps does not show the work item."),
        ("<b>1</b>", "names no work item"),
    ):
        answer = await sends(browser, path, item=typed)
        assert (answer.status_code, said in answer.text) == (422, True), (typed, answer.text)
        assert 'aria-invalid="true"' in answer.text
        if typed.isprintable() and "<" not in typed:
            assert f'value="{typed.strip()}"' in answer.text
        assert "<b>1</b>" not in answer.text
    assert await live(world) == set()


async def test_tracker_that_is_away_or_paused_is_said_so(world: World) -> None:
    ticket, item = await asked(world), world.boards.person_creates("Bug", "Export breaks")
    browser = await signed_in(world, "operator")
    path = f"/tickets/hubspot/{ticket}/link"
    world.boards.faults.add(Fault(r"^GET .*/workitems", FaultKind.ANSWER, status=503, times=9))
    away = await sends(browser, path, item=item)
    assert away.status_code in (502, 503), away.text
    assert "Nothing was changed" in away.text
    async with world.hub.db.write() as store:
        await connections.pause(store, "boards", by="Ada", reason="a test", now=world.hub.now())
    paused = await sends(browser, path, item=item)
    assert (paused.status_code, "is paused (a test)" in paused.text) == (409, True)
    assert await live(world) == set()


@pytest.mark.parametrize("role", ["viewer", "csm"])
async def test_only_operators_link_unlink_and_launch(world: World, role: str) -> None:
    ticket = await asked(world)
    browser = await signed_in(world, role)
    own = f"/tickets/hubspot/{ticket}"
    shown = (await browser.get(own)).text
    assert f"{own}/link" not in shown
    assert ("for the role operator" in shown) == (role == "csm")
    for path in ("/link", "/launch", "/unlink/1"):
        assert (await browser.get(own + path)).status_code == 403
    for path in ("/link", "/launch", "/unlink/1", "/internal-task"):
        answer = await sends(browser, own + path, item="1", route="bug")
        assert (answer.status_code, "role operator" in answer.text) == (403, True)
    refused = await sends(browser, "/chosen/link", item="1", **{"ticket-1": f"hubspot:{ticket}"})
    assert refused.status_code == 403
    operator = await signed_in(world, "operator")
    for path in ("/link", "/launch", "/unlink/1", "/internal-task"):
        answer = await operator.post(own + path, data={"form_token": "0" * 64, "item": "1"})
        assert (answer.status_code, "Nothing was changed" in answer.text) == (403, True)


async def test_link_of_another_ticket_is_not_ended(world: World) -> None:
    ticket, bug = await asked(world), await asked(world, category="Bug")
    [made] = await rows(world, links)
    browser = await signed_in(world, "operator")
    answer = await sends(browser, f"/tickets/hubspot/{ticket}/unlink/{made.id}")
    assert answer.status_code == 404
    assert {key for key, _ in await live(world)} == {f"hubspot:{bug}"}


async def test_ticked_tickets_are_linked_to_one_item_with_a_line_for_each(world: World) -> None:
    tickets = [await asked(world) for _ in range(3)]
    item = world.boards.person_creates("Bug", "Export breaks")
    browser = await signed_in(world, "operator")
    path = f"/tickets/hubspot/{tickets[0]}/link"
    await browser.post(path, data=hidden(await sends(browser, path, item=item), path))
    ticked = {f"ticket-{n}": f"hubspot:{id}" for n, id in enumerate(tickets)}
    form = await sends(browser, "/chosen", what="link", back="/?q=how", **ticked)
    wrong = await sends(browser, "/chosen/link", item="nothing", **ticked)
    assert (wrong.status_code, 'value="nothing"' in wrong.text) == (422, True)
    assert wrong.text.count('type="hidden" name="ticket-') == 3
    seen = await sends(browser, "/chosen/link", item=item, **hidden(form, "/chosen/link"))
    assert "Link 2 tickets to" in seen.text
    assert "1 of the ticked is linked to it already" in seen.text
    calls = len(world.calls)
    fields = hidden(seen, "/chosen/link")
    done = await browser.post("/chosen/link", data=fields)
    assert done.status_code == 303
    read = [each for each in world.calls[calls:] if "workitems" in each.path]
    assert len(read) <= 3, "the item is read once, not for each ticket"
    shown = (await browser.get(done.headers["location"])).text
    assert (shown.count(">Linked.<"), shown.count("Was linked already")) == (2, 1)
    assert len(await live(world)) == 3
    again = await browser.post("/chosen/link", data=fields)
    assert (await browser.get(again.headers["location"])).text.count("Was linked already") == 3
    assert len(await rows(world, links)) == 3


async def test_ticked_tickets_are_checked_and_the_result_says_so(world: World) -> None:
    tickets = [await asked(world) for _ in range(2)]
    browser = await signed_in(world)
    ticked = {f"ticket-{n}": f"hubspot:{id}" for n, id in enumerate(tickets)}
    form = await sends(browser, "/chosen", what="check", **ticked)
    world.hubspot.pending_events.clear()
    done = await sends(browser, "/chosen/check", **hidden(form, "/chosen/check"))
    shown = (await browser.get(done.headers["location"])).text
    assert shown.count("Checked: the ticket shows what it should.") == 2
    assert "2 of 2 checked" in shown


async def test_launch_says_what_it_will_make_and_makes_it_once(world: World) -> None:
    ticket = await asked(world)
    browser = await signed_in(world, "operator", "Grace")
    path = f"/tickets/hubspot/{ticket}/launch"
    shown = (await browser.get(path)).text
    assert re.search(
        r"Will create a <strong>Bug</strong> in <strong>[\w ]+ \(boards\), project Platform<", shown
    )
    assert "<dt>Title</dt><dd>[Acme] How do I?</dd>" in shown
    assert world.items() == []
    answers = await asyncio.gather(*(sends(browser, path, route="bug") for _ in range(2)))
    assert {each.status_code for each in answers} == {303}
    after = (await browser.get(answers[0].headers["location"])).text
    [item] = world.items()
    assert f">#{item.id}</a> is there and linked" in after
    told = [each for each in await rows(world, audit_log) if each.action == "launch"]
    assert [(each.actor, each.target) for each in told] == [("Grace", f"hubspot:{ticket}")]


async def test_launch_that_can_not_be_says_why_and_what_is_missing(world: World) -> None:
    nobody = str(world.hubspot.person_creates_ticket(subject="Ask", category="Bug"))
    await world.settle()
    browser = await signed_in(world, "operator")
    path = f"/tickets/hubspot/{nobody}/launch"
    world.hubspot.person_edits_ticket(nobody, hs_ticket_category="Customer Success Ticket")
    await world.settle()
    shown = (await browser.get(path)).text
    assert "Missing at the ticket, before it can be created:" in shown
    assert "<li>customer</li>" in shown
    refused = await sends(browser, path, route="bug")
    assert (refused.status_code, 'role="alert"' in refused.text) == (409, True)
    for route in ("nothing", "customer-success", ""):
        assert (await sends(browser, path, route=route)).status_code == 409
    assert world.items() == []


async def test_launch_that_is_under_way_is_shown_so_and_looks_again(world: World) -> None:
    ticket = await asked(world)
    await world.service.stop()
    kept = await world.client.post(
        f"/api/v1/tickets/hubspot/{ticket}/launch?wait=0",
        headers=world.admin,
        json={"route": "bug"},
    )
    assert kept.status_code == 202
    browser = await signed_in(world, "operator")
    shown = (await browser.get(f"/tickets/hubspot/{ticket}/launch?asked=bug")).text
    assert "A Bug is being created in" in shown
    assert f'href="/tickets/hubspot/{ticket}/launch?asked=bug" data-again' in shown
    assert "Create the Bug" not in shown


async def test_launch_that_the_tracker_refused_says_so_and_may_be_tried_again(
    world: World,
) -> None:
    ticket = await asked(world)
    browser = await signed_in(world, "operator")
    path = f"/tickets/hubspot/{ticket}/launch"
    world.boards.faults.add(refusal())
    refused = await sends(browser, path, route="bug")
    assert (refused.status_code, "The tracker refused to create the work item" in refused.text) == (
        409,
        True,
    )
    assert "Try again to create the Bug" in refused.text
    assert world.items() == []
    assert (await sends(browser, path, route="bug")).status_code == 303
    assert len(world.items()) == 1


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with signals_world(tmp_path) as opened:
        yield opened


async def test_sentry_reference_is_answered_by_the_right_way_and_its_button_does_it(
    scene: Scene,
) -> None:
    ticket, _ = await scene.bug()
    issue = scene.sentry.error_occurs()
    browser = await signed_in(scene.world, "operator")
    own = f"/tickets/hubspot/{ticket}"
    refused = await sends(browser, f"{own}/link", item=page(scene, issue))
    assert refused.status_code == 422
    assert "A client's ticket is never linked to it" in refused.text
    assert "/api/v1" not in refused.text
    fields = hidden(refused, f"{own}/internal-task")
    forged = await browser.post(f"{own}/internal-task", data=fields | {"related": "boards:4711"})
    assert forged.status_code == 422
    for _ in range(2):
        done = await browser.post(f"{own}/internal-task", data=fields)
        assert done.headers["location"].endswith("done=task")
    await scene.world.settle()
    assert len(scene.world.items()) == 2
    shown = (await browser.get(own)).text
    assert "1 internal technical task" in shown
    born = max(int(each.id) for each in scene.world.items())
    again = await sends(browser, f"{own}/link", item=str(born))
    assert (again.status_code, "was made for one" in again.text) == (422, True)
    bulk = await sends(
        browser, "/chosen/link", item=page(scene, issue), **{"ticket-1": f"hubspot:{ticket}"}
    )
    assert (bulk.status_code, "never linked" in bulk.text) == (422, True)
    assert await live(scene.world) != set()
    assert not any(item == f"boards:{born}" for _, item in await live(scene.world))


async def test_sentry_issue_that_is_not_there_is_answered_on_the_link_page(scene: Scene) -> None:
    ticket, _ = await scene.bug()
    browser = await signed_in(scene.world, "operator")
    own = f"/tickets/hubspot/{ticket}"
    gone = "WEB-ZZ9"
    answer = await sends(
        browser, f"{own}/internal-task", source="sentry", signal=gone, related=await related(scene)
    )
    assert answer.status_code == 422
    assert "No internal task was made. That names no issue of sentry." in answer.text
    assert f'value="{gone}"' in answer.text


async def related(scene: Scene) -> str:
    """The work item of the one ticket."""
    [(_, item)] = await live(scene.world)
    return item
