"""What severities mean and plans give stands where people see or pick them, and hints in drafts."""

from __future__ import annotations

from pathlib import Path

from bridge.domain.refs import TicketRef
from tests.api.doors import Doors, open_doors
from tests.scenarios.world import BRIDGE_YAML
from tests.web.editing import in_force, see
from tests.web.people import form_token, signed_in
from tests.web.rich_mapping import RICH, told_by

CRITERIA = "The system is inoperable."


async def test_criteria_and_policies_stand_at_ticket_customer_launch_and_escalation(
    tmp_path: Path,
) -> None:
    async with open_doors(tmp_path, bridge_yaml=told_by(BRIDGE_YAML)) as doors:
        await doors.add_ticket("801", customer="Acme", plan="Elite", severity="high")
        await see(
            doors, TicketRef("hubspot", "801"), kind="Bug", how_bad="HIGH", subject="It fails"
        )
        await in_force(doors, RICH.replace("inoperable", "<b>inoperable</b>"))
        browser = await signed_in(doors, "operator")
        shown = {
            path: (await browser.get(f"/tickets/hubspot/801{path}")).text
            for path in ("", "/launch", "/escalate")
        }
        shown["customer"] = (await browser.get("/customers?name=Acme")).text
        escaped = CRITERIA.replace("inoperable", "&lt;b&gt;inoperable&lt;/b&gt;")
        for path in ("", "/launch", "/escalate"):
            assert escaped in shown[path], path
        assert f"<strong>High</strong>: {escaped}" in shown[""]
        for path in ("", "customer"):
            assert "at least every 1 business day, by the hours of support" in shown[path]
            assert 'href="https://acme.example/support"' in shown[path]
        assert "within 1 business hour" in shown["customer"]


async def test_draft_points_out_what_a_customer_may_stumble_over_and_can_be_approved(
    doors: Doors,
) -> None:
    await in_force(doors)
    await doors.add_ticket("801", customer="Acme")
    await see(doors, TicketRef("hubspot", "801"), kind="Bug", subject="It fails")
    browser = await signed_in(doors, "csm")
    said = {"form_token": await form_token(browser), "text": "We deployed RD-17 <i>today</i>."}
    written = await browser.post("/tickets/hubspot/801/tell", data=said)
    assert written.status_code == 303, written.text
    page = (await browser.get(written.headers["location"])).text
    for hint in ("“RD-17” is a key", "“deployed” is our word"):
        assert hint in page
    assert "We deployed RD-17 &lt;i&gt;today&lt;/i&gt;." in page
    assert 'value="approve" class="main">Approve' in page
