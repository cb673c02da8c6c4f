"""The pages of the mappings: who may see them, what they say, and that nothing of others runs."""

from __future__ import annotations

from bridge.store import jobs
from bridge.store.jobs import JobState
from tests.api.doors import Doors
from tests.web.editing import PAGE, TEXT, acts, drafted, fields_of, in_force, newest, seen_bug
from tests.web.people import form_token, signed_in
from tests.web.test_tickets import HOSTILE, Parts

PAGES = (
    "/mappings", PAGE, f"{PAGE}/edit", f"{PAGE}/edit/stages", f"{PAGE}/edit/fields",
    f"{PAGE}/edit/switches", f"{PAGE}/edit/values?at=status.boards", f"{PAGE}/try",
    f"{PAGE}/preview", f"{PAGE}/history", "/mappings/@new",
)  # fmt: skip
REWORDED = TEXT.replace("label: Reported}", "label: With our engineers}")


async def test_mappings_are_for_admins(doors: Doors) -> None:
    version = await in_force(doors)
    for role in ("viewer", "csm", "operator"):
        await _is_shut_out(doors, role, version)


async def _is_shut_out(doors: Doors, role: str, version: str) -> None:
    browser = await signed_in(doors, role)
    for path in (*PAGES, f"{PAGE}/versions/{version}"):
        answer = await browser.get(path)
        assert (answer.status_code, "role admin" in answer.text) == (403, True), path
    token, before = await form_token(browser), await doors.stored()
    for path in ("edit", "edit/stages", "upload", "preview", "activate", "restore", "campaign"):
        said = {"form_token": token, "seen": version, "version": version, "note": "x"}
        assert (await browser.post(f"{PAGE}/{path}", data=said)).status_code == 403, path
    assert await doors.stored() == before
    assert ">Mappings</a>" not in (await browser.get("/")).text


async def test_form_that_the_hub_did_not_give_out_changes_nothing(doors: Doors) -> None:
    version = await in_force(doors)
    browser = await signed_in(doors, "admin")
    before = await doors.stored()
    said = {"seen": version, "version": version, "text": REWORDED, "note": "x", "do": "keep"}
    for path in ("edit", "edit/stages", "preview", "activate", "restore", "campaign"):
        for token in ({}, {"form_token": "0" * 64}):
            answer = await browser.post(f"{PAGE}/{path}", data={**said, **token})
            assert (answer.status_code, "expired" in answer.text) == (403, True), path
    answer = await browser.post(f"{PAGE}/upload", data=said, files={"file": ("a.yaml", b"a: 1")})
    assert answer.status_code == 403
    assert (await browser.post("/mappings/@new", data=said)).status_code == 403
    assert await doors.stored() == before


async def test_without_a_mapping_the_list_says_how_to_get_one(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    assert "There is no mapping yet" in (await browser.get("/mappings")).text
    answer = await browser.get(PAGE)
    assert (answer.status_code, "There is no such mapping" in answer.text) == (404, True)


async def test_list_says_what_is_in_force_by_whom_and_what_waits(doors: Doors) -> None:
    version = await in_force(doors)
    await drafted(doors, REWORDED, by="Bob")
    text = (await (await signed_in(doors, "admin")).get("/mappings")).text
    for said in (version[:8], "activated by Grace", "1 draft waits", "newest by Bob", "Fine:"):
        assert said in text


async def test_health_says_what_asks_for_a_change_and_on_how_many_records(doors: Doors) -> None:
    await in_force(doors)
    for id in ("1", "2"):
        await doors.add_finding("STATUS_UNMAPPED", "hubspot", f"hubspot:{id}")
    text = (await (await signed_in(doors, "admin")).get("/mappings")).text
    assert "Engineering uses a status we have no customer wording for" in text
    assert "2 records" in text
    assert "Fine:" not in text


async def test_both_sides_stand_on_one_screen(doors: Doors) -> None:
    await in_force(doors)
    await seen_bug(doors, "1", "New")
    text = (await (await signed_in(doors, "admin")).get(PAGE)).text
    for said in (
        "<small>last seen: Reported</small>", "<small>last seen: 1</small>",
        "where category is Bug or Crash, the ticket becomes work: Bug in boards",
        "work_stage", "to the ticket", "status (least advanced)", "always, put back once",
        "System.Title", "a person tells the customer", "A ticket with two work items shows",
        "what it showed before, until a person decides",
        "In which words customers are told", "the hub's own words", "and you can use it now",
    ):  # fmt: skip
        assert said in text


async def test_history_says_who_when_and_why_and_shows_any_two_side_by_side(doors: Doors) -> None:
    first = await in_force(doors)
    second = await drafted(doors, REWORDED, by="Bob")
    browser = await signed_in(doors, "admin")
    text = (await browser.get(f"{PAGE}/history")).text
    for said in ("Bob", "Grace", "stages / reported / label", "<ins>With our engineers</ins>"):
        assert said in text
    back = await browser.get(f"{PAGE}/history", params={"before": second, "after": first})
    assert "<del>With our engineers</del>" in back.text
    same = await browser.get(f"{PAGE}/history", params={"before": first, "after": first})
    assert "Both say the same" in same.text


async def test_earlier_version_is_made_a_draft_and_nothing_comes_into_force(doors: Doors) -> None:
    first = await in_force(doors)
    second = await in_force(doors, REWORDED)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/history")
    assert form["version"] == first
    answer = await browser.post(f"{PAGE}/restore", data=form)
    assert answer.status_code == 303
    assert await newest(doors) == TEXT
    assert doors.hub.mappings["hubspot"].hash == second
    assert (await acts(doors))[-1] == ("Ada", "mapping.drafted", f"as of {first[:8]}")
    # The form is old by now: somebody has kept a draft since.
    assert (await browser.post(f"{PAGE}/restore", data=form)).status_code == 409


async def test_file_of_a_version_is_what_was_written(doors: Doors) -> None:
    version = await in_force(doors)
    browser = await signed_in(doors, "admin")
    answer = await browser.get(f"{PAGE}/versions/{version}")
    assert answer.text == TEXT
    assert answer.headers["content-type"] == "application/yaml"
    assert answer.headers["content-disposition"] == 'attachment; filename="small.yaml"'
    for wrong in ("0" * 64, "zz", "-"):
        assert (await browser.get(f"{PAGE}/versions/{wrong}")).status_code == 404


async def test_campaign_is_shown_paused_resumed_and_ended(doors: Doors) -> None:
    await in_force(doors)
    for id in ("1", "2", "3"):
        await seen_bug(doors, id, "New")
    await in_force(doors, REWORDED)
    browser = await signed_in(doors, "admin")
    page = await browser.get("/mappings")
    assert "0 of 3" in page.text
    [job] = [each for each in await _campaigns(doors) if each.state is JobState.WAITING]
    said = {"form_token": await form_token(browser), "job": job.id, "back": "list"}
    for do, state, shown in (
        ("pause", JobState.PAUSED, "Go on"),
        ("resume", JobState.RUNNING, "Pause"),
        ("cancel", None, "Mappings"),
    ):
        answer = await browser.post(f"{PAGE}/campaign", data={**said, "do": do})
        assert (answer.status_code, answer.headers["location"]) == (303, "/mappings")
        live = await _campaigns(doors)
        assert [each.state for each in live] == ([] if state is None else [state])
        assert shown in (await browser.get("/mappings")).text
    over = await browser.post(f"{PAGE}/campaign", data={**said, "do": "pause"})
    assert (over.status_code, "It is over" in over.text) == (409, True)
    assert [act[1] for act in await acts(doors)][-3:] == [
        "job.paused", "job.running", "job.cancelled",
    ]  # fmt: skip


async def _campaigns(doors: Doors) -> list[jobs.Job]:
    async with doors.hub.db.read() as connection:
        return await jobs.live(connection, "campaign")


async def test_text_of_a_mapping_never_becomes_part_of_a_page(doors: Doors) -> None:
    await doors.add_finding("VALUE_UNMAPPED", "hubspot", "hubspot:1")
    for text in HOSTILE:
        await _stays_text(doors, text)


async def _stays_text(doors: Doors, text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    hostile = (
        TEXT.replace("is: Easy", f'is: "{quoted}"')
        .replace("{HIGH: high, LOW: low}", f'{{HIGH: high, LOW: low, "{quoted}": low}}')
        .replace("engineering_priority", f'"{quoted}"')
        .replace("New: reported", f'New: reported, "{quoted}": reported')
    )
    if "{{" not in text:
        hostile = hostile.replace("label: Reported}", f'label: "{quoted}"}}')
    await in_force(doors, hostile, by=text)
    await drafted(doors, hostile.replace("Available", "There"), by=text)
    browser = await signed_in(doors, "admin", name=text)
    for path in (*PAGES, f"{PAGE}/edit/values?at=ticket.severity.values", f"{PAGE}/try?ticket=1"):
        answer = await browser.get(path)
        assert answer.status_code in (200, 422), path
        parts = Parts()
        parts.feed(answer.text)
        assert [e for e in parts.scripts if not e.startswith("/static/")] == [], path
        assert [each for each in parts.attributes if each.startswith("on")] == [], path
        assert [e for e in parts.addresses if ":" in e.partition("?")[0]] == [], path


async def test_address_of_nothing_is_a_page_that_says_so(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    for path in ("/edit/nothing", "/edit/values?at=nothing", "?version=x", "%00"):
        answer = await browser.get(f"{PAGE}{path}", headers={"Accept": "text/html"})
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
