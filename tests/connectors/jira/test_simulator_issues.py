"""Issues: what a client that guesses would get wrong about creating, editing and moving them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.jira.simulator import JiraSimulator
from tests.connectors.jira.jira_world import (
    HandClock,
    fields_of,
    make,
    new_issue,
    text_document,
)

ISSUE = "/rest/api/3/issue"


async def test_a_create_takes_labels_and_properties_in_one_act(api: httpx.AsyncClient) -> None:
    body = new_issue(labels=["hub-1"], description=text_document("It fails."), duedate="2026-12-01")
    body["properties"] = [{"key": "hub.link", "value": {"ticket": 7}}]
    made = (await api.post(ISSUE, json=body)).json()
    assert made["key"] == "DEMO-1"
    assert made["self"].endswith(f"/rest/api/3/issue/{made['id']}")
    read = (await api.get(f"{ISSUE}/DEMO-1?properties=hub.link")).json()
    assert read["properties"] == {"hub.link": {"ticket": 7}}
    assert read["fields"]["labels"] == ["hub-1"]
    assert read["fields"]["description"] == text_document("It fails.")
    assert read["fields"]["created"] == "2026-11-22T12:00:00.000+0000"


@pytest.mark.parametrize(
    ("fields", "at", "sentence"),
    [
        ({"project": None}, "project", "Specify a valid project ID or key"),
        ({"issuetype": None}, "issuetype", "Specify an issue type"),
        ({"summary": "x" * 256}, "summary", "Summary must be less than 255 characters."),
        ({"nope": 1}, "nope", "Field 'nope' cannot be set. It is not on the appropriate screen"),
        ({"description": "text"}, "description", "Operation value must be an Atlassian Document"),
        ({"labels": ["two words"]}, "labels", "contains spaces"),
        ({"status": {"id": "3"}}, "status", "cannot be set"),
    ],
)
async def test_a_create_with_a_bad_field_is_refused_by_name(
    sim: JiraSimulator, api: httpx.AsyncClient, fields: dict[str, Any], at: str, sentence: str
) -> None:
    refused = await api.post(ISSUE, json=new_issue(**fields))
    assert refused.status_code == 400
    assert sentence in refused.json()["errors"][at]
    assert sim.site.issues == {}


async def test_an_edit_refused_for_one_field_writes_none(api: httpx.AsyncClient) -> None:
    id = await make(api)
    update = {"issuelinks": [{"add": {"type": {"name": "Haunts"}, "outwardIssue": {"id": id}}}]}
    for body in (
        {"fields": {"summary": "New", "duedate": "tomorrow"}},
        {"fields": {"summary": "New"}, "update": update},
    ):
        refused = await api.put(f"{ISSUE}/{id}", json=body)
        assert refused.status_code in (400, 404)
        assert (await fields_of(api, id))["summary"] == "Export fails"


async def test_a_field_in_fields_and_in_update_is_refused(api: httpx.AsyncClient) -> None:
    id = await make(api)
    body = {"fields": {"labels": ["a"]}, "update": {"labels": [{"add": "b"}]}}
    refused = await api.put(f"{ISSUE}/{id}", json=body)
    assert "cannot appear in both" in refused.json()["errors"]["labels"]


async def test_label_operations_leave_other_labels_alone(api: httpx.AsyncClient) -> None:
    id = await make(api, labels=["a", "b"])
    body = {"update": {"labels": [{"add": "c"}, {"remove": "a"}]}}
    assert (await api.put(f"{ISSUE}/{id}", json=body)).status_code == 204
    assert (await fields_of(api, id))["labels"] == ["b", "c"]


async def test_a_moved_issue_keeps_its_id_and_answers_to_its_old_key(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    sim.add_project("OPS", "Operations")
    id = await make(api)
    assert sim.person_moves_project(id, "OPS") == "OPS-1"
    read = (await api.get(f"{ISSUE}/DEMO-1?fields=project")).json()
    assert (read["id"], read["key"]) == (id, "OPS-1")
    assert read["fields"]["project"]["key"] == "OPS"
    assert (await api.get(f"{ISSUE}/{id}")).json()["key"] == "OPS-1"


async def test_a_clone_carries_the_label_but_not_the_property_or_the_comments(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    id = await make(api, labels=["hub-1"])
    await api.put(f"{ISSUE}/{id}/properties/hub.link", json={"ticket": 7})
    sim.person_comments(id, text_document("Seen."))
    twin = sim.person_clones(id)
    read = (await api.get(f"{ISSUE}/{twin}?properties=hub.link")).json()
    assert read["fields"]["labels"] == ["hub-1"]
    assert read["fields"]["summary"] == "CLONE - Export fails"
    assert (read["properties"], read["fields"]["comment"]["total"]) == ({}, 0)
    (link,) = read["fields"]["issuelinks"]
    assert (link["type"]["name"], link["outwardIssue"]["id"]) == ("Cloners", id)


async def test_a_transition_without_its_required_field_changes_nothing(
    api: httpx.AsyncClient,
) -> None:
    id = await make(api)
    listed = (await api.get(f"{ISSUE}/{id}/transitions?expand=transitions.fields")).json()
    done = next(move for move in listed["transitions"] if move["to"]["id"] == "10002")
    assert done["to"]["statusCategory"]["key"] == "done"
    assert done["fields"]["resolution"]["required"] is True
    path, move = f"{ISSUE}/{id}/transitions", {"transition": {"id": done["id"]}}
    refused = await api.post(path, json=move)
    assert refused.status_code == 400
    assert refused.json()["errors"] == {"resolution": "Resolution is required."}
    assert (await fields_of(api, id))["status"]["name"] == "To Do"
    assert (
        await api.post(path, json=move | {"fields": {"resolution": {"name": "Done"}}})
    ).is_success
    assert (await fields_of(api, id))["resolution"]["name"] == "Done"


async def test_a_transition_without_a_screen_takes_no_fields(api: httpx.AsyncClient) -> None:
    id = await make(api)
    body = {"transition": {"id": "21"}, "fields": {"resolution": {"name": "Done"}}}
    refused = await api.post(f"{ISSUE}/{id}/transitions", json=body)
    assert "not on the appropriate screen" in refused.json()["errors"]["resolution"]


async def test_transitions_depend_on_where_the_issue_is_and_who_asks(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    id = await make(api)
    path = f"{ISSUE}/{id}/transitions"
    review = {"transition": {"id": 25}}
    assert "25" not in {m["id"] for m in (await api.get(path)).json()["transitions"]}
    assert (await api.post(path, json=review)).status_code == 400
    assert (await api.post(path, json={})).json()["errorMessages"] == [
        "Missing 'transition' identifier"
    ]
    sim.person_moves_status(id, "In Progress")
    assert (await api.post(path, json=review)).status_code == 204
    sim.withheld = {"TRANSITION_ISSUES"}
    assert (await api.get(path)).json()["transitions"] == []


async def test_leaving_done_clears_the_resolution(
    sim: JiraSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    id = await make(api)
    sim.person_moves_status(id, "Done", resolution={"name": "Won't Do"})
    assert (await fields_of(api, id))["resolutiondate"] == "2026-11-22T12:00:00.000+0000"
    clock.move(hours=1)
    sim.person_moves_status(id, "In Progress")
    fields = await fields_of(api, id)
    assert (fields["resolution"], fields["resolutiondate"]) == (None, None)
    assert fields["statuscategorychangedate"] == "2026-11-22T13:00:00.000+0000"


async def test_a_rule_of_the_site_refuses_a_transition_with_its_own_words(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    id = await make(api)
    sim.site.projects[0].transitions[1].validator = "Ask the release manager."
    refused = await api.post(f"{ISSUE}/{id}/transitions", json={"transition": {"id": "21"}})
    assert (refused.status_code, refused.json()["errorMessages"]) == (
        400,
        ["Ask the release manager."],
    )


async def test_a_refused_transition_at_create_leaves_the_issue(api: httpx.AsyncClient) -> None:
    made = await api.post(ISSUE, json=new_issue() | {"transition": {"id": "31"}})
    assert made.status_code == 201
    assert made.json()["transition"]["status"] == 400
    assert "resolution" in made.json()["transition"]["errorCollection"]["errors"]
    assert (await fields_of(api, made.json()["id"]))["status"]["name"] == "To Do"


async def test_a_conflict_writes_nothing(sim: JiraSimulator, api: httpx.AsyncClient) -> None:
    id = await make(api)
    sim.conflicts = 1
    path = f"{ISSUE}/{id}/transitions"
    assert (await api.post(path, json={"transition": {"id": "21"}})).status_code == 409
    assert (await fields_of(api, id))["status"]["name"] == "To Do"
    assert (await api.post(path, json={"transition": {"id": "21"}})).status_code == 204


async def test_a_deleted_issue_is_gone_and_needs_word_about_subtasks(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    id = await make(api)
    child = await make(api, issuetype={"name": "Sub-task"}, parent={"id": id})
    assert (await api.delete(f"{ISSUE}/{id}")).status_code == 400
    assert (await api.delete(f"{ISSUE}/{id}?deleteSubtasks=true")).status_code == 204
    for gone in (id, child):
        answer = await api.get(f"{ISSUE}/{gone}")
        assert answer.status_code == 404
        assert answer.json() == {
            "errorMessages": ["Issue does not exist or you do not have permission to see it."],
            "errors": {},
        }


async def test_the_changelog_is_oldest_first_alone_and_newest_first_expanded(
    api: httpx.AsyncClient,
) -> None:
    id = await make(api, labels=["a", "b"])
    for number in range(45):
        await api.put(f"{ISSUE}/{id}", json={"fields": {"summary": f"S{number}"}})
    alone = (await api.get(f"{ISSUE}/{id}/changelog?maxResults=2")).json()
    assert [v["items"][0]["toString"] for v in alone["values"]] == ["S0", "S1"]
    assert (alone["total"], alone["isLast"]) == (45, False)
    expanded = (await api.get(f"{ISSUE}/{id}?expand=changelog")).json()["changelog"]
    assert expanded["histories"][0]["items"][0]["toString"] == "S44"
    assert (len(expanded["histories"]), expanded["total"]) == (40, 45)
    await api.put(f"{ISSUE}/{id}", json={"fields": {"labels": ["c"]}})
    last = (await api.get(f"{ISSUE}/{id}/changelog?startAt=45")).json()["values"]
    (item,) = last[0]["items"]
    assert (item["from"], item["fromString"], item["toString"]) == (None, "a b", "c")


async def test_custom_fields_are_known_by_id_since_names_repeat(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    first = sim.add_field("Severity", "option", ("High", "Low"))
    second = sim.add_field("Severity", "number")
    sim.site.projects[0].required.add(first.id)
    refused = await api.post(ISSUE, json=new_issue())
    assert refused.json()["errors"] == {first.id: "Severity is required."}
    id = await make(api, **{first.id: {"value": "High"}, second.id: 3})
    fields = await fields_of(api, id)
    assert (fields[first.id]["value"], fields[second.id]) == ("High", 3)
    unknown = await api.put(f"{ISSUE}/{id}", json={"fields": {first.id: {"value": "Awful"}}})
    assert first.id in unknown.json()["errors"]


async def test_create_and_edit_metadata_tell_what_each_screen_takes(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    field = sim.add_field("Severity", "option", ("High", "Low"))
    project = sim.site.projects[0]
    project.off_screen["edit"].add("duedate")
    id = await make(api, duedate="2026-12-01")
    meta = f"{ISSUE}/createmeta/DEMO/issuetypes"
    types = (await api.get(meta)).json()
    assert "Bug" in [entry["name"] for entry in types["issueTypes"]]
    listed = (await api.get(f"{meta}/10004?maxResults=50")).json()["fields"]
    by_id = {entry["fieldId"]: entry for entry in listed}
    assert by_id["summary"]["required"] is True
    assert [v["value"] for v in by_id[field.id]["allowedValues"]] == ["High", "Low"]
    assert ("resolution" in by_id, "duedate" in by_id) == (False, True)
    edit = (await api.get(f"{ISSUE}/{id}/editmeta")).json()["fields"]
    assert "duedate" not in edit
    refused = await api.put(f"{ISSUE}/{id}", json={"fields": {"duedate": None}})
    assert "not on the appropriate screen" in refused.json()["errors"]["duedate"]


async def test_bulk_create_makes_what_it_can_and_numbers_the_rest(api: httpx.AsyncClient) -> None:
    body = {"issueUpdates": [new_issue(), new_issue(summary=""), new_issue()]}
    made = await api.post(f"{ISSUE}/bulk", json=body)
    assert made.status_code == 201
    assert [entry["key"] for entry in made.json()["issues"]] == ["DEMO-1", "DEMO-2"]
    assert [entry["failedElementNumber"] for entry in made.json()["errors"]] == [1]


async def test_bulk_fetch_answers_by_id_and_lists_what_is_missing(api: httpx.AsyncClient) -> None:
    first, second = await make(api), await make(api)
    body = {"issueIdsOrKeys": [second, "DEMO-1", "DEMO-99"], "fields": ["summary"]}
    told = (await api.post(f"{ISSUE}/bulkfetch", json=body)).json()
    assert [entry["id"] for entry in told["issues"]] == [first, second]
    assert [entry["id"] for entry in told["issueErrors"]] == ["DEMO-99"]


async def test_versions_change_only_in_their_project_and_keep_their_names_apart(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    body = {"name": "1.4", "projectId": 10000, "releaseDate": "2026-12-01"}
    made = (await api.post("/rest/api/3/version", json=body)).json()
    assert (await api.post("/rest/api/3/version", json=body)).status_code == 400
    id = await make(api, fixVersions=[{"name": "1.4"}])
    path = f"/rest/api/3/version/{made['id']}"
    changed = (await api.put(path, json={"releaseDate": "2026-12-15", "released": True})).json()
    assert (changed["releaseDate"], changed["released"]) == ("2026-12-15", True)
    (held,) = (await fields_of(api, id))["fixVersions"]
    assert held["releaseDate"] == "2026-12-15"
    refused = await api.put(f"{ISSUE}/{id}", json={"fields": {"fixVersions": [{"name": "9"}]}})
    assert "fixVersions" in refused.json()["errors"]
