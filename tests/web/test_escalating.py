"""Escalating on the pages: what is asked, what is missing, who decides, and how a ticket ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.web.panel_content import as_document, content_of
from tests.scenarios.test_mirror import bug
from tests.scenarios.world import World, open_world
from tests.shipped import SHIPPED
from tests.web.people import form_token, signed_in

MAPPING = (
    SHIPPED
    + """
closing: {remind_after: 0s, reopen_to: {property: hs_pipeline_stage, value: "1"}}
escalation:
  requires: {steps: {property: steps, label: Steps to reproduce, ask: Which steps lead to it?}}
  impact: {property: impact}
"""
)
HOSTILE = "<script>alert(1)</script> & {{ 7 * 7 }}"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The world whose mapping says what must be known before an escalation."""
    async with open_world(tmp_path, mapping=MAPPING) as opened:
        for name in ("steps", "impact"):
            opened.hubspot.add_property("tickets", name)
        opened.hubspot.subscribe_all()
        yield opened


async def ticket_of(world: World) -> str:
    """A ticket that nobody has categorised; its id."""
    id = world.hubspot.person_creates_ticket(subject="Restore fails", company_id=world.acme)
    await world.settle()
    return str(id)


async def test_form_keeps_what_was_typed_and_says_what_is_wrong(world: World) -> None:
    path = f"/tickets/hubspot/{await ticket_of(world)}/escalate"
    browser = await signed_in(world, "csm")
    shown = (await browser.get(path)).text
    assert "Steps to reproduce" in shown
    assert "You may ask though Steps to reproduce, Impact are not known" in shown
    token = await form_token(browser)
    typed = {"form_token": token, "reason": "  ", "contact": HOSTILE}
    answer = await browser.post(path, data=typed)
    assert answer.status_code == 422
    assert "Say why, in at most 2000 characters. Nobody was asked." in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "<script>alert" not in answer.text
    assert "No escalation waits" in (await browser.get("/escalations")).text


async def test_request_is_asked_by_a_csm_and_decided_by_an_operator(world: World) -> None:
    id = await ticket_of(world)
    path = f"/tickets/hubspot/{id}/escalate"
    csm, operator = await signed_in(world, "csm", "Ada"), await signed_in(world, "operator", "Mia")
    asked = {"form_token": await form_token(csm), "reason": HOSTILE, "contact": "Kim"}
    answer = await csm.post(path, data=asked)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?said=asked")
    again = await csm.post(path, data=asked)
    assert again.status_code == 409
    assert "asked already" in again.text
    await world.settle()
    queue = (await operator.get("/escalations")).text
    assert "Restore fails" in queue
    assert "<script>alert" not in queue
    # The CSM sees that it waits, and has no button to decide.
    seen = (await csm.get(path)).text
    assert "It waits for a decision" in seen
    assert 'value="accept"' not in seen
    page = (await operator.get(path)).text
    assert "can't be accepted before the ticket says: Impact" in page
    action = page.partition('action="/escalations/')[2].partition('"')[0]
    token = await form_token(operator)
    given = {"form_token": token, "deed": "accept", "note": "Yes", "owner": "mia@acme.com"}
    refused = await operator.post(f"/escalations/{action}", data=given)
    assert refused.status_code == 409
    assert "The ticket does not say" in refused.text
    assert 'value="mia@acme.com"' in refused.text
    world.hubspot.person_edits_ticket(id, steps="Press Restore", impact="blocked")
    await world.settle()
    done = await operator.post(f"/escalations/{action}", data=given)
    assert (done.status_code, done.headers["location"]) == (303, f"{path}?said=accept")
    ticket = (await csm.get(f"/tickets/hubspot/{id}")).text
    assert "carried by <strong>mia@acme.com</strong>" in ticket
    accepted = (await operator.get("/escalations?state=accepted")).text
    assert "carried by mia@acme.com" in accepted
    assert "No escalation" in (await operator.get("/escalations?state=accepted&mine=yes")).text


async def test_checklist_is_ticked_at_the_ticket_and_asks_the_customer_what_is_missing(
    world: World,
) -> None:
    """C4: what is known before an escalation stands where the front line works."""
    id = await ticket_of(world)
    path, csm = f"/tickets/hubspot/{id}", await signed_in(world, "csm")
    page = (await csm.get(path)).text
    assert 'Known before an escalation <span class="count">0 of 2</span>' in page
    written = await csm.get(f"{path}/tell?about=intake")
    assert "Hello,\n\nWhich steps lead to it?\n\nYour support team</textarea>" in written.text
    world.hubspot.person_edits_ticket(id, steps=HOSTILE)
    await world.settle()
    page = (await csm.get(path)).text
    assert 'Known before an escalation <span class="count">1 of 2</span>' in page
    assert "<small>&lt;script&gt;alert(1)" in page
    # The question that is answered is asked no more.
    assert "?about=intake" not in page
    answer = await world.client.get(f"/api/v1{path}/intake", headers=world.admin)
    said = answer.json()
    known = [(each["id"], each["known"], each["required"]) for each in said["points"]]
    assert known == [("steps", True, False), ("impact", False, True)]
    assert (said["missing"], said["allowed"]) == (["Impact"], True)
    content = await content_of(world.hub, "hubspot", id)
    assert as_document(content, "", "")["checklist"] == [
        {"label": "Steps to reproduce", "known": True}, {"label": "Impact", "known": False},
    ]  # fmt: skip
    # Once work hangs on it there is nothing to be known first.
    ticket, _ = await bug(world)
    assert "Known before" not in (await csm.get(f"/tickets/hubspot/{ticket}")).text


async def test_decision_without_a_reason_decides_nothing(world: World) -> None:
    path = f"/tickets/hubspot/{await ticket_of(world)}/escalate"
    operator = await signed_in(world, "operator")
    token = await form_token(operator)
    await operator.post(path, data={"form_token": token, "reason": "It burns"})
    page = (await operator.get(path)).text
    action = page.partition('action="/escalations/')[2].partition('"')[0]
    given = {"form_token": token, "deed": "decline", "note": "", "owner": "o" * 500}
    answer = await operator.post(f"/escalations/{action}", data=given)
    assert answer.status_code == 422
    assert answer.text.count("Nothing was decided.") == 2
    assert "It waits for a decision" in (await operator.get(path)).text


@pytest.mark.parametrize("role", ["viewer", "csm"])
async def test_who_may_not_decide_or_ask_is_told_which_role_it_takes(
    world: World, role: str
) -> None:
    id = await ticket_of(world)
    browser = await signed_in(world, role)
    token = "x" if role == "viewer" else await form_token(browser)
    answer = await browser.post("/escalations/es-1", data={"form_token": token})
    assert (answer.status_code, "It needs the role operator" in answer.text) == (403, True)
    form = await browser.get(f"/tickets/hubspot/{id}/escalate")
    assert form.status_code == (403 if role == "viewer" else 200)


async def test_ticket_says_how_far_its_work_its_customer_and_itself_are(world: World) -> None:
    ticket, item = await bug(world)
    browser = await signed_in(world, "csm")
    path = f"/tickets/hubspot/{ticket}"
    assert f"not done: #{item}" in (await browser.get(path)).text
    world.boards.person_moves_state(item, "Active")
    world.boards.person_moves_state(item, "Closed")
    await world.settle()
    shown = (await browser.get(path)).text
    assert "not told yet" in shown
    world.hubspot.agent_replies(ticket, "It is fixed.")
    await world.sweep("hubspot")
    assert "told since" in (await browser.get(path)).text


async def test_ticket_that_ended_too_early_is_opened_again_by_one_click(world: World) -> None:
    ticket, _ = await bug(world)
    path = f"/tickets/hubspot/{ticket}"
    operator = await signed_in(world, "operator")
    token = {"form_token": await form_token(operator)}
    refused = await operator.post(f"{path}/reopen", data=token)
    assert (refused.status_code, "The ticket is open." in refused.text) == (409, True)
    world.hubspot.person_edits_ticket(ticket, hs_pipeline_stage="4")
    await world.settle()
    assert "Open it again in the helpdesk" in (await operator.get(path)).text
    csm = await signed_in(world, "csm", "Cy")
    assert "Open it again in the helpdesk" not in (await csm.get(path)).text
    answer = await operator.post(f"{path}/reopen", data=token)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"{path}?done=reopened"
    await world.settle()
    assert world.ticket(ticket)["hs_pipeline_stage"] == "1"
    # Closed anew it stays so: what was asked for was that one time.
    world.hubspot.person_edits_ticket(ticket, hs_pipeline_stage="4")
    await world.settle()
    assert world.ticket(ticket)["hs_pipeline_stage"] == "4"


async def test_mapping_pages_show_the_file_with_these_parts_unharmed(world: World) -> None:
    admin = await signed_in(world, "admin", "Root")
    for path in ("", "/edit", "/edit/stages", "/edit/fields", "/edit/switches"):
        answer = await admin.get(f"/mappings/hubspot-success{path}")
        assert answer.status_code == 200, path
    text = (await admin.get("/mappings/hubspot-success/edit")).text
    assert "closing: {remind_after: 0s" in text
    assert "impact: {property: impact}" in text
