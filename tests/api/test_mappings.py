"""Mappings: seen, checked, drafted and put in force; two admins never undo each other unseen."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bridge.config.mapping_files import LoadedMapping, load_mapping
from bridge.engine import activation, mapping_life
from bridge.engine.activation import StaleDraft, context_of, import_files, load_active
from bridge.store import jobs
from bridge.store.tables import audit_log
from tests.api.doors import ADMIN, Doors, ids, refused
from tests.scenarios.world import World
from tests.shipped import SHIPPED
from tests.unit.config.samples import GOOD

SMALL = "/mappings/small"
REWORDED = GOOD.replace("label: Reported", "label: With our engineers")
RENAMED = GOOD.replace("mapping: small", "mapping: other")
BAD = GOOD.replace("in: boards", "in: board").replace("least_advanced", "furthest")


async def put(
    doors: Doors, text: str | bytes, seen: str = "", *, kind: str = "application/yaml", to: str = ""
) -> httpx.Response:
    """An admin's draft; `seen` is the hash that the admin looked at."""
    headers = {"Content-Type": kind} | ({"If-Match": f'"{seen}"'} if seen else {})
    path = f"{to or SMALL}/draft"
    return await doors.ask("PUT", path, role="admin", content=text, headers=headers)


async def drafted(doors: Doors, text: str, seen: str = "", *, to: str = "") -> str:
    """The same, kept; its hash."""
    answer = await put(doors, text, seen, to=to)
    assert answer.status_code == 200, answer.text
    said: str = answer.json()["hash"]
    assert answer.headers["etag"] == f'"{said}"'
    return said


async def activate(doors: Doors, version: str | None = None, *, to: str = "") -> httpx.Response:
    """An admin's order to put a version in force."""
    body = None if version is None else {"version": version}
    return await doors.ask("POST", f"{to or SMALL}/activate", role="admin", json=body)


async def in_force(doors: Doors, text: str = GOOD) -> str:
    """The text, drafted and put in force; its hash."""
    made = await drafted(doors, text, seen="*" if await small(doors) else "")
    assert (await activate(doors)).status_code == 200
    return made


async def small(doors: Doors) -> dict[str, Any]:
    """The mapping as the list has it; empty if it has not."""
    answer = await doors.ask("GET", "/mappings")
    assert answer.status_code == 200
    found: dict[str, dict[str, Any]] = {each["name"]: each for each in answer.json()["items"]}
    return found.get("small", {})


async def states(doors: Doors, name: str = "small") -> dict[str, str]:
    """The versions of a mapping and how each stands."""
    answer = await doors.ask("GET", f"/mappings/{name}/versions")
    return {each["hash"]: each["state"] for each in answer.json()["items"]}


async def validated(
    doors: Doors, text: str | bytes, kind: str = "application/yaml"
) -> list[dict[str, Any]]:
    """What a check of the mapping says."""
    headers = {"Content-Type": kind}
    answer = await doors.ask("POST", f"{SMALL}/validate", content=text, headers=headers)
    assert answer.status_code == 200, answer.text
    problems: list[dict[str, Any]] = answer.json()["problems"]
    return problems


async def test_without_any_mapping_the_list_is_empty_and_names_are_unknown(quiet: Doors) -> None:
    assert ids(await quiet.ask("GET", "/mappings"), "name") == []
    for path in (f"{SMALL}/versions", f"{SMALL}/draft"):
        refused(await quiet.ask("GET", path), 404, "not_found")


async def test_draft_is_listed_and_read_as_it_was_written(doors: Doors) -> None:
    made = await drafted(doors, f"# why: see ticket 812\n{GOOD}")
    found = await small(doors)
    assert (found["helpdesk"], found["active"], found["campaign"]) == ("hubspot", None, None)
    assert [(e["hash"], e["created_by"]) for e in found["drafts"]] == [(made, "token the admin")]
    answer = await doors.ask("GET", f"{SMALL}/draft")
    assert answer.json()["text"] == f"# why: see ticket 812\n{GOOD}"
    assert answer.headers["etag"] == f'"{answer.json()["hash"]}"' == f'"{made}"'
    assert doors.hub.mappings == {}


async def test_activated_draft_is_in_force_at_once_and_audited(doors: Doors) -> None:
    made = await drafted(doors, GOOD)
    answer = await activate(doors)
    assert answer.status_code == 200
    assert answer.json()["active"]["hash"] == made
    assert answer.json()["drafts"] == []
    # The helpdesk's first mapping, and no records: there is nothing to go over.
    assert answer.json()["campaign"] is None
    assert doors.hub.mappings["hubspot"].hash == made
    assert doors.hub.work_wake.is_set()
    a = audit_log.c
    async with doors.hub.db.read() as connection:
        kept = await connection.execute(sa.select(a.actor, a.action, a.target).order_by(a.id))
    assert [tuple(each) for each in kept] == [
        ("token the admin", "mapping.drafted", "mapping small"),
        ("token the admin", "mapping.activated", "mapping small"),
    ]


async def test_activation_replaces_the_version_before(doors: Doors) -> None:
    first = await in_force(doors)
    second = await drafted(doors, REWORDED, first)
    assert (await small(doors))["active"]["hash"] == first
    assert (await activate(doors, second[:12])).json()["active"]["hash"] == second
    assert await states(doors) == {first: "retired", second: "active"}


async def test_retired_version_comes_back_when_asked_for(doors: Doors) -> None:
    first, second = await in_force(doors), await in_force(doors, REWORDED)
    assert (await activate(doors, first)).status_code == 200
    assert await states(doors) == {first: "active", second: "retired"}
    assert doors.hub.mappings["hubspot"].hash == first


async def test_version_nobody_knows_is_not_found_and_changes_nothing(doors: Doors) -> None:
    await in_force(doors)
    before = await doors.stored()
    refused(await activate(doors, "0" * 64), 404, "not_found")
    refused(await activate(doors), 404, "not_found")
    refused(await activate(doors, to="/mappings/nothing"), 404, "not_found")
    assert await doors.stored() == before


async def test_version_in_force_is_not_activated_again(doors: Doors) -> None:
    made = await in_force(doors)
    before = await doors.stored()
    refused(await activate(doors, made), 409, "already_active")
    refused(await put(doors, GOOD, made), 409, "already_active")
    assert await doors.stored() == before


@pytest.mark.parametrize("version", ["", "7d1f", "not-a-hash", "7D1F0C52A9BE", 12345678])
async def test_what_is_no_hash_is_refused(quiet: Doors, version: Any) -> None:
    body = {"version": version}
    answer = await quiet.ask("POST", f"{SMALL}/activate", role="admin", json=body)
    refused(answer, 422, "invalid_request")


async def test_activation_of_the_newest_never_goes_back_to_an_older_draft(doors: Doors) -> None:
    older = await drafted(doors, GOOD)
    newer = await drafted(doors, REWORDED, older)
    assert [each["hash"] for each in (await small(doors))["drafts"]] == [newer, older]
    await activate(doors)
    assert await states(doors) == {newer: "active", older: "retired"}
    refused(await activate(doors), 404, "not_found")


async def test_draft_that_nobody_looked_at_is_not_put_in_force(doors: Doors) -> None:
    older = await drafted(doors, GOOD)
    newer = await drafted(doors, REWORDED, older)

    async def looked_at(seen: str, body: Any = None) -> httpx.Response:
        headers = {"If-Match": f'"{seen}"'}
        path = f"{SMALL}/activate"
        return await doors.ask("POST", path, role="admin", json=body, headers=headers)

    for body in (None, {"version": newer}):
        said = refused(await looked_at(older, body), 412, "stale_draft")
        assert newer in said["detail"]
    assert await states(doors) == {newer: "draft", older: "draft"}
    assert (await looked_at(newer)).status_code == 200


async def test_activation_keeps_why_it_was_made(doors: Doors) -> None:
    made = await drafted(doors, GOOD)
    body = {"version": made, "note": "clearer words"}
    answer = await doors.ask("POST", f"{SMALL}/activate", role="admin", json=body)
    assert answer.status_code == 200
    [found] = await mapping_life.standings(doors.hub, "small")
    act = found.versions[0].put_in_force
    assert act is not None
    assert (act.by, act.note) == ("token the admin", "clearer words")


async def test_version_that_came_into_force_unseen_is_not_replaced(doors: Doors) -> None:
    first = await in_force(doors)
    second = await drafted(doors, REWORDED, first)
    for over in ("", "0" * 64):
        with pytest.raises(StaleDraft) as refused_by:
            await activation.activate(doors.hub, "small", second, "Ada", over=over)
        assert refused_by.value.current == first
    assert doors.hub.mappings["hubspot"].hash == first
    await activation.activate(doors.hub, "small", second, "Ada", over=first)
    assert doors.hub.mappings["hubspot"].hash == second


async def test_draft_written_after_the_activated_one_stays(doors: Doors) -> None:
    older = await drafted(doors, GOOD)
    newer = await drafted(doors, REWORDED, older)
    assert (await activate(doors, older)).status_code == 200
    assert await states(doors) == {newer: "draft", older: "active"}


async def test_draft_written_again_is_the_newest(doors: Doors) -> None:
    first = await drafted(doors, GOOD)
    second = await drafted(doors, REWORDED, first)
    assert await drafted(doors, f"# again\n{GOOD}", second) == first
    answer = (await doors.ask("GET", f"{SMALL}/draft")).json()
    assert (answer["hash"], answer["text"].split("\n")[0]) == (first, "# again")


async def test_editor_who_saw_an_older_state_is_refused(doors: Doors) -> None:
    active = await in_force(doors)
    refused(await put(doors, REWORDED), 412, "stale_draft")
    newer = await drafted(doors, REWORDED, active)
    other = GOOD.replace("label: Available", "label: Out")
    said = refused(await put(doors, other, active), 412, "stale_draft")
    assert newer in said["detail"]
    assert set(await states(doors)) == {active, newer}
    assert (await put(doors, other, newer)).status_code == 200


async def test_editor_of_a_mapping_that_is_not_there_is_refused(doors: Doors) -> None:
    refused(await put(doors, GOOD, "0" * 64), 412, "stale_draft")
    assert await small(doors) == {}


async def test_of_two_editors_at_once_one_is_told_of_the_other(doors: Doors) -> None:
    active = await in_force(doors)
    texts = [GOOD.replace("label: Reported", f"label: Reported {n}") for n in range(4)]
    answers = await asyncio.gather(*(put(doors, each, active) for each in texts))
    assert sorted(each.status_code for each in answers) == [200, 412, 412, 412]
    assert len((await small(doors))["drafts"]) == 1


async def test_of_two_who_activate_at_once_one_does(doors: Doors) -> None:
    active = await in_force(doors)
    made = await drafted(doors, REWORDED, active)
    answers = await asyncio.gather(*(activate(doors, made) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
    async with doors.hub.db.read() as connection:
        assert len(await jobs.live(connection, "campaign")) == 1


async def test_mapping_under_a_new_name_replaces_that_of_its_helpdesk(doors: Doors) -> None:
    await in_force(doors)
    made = await drafted(doors, RENAMED, to="/mappings/other")
    assert (await activate(doors, to="/mappings/other")).status_code == 200
    assert (await small(doors))["active"] is None
    await load_active(doors.hub)
    assert doors.hub.mappings["hubspot"].hash == made


async def test_mapping_that_has_not_changed_is_not_read_again(doors: Doors) -> None:
    await in_force(doors)
    await load_active(doors.hub)
    before = doors.hub.mappings["hubspot"]
    await load_active(doors.hub)
    assert doors.hub.mappings["hubspot"] is before
    await activate(doors, await drafted(doors, REWORDED, before.hash))
    await load_active(doors.hub)
    assert doors.hub.mappings["hubspot"].data.stages[0].label == "With our engineers"


async def test_every_mistake_is_told_with_its_place_and_nothing_is_kept(doors: Doors) -> None:
    await doors.headers("viewer")
    before = await doors.stored()
    problems = await validated(doors, BAD)
    assert [(each["path"], each["line"]) for each in problems] == [
        ("routes[1].launch.in", GOOD[: GOOD.index("in: boards")].count("\n") + 1),
        ("rollup", GOOD[: GOOD.index("rollup")].count("\n") + 1),
    ]
    assert problems[0]["hint"] == 'did you mean "boards"?'
    assert all(each["message"] and each["column"] for each in problems)
    assert await doors.stored() == before
    said = refused(await put(doors, BAD), 422, "mapping_invalid")
    assert said["problems"] == problems
    assert await small(doors) == {}


@pytest.mark.parametrize(
    "text", ["", "a: [", "\tmapping: small", "- 1", "mapping: \x00", b"\xff\xfe"]
)
async def test_what_is_no_yaml_is_told_as_a_mistake(quiet: Doors, text: str | bytes) -> None:
    assert len(await validated(quiet, text)) >= 1
    refused(await put(quiet, text), 422, "mapping_invalid")


async def test_good_mapping_has_no_problems_and_is_not_kept(quiet: Doors) -> None:
    assert await validated(quiet, GOOD) == []
    assert await small(quiet) == {}


async def test_name_in_the_body_must_be_that_of_the_address(quiet: Doors) -> None:
    [problem] = await validated(quiet, RENAMED)
    assert (problem["path"], problem["line"], problem["hint"]) == ("mapping", 1, "right: small")
    assert [each["path"] for each in await validated(quiet, BAD.replace("small", "other"))] == [
        "mapping",
        "routes[1].launch.in",
        "rollup",
    ]
    refused(await put(quiet, RENAMED), 422, "mapping_invalid")


def as_json(**said: Any) -> dict[str, Any]:
    """A good mapping as data."""
    return {
        "mapping": "small",
        "helpdesk": "hubspot",
        "ticket": {"category": {"property": "kind"}},
        "stages": [{"id": "reported", "label": "Reported"}],
        "routes": [{"id": "easy", "when": {"field": "category", "is": "Easy"}, "stay": True}],
    } | said


@pytest.mark.parametrize(
    "label", ["Wait\u2028a\u0085while", "Größe 🎉", 'a "b" \\c', "\tTab", "on"]
)
async def test_json_means_what_it_says_indented_with_tabs(quiet: Doors, label: str) -> None:
    body = as_json(stages=[{"id": "reported", "label": label}])
    tabs, plain = json.dumps(body, indent="\t"), json.dumps(body, ensure_ascii=False)
    for seen, written in (("", tabs), ("*", plain)):
        kind = "application/json; charset=utf-8"
        answer = await put(quiet, written.encode(), seen, kind=kind)
        assert answer.status_code == 200, answer.text
        text = (await quiet.ask("GET", f"{SMALL}/draft")).json()["text"]
        loaded = load_mapping(text, "draft", known=context_of(quiet.hub))
        assert isinstance(loaded, LoadedMapping)
        assert loaded.mapping.stages[0].label == label


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"mapping": "small",}', "this is not JSON"),
        (b"", "this is not JSON"),
        (b"\xff", "not UTF-8"),
        (b'{"mapping": NaN}', "NaN is no number"),
        (b'{"mapping": 1e999}', "this is not JSON"),
        (b'{"a": 1, "a": 2}', 'the key "a" stands twice'),
        (b"[" * 100_000, "nested too deep"),
        (b'["\\ud800"]', "half of a character"),
        (b"[]", "must be a mapping"),
    ],
)
async def test_what_is_no_good_json_is_told_as_a_mistake(
    quiet: Doors, body: bytes, words: str
) -> None:
    [problem] = await validated(quiet, body, "application/json")
    assert words in problem["message"]
    answer = await put(quiet, body, kind="application/json")
    assert refused(answer, 422, "mapping_invalid")["problems"] == [problem]


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", ""])
async def test_body_of_another_kind_is_refused(quiet: Doors, kind: str) -> None:
    said = refused(await put(quiet, GOOD, kind=kind), 422, "invalid_request")
    assert said["errors"][0]["where"] == "header.content-type"


async def test_draft_that_bridge_yaml_no_longer_allows_is_not_activated(doors: Doors) -> None:
    await drafted(doors, GOOD)
    left = {name: each for name, each in doors.hub.connections.items() if name != "boards"}
    everything, doors.hub.connections = doors.hub.connections, left
    try:
        said = refused(await activate(doors), 422, "mapping_invalid")
    finally:
        doors.hub.connections = everything
    assert "boards" in said["problems"][0]["message"]
    assert doors.hub.mappings == {}


async def imported(doors: Doors, text: str, *, autoactivate: bool = False) -> str:
    """A start with this text as the only mapping file; its hash."""
    loaded = load_mapping(text, "mappings/small.yaml", known=context_of(doors.hub))
    assert isinstance(loaded, LoadedMapping)
    await import_files(doors.hub, [loaded], autoactivate=autoactivate)
    return loaded.hash


async def draft_findings(doors: Doors) -> list[str]:
    """The open findings on drafts."""
    query = {"state": "open", "code": "MAPPING_DRAFT"}
    return ids(await doors.ask("GET", "/findings", params=query))


async def test_file_has_one_draft_and_takes_it_back_with_its_content(doors: Doors) -> None:
    first = await imported(doors, GOOD)
    second = await imported(doors, REWORDED)
    third = await imported(doors, GOOD.replace("label: Available", "label: Out"))
    assert await states(doors) == {first: "active", second: "retired", third: "draft"}
    assert len(await draft_findings(doors)) == 1
    assert await imported(doors, REWORDED) == second
    assert await states(doors) == {first: "active", second: "draft", third: "retired"}
    await imported(doors, GOOD)
    assert await states(doors) == {first: "active", second: "retired", third: "retired"}
    assert await draft_findings(doors) == []


async def test_restart_leaves_a_persons_newer_draft_the_newest(doors: Doors) -> None:
    await imported(doors, GOOD)
    from_file = await imported(doors, REWORDED)
    by_hand = await drafted(doors, GOOD.replace("label: Available", "label: Out"), from_file)
    await imported(doors, REWORDED)
    assert [each["hash"] for each in (await small(doors))["drafts"]] == [by_hand, from_file]


async def test_file_that_was_renamed_is_a_draft_until_it_is_activated(doors: Doors) -> None:
    await imported(doors, GOOD)
    renamed = await imported(doors, RENAMED)
    assert await states(doors, "other") == {renamed: "draft"}
    assert len(await draft_findings(doors)) == 1
    await load_active(doors.hub)
    await activate(doors, to="/mappings/other")
    assert doors.hub.mappings["hubspot"].hash == renamed
    assert await draft_findings(doors) == []


async def test_activated_version_reaches_the_tickets_that_are_there(world: World) -> None:
    headers = {"Authorization": f"Bearer {ADMIN}"}
    path = "/api/v1/mappings/hubspot-success"
    id = world.hubspot.person_creates_ticket(
        subject="Export fails", category="Bug", company_id=world.acme
    )
    await world.settle()
    assert world.ticket(id)["work_stage"] == "Reported to engineering"
    source = SHIPPED
    listed = (await world.client.get("/api/v1/mappings", headers=headers)).json()["items"]
    reworded = source.replace("label: Reported to engineering", "label: With our engineers")
    kept = await world.client.put(
        f"{path}/draft",
        content=reworded,
        headers=headers
        | {"Content-Type": "application/yaml", "If-Match": listed[0]["active"]["hash"]},
    )
    assert kept.status_code == 200, kept.text
    await world.settle()
    assert world.ticket(id)["work_stage"] == "Reported to engineering"
    answer = await world.client.post(f"{path}/activate", headers=headers)
    assert answer.json()["campaign"]["total"] >= 1
    await world.settle_campaign()
    assert world.ticket(id)["work_stage"] == "With our engineers"
    assert len(world.items()) == 1
    listed = (await world.client.get("/api/v1/mappings", headers=headers)).json()["items"]
    assert [(each["active"]["hash"], each["campaign"]) for each in listed] == [
        (kept.json()["hash"], None)
    ]
