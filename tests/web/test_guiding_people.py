"""Pages that lead on: filters that name themselves, ways back, pauses that are told of."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain.refs import TicketRef
from bridge.engine import pausing
from bridge.store import history
from tests.api.doors import Doors
from tests.web.editing import PAGE, TEXT, fields_of, in_force
from tests.web.people import browser_of, form_token, signed_in


def _options(text: str) -> dict[str, str]:
    found = re.search(r'<select name="stage".*?</select>', text, re.DOTALL)
    assert found is not None
    return dict(re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)</option>', found[0]))


async def test_stage_filter_has_every_wording_that_mappings_in_force_use(doors: Doors) -> None:
    await in_force(doors)
    [small] = doors.hub.mappings.values()
    [first, *others] = small.data.stages
    told = first.model_copy(update={"label": "Told to engineering"})
    data = small.data.model_copy(update={"stages": (told, *others)})
    doors.hub.mappings["another"] = replace(small, data=data)
    browser = await signed_in(doors)
    options = _options((await browser.get("/")).text)
    assert options[first.id] == f"Told to engineering / {first.label}"
    assert [each for each in options if each] == [each.id for each in small.data.stages]
    assert all(options[each.id] == each.label for each in others)


async def test_stage_that_no_mapping_has_shows_as_itself(doors: Doors) -> None:
    text = (await (await signed_in(doors)).get("/?stage=long_gone")).text
    assert '<option value="long_gone" selected>long_gone</option>' in text
    assert "long_gone" not in (await (await signed_in(doors)).get("/")).text


async def test_decisions_stand_before_what_is_with_engineering(doors: Doors) -> None:
    text = (await (await signed_in(doors)).get("/")).text
    assert text.index(">Needs decision") < text.index(">With engineering")


@pytest.mark.parametrize(
    ("path", "back", "label"),
    [
        ("/mappings/nothing", "/mappings", "Back to Mappings"),
        ("/deliveries/nothing", "/deliveries", "Back to Inspector"),
        ("/runs/nothing", "/deliveries", "Back to Inspector"),
        ("/findings/NOTHING/at-all", "/findings", "Back to Findings"),
        ("/held/nothing", "/held", "Back to Held texts"),
        ("/health/nothing", "/health", "Back to Health"),
        ("/tickets/hubspot/nothing", "/", "To the list of tickets"),
        ("/nothing/like/it", "/", "To the list of tickets"),
    ],
)
async def test_problem_keeps_the_menu_and_leads_back_to_its_part(
    doors: Doors, path: str, back: str, label: str
) -> None:
    browser = await signed_in(doors, "admin")
    answer = await browser.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert 'aria-label="Parts of the hub"' in answer.text
    main = answer.text.partition("<main")[2]
    assert f'<a href="{back}">{label}</a>' in main


async def test_problem_below_a_ticket_leads_back_to_it(doors: Doors) -> None:
    await doors.add_ticket("1")
    answer = await (await signed_in(doors, "viewer")).get("/tickets/hubspot/1/link")
    assert answer.status_code == 403
    assert '<a href="/tickets/hubspot/1">Back to the ticket</a>' in answer.text


async def test_problem_for_another_role_leads_where_one_may_go(doors: Doors) -> None:
    answer = await (await signed_in(doors, "viewer")).get("/mappings")
    assert answer.status_code == 403
    assert '<a href="/">To the list of tickets</a>' in answer.text
    assert 'href="/mappings"' not in answer.text


async def test_problem_shows_nobody_s_menu_to_a_stranger(doors: Doors) -> None:
    answer = await browser_of(doors).get("/nothing", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "Parts of the hub" not in answer.text


async def test_customers_without_a_name_asks_which_one(doors: Doors) -> None:
    browser = await signed_in(doors)
    for query in ("", "?name=", "?name=%20"):
        answer = await browser.get(f"/customers{query}")
        assert answer.status_code == 404
        assert "The address names none." in answer.text
        assert "No ticket names a customer" not in answer.text


async def test_invitation_with_an_address_gives_somebody_their_customers(doors: Doors) -> None:
    await doors.add_ticket("1", owner="grace@acme.com", subject="Hers")
    await doors.add_ticket("2", owner="ada@acme.com", subject="Of another")
    browser = await signed_in(doors, "admin", "Ada")
    form = {"form_token": await form_token(browser), "name": "Grace", "role": "csm"}
    wrong = await browser.post("/people", data={**form, "email": "grace at acme"})
    assert wrong.status_code == 422
    assert 'id="wrong-email"' in wrong.text
    assert 'value="grace at acme"' in wrong.text
    made = await browser.post("/people", data={**form, "email": "Grace@Acme.com"})
    path = re.search(r"<code>https?://[^/]+(/sign-in/[^<]+)</code>", made.text)
    assert path is not None
    grace = browser_of(doors)
    await grace.post(path[1])
    text = (await grace.get("/")).text
    assert "Hers" in text
    assert "Of another" not in text


async def test_invitation_says_what_each_role_may(doors: Doors) -> None:
    text = (await (await signed_in(doors, "admin")).get("/people")).text
    may = dict(re.findall(r"<strong>(\w+)</strong> <span class=\"also\">may ([^<]+)<", text))
    assert "findings" not in may["viewer"]
    assert "read findings" in may["csm"]
    assert "held texts" in may["operator"]
    assert "audit log" in may["admin"]


async def test_signing_out_is_said_and_a_stranger_is_led_to_an_admin(doors: Doors) -> None:
    browser = await signed_in(doors)
    token = {"form_token": await form_token(browser)}
    answer = await browser.post("/sign-out", data=token)
    text = (await browser.get(answer.headers["location"])).text
    assert "You are signed out." in text
    text = (await browser.get("/sign-in")).text
    assert "You are signed out." not in text
    assert text.index("Ask an admin") < text.index("<details>") < text.index("bridge sign-in")


async def test_nobody_who_is_signed_in_is_told_that_they_are_not(doors: Doors) -> None:
    text = (await (await signed_in(doors)).get("/sign-in?left=yes")).text
    assert "You are signed out." not in text


async def test_pause_is_told_on_the_list_and_on_tickets_that_it_holds(doors: Doors) -> None:
    await doors.add_link(await doors.add_ticket("1"), "991")
    await doors.add_ticket("2")
    browser = await signed_in(doors, "viewer")
    for path in ("/", "/tickets/hubspot/1"):
        assert "is paused" not in (await browser.get(path)).text
    await pausing.pause(doors.hub, "boards", reason="The <move> of the boards", by="Grace")
    for path in ("/", "/tickets/hubspot/1"):
        text = (await browser.get(path)).text
        assert 'href="/health/boards"' in text, path
        assert "is paused by Grace: The &lt;move&gt; of the boards" in text, path
    assert "is paused" not in (await browser.get("/tickets/hubspot/2")).text


async def test_closed_ticket_waits_for_no_date(doors: Doors) -> None:
    await doors.add_ticket("1", closed=True, needs=(), eta=None)
    await doors.add_ticket("2", closed=True, needs=(), eta="2026-05-12")
    await doors.add_ticket("3", eta=None)
    browser = await signed_in(doors)
    shown = [(await browser.get(f"/tickets/hubspot/{id}")).text for id in "123"]
    assert ["<dt>Expected</dt>" in each for each in shown] == [False, True, True]


async def test_unlinking_is_told_without_an_arrow_to_nothing(doors: Doors) -> None:
    ticket: TicketRef = await doors.add_ticket("1", customer="Acme")
    async with doors.hub.db.write() as store:
        await history.add_transition(
            store, str(ticket), "unlinked", before="boards:991", after=None,
            cause="by Ada", now=doors.hub.now() - timedelta(minutes=1),
        )  # fmt: skip
    browser = await signed_in(doors)
    for path in ("/tickets/hubspot/1", "/customers?name=Acme"):
        text = (await browser.get(path)).text
        assert "Unlinked</strong>: 991 in Azure DevOps Boards<" in text, path
        assert "nothing</span>" not in text.partition("Unlinked")[2], path


async def test_stages_form_says_every_mistake_at_once(doors: Doors) -> None:
    await in_force(doors, TEXT)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/edit/stages")
    sent = {**form, "label-0": "  ", "place-1": "second"}
    answer = await browser.post(f"{PAGE}/edit/stages", data=sent)
    assert answer.status_code == 422
    assert 'id="w-label-0"' in answer.text
    assert 'id="w-place-1"' in answer.text


async def test_what_a_check_came_to_takes_the_focus(doors: Doors) -> None:
    await doors.add_ticket("1")
    browser = await signed_in(doors, "admin")
    for path in ("/tickets/hubspot/1?checked=converged", "/health/hubspot?done=checked"):
        said = re.search(r'<p role="status"[^>]*>', (await browser.get(path)).text)
        assert said is not None, path
        assert 'tabindex="-1" data-focus' in said[0]


async def test_held_tabs_say_how_many(doors: Doors) -> None:
    text = (await (await signed_in(doors, "operator")).get("/held")).text
    assert re.findall(r'class="count">(\d+)', text) == ["0"] * 5


async def test_admins_parts_stand_apart_too_where_there_is_little_room(doors: Doors) -> None:
    text = (await (await signed_in(doors, "admin")).get("/people")).text
    menu = text.partition('<details class="admin">')[2].partition("</details>")[0]
    assert re.findall(r'href="(/[a-z]+)"', menu) == ["/mappings", "/people", "/tokens", "/audit"]
    assert 'class="here"' in menu
    assert (
        '<details class="admin">' not in (await (await signed_in(doors, "operator")).get("/")).text
    )
