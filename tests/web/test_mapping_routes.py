"""Pages of routes, conditions, grids and notices: what they show, keep and refuse."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bridge.web.mapping_parts import PARTS
from bridge.web.mapping_registry import forms_of
from tests.api.doors import Doors, open_doors
from tests.scenarios.test_no_scans import heard
from tests.web.editing import PAGE, drafted, fields_of, newest, sent_by
from tests.web.people import signed_in
from tests.web.routed import ROUTED, YAML, routed
from tests.web.test_mapping_drafts import beside

EFFORT = f"{PAGE}/edit/grid?at=routes.1.launch.fields.Effort"


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    async with open_doors(tmp_path, bridge_yaml=YAML) as opened:
        await routed(opened)
        yield opened


def words(page: str) -> str:
    """The page's words, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def test_routes_are_shown_with_the_tickets_that_take_them_and_put_in_another_order(
    doors: Doors,
) -> None:
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/routes"
    page = (await browser.get(path)).text
    said = words(page)
    assert "Counted on 8 tickets that the hub has read; 1 takes none" in said
    assert "5 tickets Take away bug" in said
    assert "If category is Bug or Crash , it becomes work: Bug in boards / Platform." in said
    before = await doors.stored()
    form = sent_by(page)
    with heard() as asked:
        turned = await browser.post(path, data={**form, "do": "up-1"})
    assert (turned.status_code, "is not kept yet" in turned.text) == (200, True)
    # What was counted is carried by the form: no ticket is read anew.
    assert not any("records.observation" in each for each in asked)
    assert "Counted on 8 tickets that the hub has read; 1 takes none" in words(turned.text)
    assert "5 tickets Take away bug" in words(turned.text)
    for odd in ("", "8 1", "x", "8 1 1/2/3", "٣ 1 1/1 1/1 1/1 1/1"):
        again = await browser.post(path, data={**form, "do": "up-1", "counted": odd})
        assert "Counted on 8 tickets" in words(again.text)
    assert await doors.stored() == before
    form = sent_by(turned.text)
    assert form["order"] == "1,0,2,3"
    assert (await browser.post(path, data=form)).status_code == 303
    easy = "  - {id: easy, when: {field: category, is: Easy}, stay: true}\n"
    large = "  - id: large\n"
    assert await newest(doors) == ROUTED.replace(easy, "").replace(large, easy + large)


async def test_route_that_can_not_go_or_is_never_reached_says_why(doors: Doors) -> None:
    listed = (
        f'{ROUTED}digests:\n  - {{id: review, what: review, when: {{at: "09:00"}}, via: '
        "internal, routes: [bug], lacking: Priority}\n"
    )
    await drafted(doors, listed)
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/routes"
    page = (await browser.get(path)).text
    assert "Not possible: the list review is about it; change that in the file first" in page
    form = sent_by(page)
    refused = await browser.post(path, data={**form, "gone-1": "yes"})
    assert (refused.status_code, "the list review is about it" in refused.text) == (422, True)
    crash = "  - {id: crash, when: {field: category, is: Crash}, stay: true}\n"
    await drafted(doors, listed.replace("  # Agreed", f"{crash}  # Agreed"))
    below = await browser.post(path, data={**await fields_of(browser, path), "order": "0,2,1,3,4"})
    assert re.search(r'id="w-route-1">the route is never reached: routes\[1\]', below.text)
    await drafted(doors, listed)
    everything = {f"gone-{i}": "yes" for i in (0, 2, 3)}
    assert (await browser.post(path, data={**form, **everything})).status_code == 303
    path = f"{PAGE}/edit/route?at=%40like-bug"
    copied = await fields_of(browser, path)
    answer = await browser.post(path, data={**copied, "id": "again"})
    assert answer.status_code == 422
    assert "never reached" in beside(answer.text, "when-field-0")
    taken = await browser.post(path, data={**copied, "id": "bug"})
    assert "is the id of" in beside(taken.text, "id")


async def test_condition_shows_values_and_what_would_match_and_a_deep_one_is_left_to_the_file(
    doors: Doors,
) -> None:
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/route?at=bug"
    page = (await browser.get(path)).text
    said = words(page)
    assert "5 of 8 tickets that the hub has read match what stands here" in said
    assert (
        "Bug 4 Crash 1 A wish 1 Question 1 Easy 1 its tickets go to easy, which stands above"
        in said
    )
    assert "Before that, the ticket must say: plan, severity, subject ." in said
    form = sent_by(page)
    sent = {**form, "when-field-1": "plan", "when-test-1": "is", "do": "look-when"}
    before = await doors.stored()
    looked = await browser.post(path, data=sent)
    assert looked.status_code == 200
    assert "Elite 2 Premium 2 Standard 1" not in words(looked.text)
    assert "Elite 4 Premium 2 Standard 2" in words(looked.text)
    form = sent_by(looked.text)
    again = await browser.post(path, data={**form, "when-pick-1-1": "Premium", "do": "look-when"})
    assert "2 of 8 tickets that the hub has read match what stands here" in words(again.text)
    assert await doors.stored() == before
    kept = await browser.post(path, data=sent_by(again.text))
    assert kept.status_code == 303
    assert await newest(doors) == ROUTED.replace(
        "when: {field: category, in: [Bug, Crash]}",
        "when: {all: [{field: category, in: [Bug, Crash]}, {field: plan, is: Premium}]}",
    )
    odd = (await browser.get(f"{PAGE}/edit/route?at=odd")).text
    assert "subject contains odd or category is Wish" in odd
    assert "nested deeper than a form shows" in odd
    assert 'name="when-field-0"' not in odd
    for at in ("nothing", "@like-nothing", ""):
        missing = await browser.get(f"{PAGE}/edit/route", params={"at": at})
        assert missing.status_code == 404


WRONG = (
    ({"then": "jira"}, "then", "no connection"),
    ({"type": ""}, "type", "which type"),
    ({"when-gone-0": "yes"}, "when-field-0", "say which tickets"),
    ({"when-field-1": "plan"}, "when-more-1", "say which value"),
    ({"when-field-1": "colour", "when-more-1": "red"}, "when-field-1", "has no"),
    ({"settle": "soon"}, "settle", "20s"),
    ({"value-0": "{{ ticket.nothing }}"}, "value-0", "nothing"),
    ({"value-0": " "}, "value-0", "take the field away"),
    ({"new-field-0": "Area"}, "new-value-0", "say what it shall be"),
    ({"new-value-0": "x"}, "new-field-0", "say which field"),
    ({"new-field-0": "Steps", "new-from-0": "subject"}, "new-field-0", "sets this field already"),
    ({"project-by": "customer"}, "project", "no customers' projects"),
)


async def test_what_is_wrong_in_a_route_stands_beside_it_and_what_was_typed_is_kept(
    doors: Doors,
) -> None:
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/route?at=bug"
    form = await fields_of(browser, path)
    before = await doors.stored()
    for typed, name, said in WRONG:
        answer = await browser.post(path, data={**form, "note": "kept", **typed})
        assert answer.status_code == 422, typed
        assert said in beside(answer.text, name).replace("&#39;", "'"), typed
        again = sent_by(answer.text)
        assert again["note"] == "kept"
        # A value that was typed comes back among those that are ticked.
        assert {each for key, each in typed.items() if "gone" not in key} <= set(again.values())
    assert await doors.stored() == before


async def test_route_that_was_to_stay_and_is_not_after_all_keeps_what_it_makes(
    doors: Doors,
) -> None:
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/route?at=bug"
    form = await fields_of(browser, path)
    stays = await browser.post(path, data={**form, "then": "stay", "do": "look-tracker"})
    assert "the route loses what it says of the work it makes" in stays.text
    form = sent_by(stays.text)
    assert "type" not in form
    back = await browser.post(path, data={**form, "then": "boards", "do": "look-tracker"})
    assert sent_by(back.text)["project"] == "Platform"
    answer = await browser.post(path, data=sent_by(back.text))
    assert "Nothing was changed." in answer.text
    kept = await browser.post(path, data={**form, "then": "stay"})
    assert kept.status_code == 303
    assert "launch: {in: boards, type: Feature" in await newest(doors)
    assert "    stay: true\n" in await newest(doors)
    assert "type: Bug" not in await newest(doors)


async def test_every_form_that_a_browser_sends_back_as_it_is_changes_nothing(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    mapping = doors.hub.mappings["hubspot"].data
    found = [(name, each.at) for _, listed in forms_of(mapping) for name, each in listed]
    assert {*PARTS} < {name for name, _ in found}
    found += [(name, each.id) for name in ("route", "notices") for each in mapping.routes]
    before = await doors.stored()
    for name, at in dict.fromkeys(found):
        path = str(httpx.URL(f"{PAGE}/edit/{name}", params={"at": at}))
        answer = await browser.post(path, data=await fields_of(browser, path))
        assert (answer.status_code, "Nothing was changed." in answer.text) == (200, True), path
    assert await doors.stored() == before


async def test_pairs_of_values_that_the_grid_lacks_stand_first_with_their_tickets(
    doors: Doors,
) -> None:
    browser = await signed_in(doors, "admin")
    page = (await browser.get(EFFORT)).text
    said = words(page)
    assert "5 of 8 tickets that the hub has read take the route bug" in said
    assert "1 pair of values that tickets have is not in the table." in said
    assert "low and Premium: 2 tickets" in said
    form = sent_by(page)
    column = next(key for key, value in form.items() if value == "Premium").partition("-")[2]
    row = next(key for key, value in form.items() if value == "low").partition("-")[2]
    wrong = await browser.post(EFFORT, data={**form, f"all-{row}": "2"})
    assert "either one value for the whole row" in beside(wrong.text, f"all-{row}")
    kept = await browser.post(EFFORT, data={**form, f"cell-{row}-{column}": "5"})
    assert kept.status_code == 303, kept.text
    assert await newest(doors) == ROUTED.replace(
        "{Elite: 3, Standard: 1}", "{Elite: 3, Standard: 1, Premium: 5}"
    )
    priority = EFFORT.replace("Effort", "Priority")
    alone = await browser.get(f"{priority}.values".replace("/grid?", "/values?"))
    assert "low 4 records" in words(alone.text)
    looked = await browser.post(
        priority, data={**await fields_of(browser, priority), "by": "plan", "do": "look"}
    )
    assert {"Elite", "Standard", "Premium"} <= set(sent_by(looked.text).values())


async def test_notice_is_changed_and_a_mistake_stands_beside_it(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/notices?at=bug"
    form = await fields_of(browser, path)
    assert (form["to-1"], form["resend-1"], form["when-0-field-0"]) == ("leads, duty", "5m",
                                                                        "severity")  # fmt: skip
    for typed, name, said in (
        ({"to-0": "nobody"}, "to-0", "nobody is called"),
        ({"resend-1": "1s"}, "resend-1", "at least 1m"),
        ({"to-0": ""}, "via-0", "needs to know whom"),
    ):
        answer = await browser.post(path, data={**form, **typed})
        assert (answer.status_code, said in answer.text) == (422, True), answer.text
        assert f'id="w-{name}"' in answer.text
    kept = await browser.post(path, data={**form, "to-0": "duty", "when-0-pick-0-0": "low"})
    assert kept.status_code == 303, kept.text
    assert await newest(doors) == ROUTED.replace("is: high}, to: leads", "is: low}, to: duty")


async def test_field_that_has_an_owner_already_is_greyed_and_refused_beside_it(
    doors: Doors,
) -> None:
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/stands"
    page = (await browser.get(path)).text
    assert '<option value="kind" disabled>Kind (kind): the category is read from it' in page
    answer = await browser.post(path, data={**sent_by(page), "show-stage": "kind"})
    assert "is read by ticket.category.property" in beside(answer.text, "show-stage")
    assert sent_by(answer.text)["show-stage"] == "kind"


async def test_second_admin_keeps_what_the_first_made_of_a_route(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/route?at=bug"
    form = await fields_of(browser, path)
    theirs = ROUTED.replace("label: Available", "label: Yours now")
    await drafted(doors, theirs, by="Bob")
    answer = await browser.post(path, data={**form, "type": "Defect"})
    assert (answer.status_code, "Both together" in answer.text) == (409, True)
    assert sent_by(answer.text)["text"] == theirs.replace("type: Bug", "type: Defect")
