"""Releases over the API: who waits for one, and a group that is said to have it (O13)."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.tables import audit_log, release_reached
from tests.api.doors import Doors, ids, refused
from tests.web.released import ID, learnt, release_of_three

PATH = f"/api/v1/releases/{ID}"


async def test_release_says_who_waits_and_which_group_has_it(doors: Doors) -> None:
    await release_of_three(doors)
    viewer = await doors.headers("viewer")
    [found] = (await doors.client.get("/api/v1/releases", headers=viewer)).json()["items"]
    assert (await doors.client.get(PATH, headers=viewer)).json() == found
    assert (found["name"], found["state"], found["day"]) == ("5.4", "planned", "2026-03-10")
    assert (found["tickets"], found["customers"], found["drafts"]) == (3, 2, 0)
    groups = {each["group"]: each for each in found["groups"]}
    assert [(g["tickets"], g["by_day"], g["has_it"]) for g in groups.values()] == [
        (1, True, False), (2, False, False),
    ]  # fmt: skip
    listed = await doors.client.get(f"/api/v1/tickets?release={ID}", headers=viewer)
    assert ids(listed, "subject") == ["Export fails"] * 3
    last = listed.json()["items"][-1]
    assert last["release"] == {"id": ID, "name": "5.4", "group": "everyone"}
    assert last["eta"] == {"told": "2026-03-12", "now": "2026-03-20"}


async def test_group_that_has_it_is_kept_with_who_said_so_and_can_be_taken_back(
    doors: Doors,
) -> None:
    await release_of_three(doors)
    operator = await doors.headers("operator")
    said = {"helpdesk": "hubspot", "group": "everyone", "day": "2026-03-11"}
    answer = await doors.client.post(f"{PATH}/reached", headers=operator, json=said)
    [group] = [each for each in answer.json()["groups"] if each["group"] == "everyone"]
    assert (group["has_it"], group["reached"]) == (True, "2026-03-11")
    assert "operator" in group["by"]
    back = {**said, "reached": False}
    answer = await doors.client.post(f"{PATH}/reached", headers=operator, json=back)
    assert {each["reached"] for each in answer.json()["groups"]} == {None}
    async with doors.hub.db.read() as store:
        assert (await store.execute(sa.select(release_reached))).first() is None
        kept = sa.select(audit_log.c.action).where(audit_log.c.action.startswith("release."))
        assert [*(await store.execute(kept)).scalars()] == [
            "release.reached", "release.taken_back",
        ]  # fmt: skip


async def test_what_there_is_not_is_refused(doors: Doors) -> None:
    await release_of_three(doors)
    operator = await doors.headers("operator")
    said = {"helpdesk": "hubspot", "group": "nobody"}
    problem = refused(
        await doors.client.post(f"{PATH}/reached", headers=operator, json=said),
        *(422, "unknown_group"),
    )
    assert "pilot, everyone" in problem["detail"]
    other = {**said, "helpdesk": "zendesk"}
    refused(
        await doors.client.post(f"{PATH}/reached", headers=operator, json=other),
        *(422, "unknown_group"),
    )
    apart = {"helpdesk": "hubspot", "customer": "Nobody", "reason": "asked"}
    there = f"{PATH}/customers"
    refused(await doors.client.post(there, headers=operator, json=apart), *(422, "not_behind"))
    silent = {**apart, "customer": "Beta", "reason": " "}
    refused(
        await doors.client.post(there, headers=operator, json=silent), *(422, "invalid_request")
    )
    for change in ({}, {"day": "2026-03-01"}, {"apart": False}):
        kept = {**apart, "customer": "Beta", **change}
        answer = await doors.client.post(there, headers=operator, json=kept)
        found = [(each["customer"], each["has_it"]) for each in answer.json()["apart"]]
        assert found == ([] if change.get("apart") is False else [("Beta", "day" in change)])
    # Whoever is said to be called otherwise was set apart, or it is not answered as done.
    renamed = {"helpdesk": "hubspot", "customer": "Beta", "was": "Zeta"}
    refused(await doors.client.post(there, headers=operator, json=renamed), *(409, "not_apart"))
    for name in ("Acme", "Beta"):
        held = {**apart, "customer": name}
        assert (await doors.client.post(there, headers=operator, json=held)).status_code == 200
    taken = {**renamed, "was": "Acme"}
    refused(await doors.client.post(there, headers=operator, json=taken), *(409, "apart_already"))
    same = {**taken, "customer": "Acme"}
    assert (await doors.client.post(there, headers=operator, json=same)).status_code == 200
    known = {**said, "group": "everyone"}
    nothing = "/api/v1/releases/nothing"
    refused(
        await doors.client.post(f"{nothing}/reached", headers=operator, json=known),
        *(404, "not_found"),
    )
    refused(await doors.client.get(nothing, headers=operator), 404, "not_found")
    async with doors.hub.db.read() as store:
        assert (await store.execute(sa.select(release_reached))).first() is None


async def test_releases_are_paged(doors: Doors) -> None:
    for number in range(5):
        await learnt(doors, f"r{number}", vendor_id=str(number))
    viewer, shown, cursor = await doors.headers("viewer"), [], ""
    while True:
        answer = await doors.client.get(f"/api/v1/releases?limit=2{cursor}", headers=viewer)
        shown += ids(answer, "name")
        if answer.json()["next_cursor"] is None:
            break
        cursor = f"&cursor={answer.json()['next_cursor']}"
    assert sorted(shown) == [f"r{number}" for number in range(5)]
