"""What has come apart, on its page: cause by cause, with the press that mends it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bridge.domain.mapping_hygiene import Hygiene
from bridge.engine.hub import ActiveMapping
from tests.api.doors import ADMIN, Doors
from tests.unit.config.samples import good
from tests.web.people import signed_in
from tests.web.test_findings import press, raised, states
from tests.web.test_tickets import HOSTILE
from tests.web.traced import audited


async def apart(doors: Doors, id: str = "812", item: str = "991") -> str:
    """A closed ticket on whose item somebody works still; the finding's id."""
    await doors.add_link(await doors.add_ticket(id, customer="Acme"), item)
    ref, topic = f"hubspot:{id}", f"boards:{item}"
    return await raised(doors, "HYGIENE_TICKET_CLOSED", ref, topic, item=f"#{item}")


def look_at_night(doors: Doors) -> None:
    """Have the mapping ask for the nightly look."""
    data = good().mapping.model_copy(update={"hygiene": Hygiene()})
    doors.hub.mappings["hubspot"] = ActiveMapping(data, "a-version")


async def listed(doors: Doors, path: str) -> list[dict[str, Any]]:
    """What the API lists there."""
    answer = await doors.client.get(path, headers={"Authorization": f"Bearer {ADMIN}"})
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_causes_stand_together_with_their_records_and_one_press(doors: Doors) -> None:
    first = await apart(doors)
    await apart(doors, "813", "992")
    await raised(doors, "HYGIENE_FINDINGS_OLD", None, "X", code_meant="X", count="7", days="21")
    text = (await (await signed_in(doors, "operator")).get("/hygiene")).text
    titles = [re.sub(r"<.*", "", each).strip() for each in re.findall(r'<h2 id="HYG.*?>(.*)', text)]
    assert titles == [
        "Closed tickets that somebody works on still",
        "Findings that nobody has worked on for long",
    ]
    assert f'name="one" value="{first}"' in text
    assert "Take the ticket off the work item: all ticked" in text
    assert "The ticket is closed, and #992 is still worked on for it." in text
    assert "No mapping asks for a nightly look." in text


async def test_press_mends_one_is_audited_and_told(doors: Doors) -> None:
    id = await apart(doors)
    browser = await signed_in(doors, "operator")
    answer = await press(browser, "/hygiene/HYGIENE_TICKET_CLOSED", one=id)
    assert (answer.status_code, answer.headers["location"]) == (303, "/hygiene?said=repaired-1")
    assert (await states(doors))[id] == "resolved"
    links = await listed(doors, "/api/v1/links?ticket=hubspot:812")
    assert [each["state"] for each in links] == ["ended"]
    assert "hygiene.repaired" in [action for _, action, _ in await audited(doors)]
    text = (await browser.get("/hygiene?said=repaired-1")).text
    assert "1 repaired. The next look opens again what still is so." in text
    assert "mended what came apart on hubspot:812: Take the ticket off the work item" in text


async def test_those_ticked_are_mended_or_left_and_none_without_a_tick(doors: Doors) -> None:
    first, second = await apart(doors), await apart(doors, "813", "992")
    browser = await signed_in(doors, "operator")
    path = "/hygiene/HYGIENE_TICKET_CLOSED"
    nothing = await press(browser, path, deed="repair")
    assert (nothing.status_code, "Tick what you mean." in nothing.text) == (422, True)
    await press(browser, path, deed="ignore", **{f"pick-{first}": "yes"})
    await press(browser, path, deed="repair", **{f"pick-{second}": "yes"})
    assert await states(doors) == {first: "ignored", second: "resolved"}


async def test_what_a_press_can_not_mend_is_said_and_stays_open(doors: Doors) -> None:
    await doors.add_ticket("812", customer="Acme")
    id = await raised(
        doors, "HYGIENE_UNACKNOWLEDGED", "hubspot:812", people="ana@acme.com", route="bug"
    )
    browser = await signed_in(doors, "operator")
    answer = await press(browser, "/hygiene/HYGIENE_UNACKNOWLEDGED", one=id)
    assert answer.status_code == 422
    assert "1 could not be repaired." in answer.text
    assert (await states(doors))[id] == "open"


async def test_severity_is_chosen_beside_the_finding_and_nothing_is_sent_without(
    doors: Doors,
) -> None:
    look_at_night(doors)
    await doors.add_ticket("812", customer="Acme")
    id = await raised(doors, "HYGIENE_NO_SEVERITY", "hubspot:812", field="how_bad")
    browser = await signed_in(doors, "operator")
    text = (await browser.get("/hygiene")).text
    assert f'<select name="value-{id}"' in text
    assert '<option value="HIGH">high</option><option value="LOW">low</option>' in text
    answer = await press(browser, "/hygiene/HYGIENE_NO_SEVERITY", one=id)
    assert (answer.status_code, "Say which it is: HIGH, LOW" in answer.text) == (422, True)
    assert (await states(doors))[id] == "open"


async def test_look_is_begun_by_a_press_and_once(doors: Doors) -> None:
    look_at_night(doors)
    browser = await signed_in(doors, "operator")
    assert "Nobody has looked yet" in (await browser.get("/hygiene")).text
    for _ in range(2):
        answer = await press(browser, "/hygiene")
        assert answer.headers["location"] == "/hygiene?said=looking"
    jobs = await listed(doors, "/api/v1/jobs?kind=hygiene")
    assert len(jobs) == 1
    text = (await browser.get("/hygiene?said=looking")).text
    assert "looking now, 0 tickets so far" in text
    assert "Nothing has come apart" in text


@pytest.mark.parametrize("role", ["viewer", "csm"])
async def test_below_operator_nobody_presses(doors: Doors, role: str) -> None:
    id = await apart(doors)
    browser = await signed_in(doors, role)
    shown = await browser.get("/hygiene")
    assert shown.status_code == (403 if role == "viewer" else 200)
    assert 'name="one"' not in shown.text
    answer = await press(browser, "/hygiene/HYGIENE_TICKET_CLOSED", one=id)
    assert answer.status_code == 403
    assert (await states(doors))[id] == "open"


@pytest.mark.parametrize("words", HOSTILE[:4])
async def test_what_people_wrote_is_escaped(doors: Doors, words: str) -> None:
    await doors.add_ticket("812", customer=words, subject=words)
    await raised(doors, "HYGIENE_ITEM_DONE", "hubspot:812", items=words, days="3")
    text = (await (await signed_in(doors, "operator")).get("/hygiene")).text
    assert words not in text


async def test_unknown_cause_is_a_page_that_says_so(doors: Doors) -> None:
    answer = await press(await signed_in(doors, "operator"), "/hygiene/STATUS_UNMAPPED", one="x")
    assert answer.status_code == 404
