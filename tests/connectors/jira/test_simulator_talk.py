"""Comments, texts, properties, links and files."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.jira.simulator import JiraSimulator
from tests.connectors.jira.jira_world import HandClock, fields_of, make, text_document

ISSUE = "/rest/api/3/issue"


async def test_a_comment_is_a_document_in_version_3_and_markup_in_version_2(
    api: httpx.AsyncClient,
) -> None:
    id = await make(api)
    refused = await api.post(f"{ISSUE}/{id}/comment", json={"body": "text"})
    assert refused.json()["errors"] == {"comment": "Comment body is not valid!"}
    markup = "h2. Found\n\n*Bold* [here|https://x.example/1]\n\n{code:python}\nx = 1\n{code}"
    made = await api.post(f"/rest/api/2/issue/{id}/comment", json={"body": markup})
    assert (made.status_code, made.json()["body"]) == (201, markup)
    path = f"issue/{id}/comment/{made.json()['id']}"
    stored = (await api.get(f"/rest/api/3/{path}")).json()["body"]
    assert [node["type"] for node in stored["content"]] == ["heading", "paragraph", "codeBlock"]
    assert stored["content"][1]["content"][0]["marks"] == [{"type": "strong"}]
    rendered = (await api.get(f"/rest/api/3/{path}?expand=renderedBody")).json()["renderedBody"]
    assert '<a href="https://x.example/1">here</a>' in rendered


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}],
        [{"type": "text", "text": "loose"}],
        [{"type": "blockquote", "content": [{"type": "heading", "attrs": {"level": 1}}]}],
        [
            {
                "type": "paragraph",
                "content": [
                    {"type": "text", "text": "x", "marks": [{"type": "code"}, {"type": "strong"}]}
                ],
            }
        ],
        [{"type": "unheardOf"}],
    ],
)
async def test_a_document_with_a_wrong_structure_is_refused(
    api: httpx.AsyncClient, content: list[Any]
) -> None:
    id = await make(api)
    body = {"body": {"type": "doc", "version": 1, "content": content}}
    refused = await api.post(f"{ISSUE}/{id}/comment", json=body)
    assert (refused.status_code, refused.json()["errors"]) == (
        400,
        {"comment": "Comment body is not valid!"},
    )


async def test_a_text_over_the_limit_is_refused(api: httpx.AsyncClient) -> None:
    id = await make(api)
    body = {"fields": {"description": text_document("x" * 32_768)}}
    refused = await api.put(f"{ISSUE}/{id}", json=body)
    assert "exceeds the allowed limit of 32,767" in refused.json()["errors"]["description"]


async def test_a_stored_document_may_differ_from_what_was_sent(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    sim.rewrite_adf = True
    inside = [{"type": "text", "text": "It "}, {"type": "text", "text": "fails."}]
    content = [{"type": "paragraph", "content": inside}]
    sent = {"type": "doc", "version": 1, "content": content}
    id = await make(api, description=sent)
    read = (await fields_of(api, id))["description"]
    assert read == text_document("It fails.") != sent


async def test_comments_are_paged_ordered_edited_and_deleted(
    sim: JiraSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    id = await make(api)
    for number in range(3):
        clock.move(minutes=1)
        sim.person_comments(id, text_document(f"c{number}"))
    path = f"{ISSUE}/{id}/comment"
    page = (await api.get(f"{path}?orderBy=-created&maxResults=2")).json()
    texts = [c["body"]["content"][0]["content"][0]["text"] for c in page["comments"]]
    assert (texts, page["total"]) == (["c2", "c1"], 3)
    assert all(c["jsdPublic"] for c in page["comments"])
    first = f"{path}/{page['comments'][0]['id']}"
    clock.move(minutes=1)
    edited = (await api.put(first, json={"body": text_document("new")})).json()
    assert edited["updated"] > edited["created"]
    assert edited["updateAuthor"]["accountId"] == sim.account.account_id
    assert edited["author"]["accountId"] == sim.ana.account_id
    assert (await api.delete(first)).status_code == 204
    assert (await api.get(first)).status_code == 404


async def test_a_comment_moves_the_time_of_its_issue(
    sim: JiraSimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    id = await make(api)
    clock.move(minutes=5)
    sim.person_comments(id, text_document("c"))
    assert (await fields_of(api, id))["updated"] == "2026-11-22T12:05:00.000+0000"


async def test_comment_properties_come_with_the_create_and_are_read_one_by_one(
    api: httpx.AsyncClient,
) -> None:
    id = await make(api)
    origin = {"key": "hub.origin", "value": {"id": "55"}}
    body = {"body": text_document("c"), "properties": [origin]}
    comment = (await api.post(f"{ISSUE}/{id}/comment", json=body)).json()
    path = f"/rest/api/3/comment/{comment['id']}/properties"
    assert (await api.get(f"{path}/hub.origin")).json() == origin
    assert [k["key"] for k in (await api.get(path)).json()["keys"]] == ["hub.origin"]
    assert "properties" not in comment


async def test_a_property_is_replaced_whole_and_has_a_size(api: httpx.AsyncClient) -> None:
    id = await make(api)
    path = f"{ISSUE}/{id}/properties/hub.link"
    assert (await api.put(path, json={"a": 1, "b": 2})).status_code == 201
    assert (await api.put(path, json={"a": 3})).status_code == 200
    assert (await api.get(path)).json() == {"key": "hub.link", "value": {"a": 3}}
    assert (await api.put(path, json="x" * 32_768)).status_code == 400
    assert (await api.put(f"{ISSUE}/{id}/properties/{'k' * 256}", json=1)).status_code == 400
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).status_code == 404


async def test_a_remote_link_is_one_per_global_id_and_forgets_what_is_left_out(
    api: httpx.AsyncClient,
) -> None:
    id = await make(api)
    path = f"{ISSUE}/{id}/remotelink"
    target = {"url": "https://desk.example/1", "title": "Ticket 1"}
    full = {"globalId": "system=hub&ticket=1", "relationship": "reported by", "object": target}
    made = await api.post(path, json=full)
    again = await api.post(path, json={"globalId": "system=hub&ticket=1", "object": target})
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    found = await api.get(path, params={"globalId": "system=hub&ticket=1"})
    assert "relationship" not in found.json()
    for _ in range(2):
        assert (await api.post(path, json={"object": target})).status_code == 201
    assert len((await api.get(path)).json()) == 3
    elsewhere = await make(api)
    twin = await api.post(f"{ISSUE}/{elsewhere}/remotelink", json=full)
    assert twin.status_code == 201
    refused = await api.post(path, json={"object": {"url": "https://desk.example/1"}})
    assert "title" in refused.json()["errors"]


async def test_deleting_a_remote_link_wants_a_content_type(api: httpx.AsyncClient) -> None:
    id = await make(api)
    target = {"url": "https://desk.example/1", "title": "Ticket 1"}
    path = f"{ISSUE}/{id}/remotelink"
    await api.post(path, json={"globalId": "g", "object": target})
    assert (await api.delete(f"{path}?globalId=g")).status_code == 415
    kind = {"Content-Type": "application/json"}
    assert (await api.delete(f"{path}?globalId=g", headers=kind)).status_code == 204


async def test_an_issue_link_answers_empty_and_shows_the_other_end(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    first, second = await make(api), await make(api)
    body = {
        "type": {"name": "Blocks"},
        "inwardIssue": {"key": "DEMO-1"},
        "outwardIssue": {"key": "DEMO-2"},
        "comment": None,
    }
    for _ in range(2):
        made = await api.post("/rest/api/3/issueLink", json=body)
        assert (made.status_code, made.content) == (201, b"")
        assert "Location" not in made.headers
    (held,) = (await fields_of(api, second))["issuelinks"]
    assert held["inwardIssue"]["id"] == first
    (other,) = (await fields_of(api, first))["issuelinks"]
    assert (other["outwardIssue"]["id"], other["id"]) == (second, held["id"])
    unknown = await api.post("/rest/api/3/issueLink", json=body | {"type": {"name": "Haunts"}})
    assert unknown.status_code == 404
    assert unknown.json()["errorMessages"] == ["No issue link type with name 'Haunts' found."]
    closed = await api.post("/rest/api/3/issueLink", json=body | {"extra": 1})
    assert closed.json() == {
        "errorMessages": [
            "Invalid request payload. Refer to the REST API documentation and try again."
        ]
    }
    sim.links_per_issue = 1
    third = await make(api)
    full = await api.post("/rest/api/3/issueLink", json=body | {"outwardIssue": {"id": third}})
    assert full.status_code == 413
    assert (await api.delete(f"/rest/api/3/issueLink/{held['id']}")).status_code == 204
    assert (await fields_of(api, first))["issuelinks"] == []


async def test_a_file_needs_the_token_header_and_is_read_through_a_redirect(
    sim: JiraSimulator, api: httpx.AsyncClient
) -> None:
    id = await make(api)
    path, files = f"{ISSUE}/{id}/attachments", {"file": ("a.txt", b"hello", "text/plain")}
    assert (await api.post(path, files=files)).status_code == 403
    token = {"X-Atlassian-Token": "no-check"}
    (file,) = (await api.post(path, files=files, headers=token)).json()
    assert (file["filename"], file["size"], file["mimeType"]) == ("a.txt", 5, "text/plain")
    content = f"/rest/api/3/attachment/content/{file['id']}"
    assert (await api.get(content)).status_code == 303
    assert (await api.get(content, follow_redirects=True)).content == b"hello"
    assert (await api.get(f"{content}?redirect=false")).content == b"hello"
    assert [a["id"] for a in (await fields_of(api, id))["attachment"]] == [file["id"]]
    sim.attachment_limit = 4
    assert (await api.post(path, files=files, headers=token)).status_code == 413
    wrong = await api.post(path, files={"other": files["file"]}, headers=token)
    assert wrong.status_code == 400


async def test_a_refused_body_has_no_errors_member(api: httpx.AsyncClient) -> None:
    refused = await api.post(ISSUE, content=b"{", headers={"Content-Type": "application/json"})
    assert refused.status_code == 400
    assert json.loads(refused.content).keys() == {"errorMessages"}
