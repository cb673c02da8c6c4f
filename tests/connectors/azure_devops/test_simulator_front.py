"""The front of the API: credentials, sign-in pages, versions, limits, faults."""

from __future__ import annotations

import base64

import pytest

from bridge.kit.faults import Fault, FaultKind
from connectors.azure_devops.simulator import AzureDevOpsSimulator
from tests.connectors.azure_devops.simulator_kit import Clock, client_of, make, ops, patch

READ = "_apis/projects"


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Basic " + base64.b64encode(b"PAT:pat-test").decode(), 200),
        ("Basic " + base64.b64encode(b"any@one:pat-test").decode(), 200),
        ("Bearer pat-test", 200),
        ("Basic " + base64.b64encode(b":wrong").decode(), 401),
        ("Basic " + base64.b64encode(b":pat-test").decode() + "==", 401),
        ("", 401),
    ],
)
async def test_only_the_password_of_basic_counts(header: str, status: int) -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim, Authorization=header) as client:
        answer = await client.get(READ)
    assert answer.status_code == status
    if status == 401:
        assert answer.json()["message"].startswith("TF400813")


@pytest.mark.parametrize(
    ("page", "get", "write"), [("203", 203, 401), ("302", 302, 401), ("401", 401, 401)]
)
async def test_an_expired_credential_is_not_answered_uniformly(
    page: str, get: int, write: int
) -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        await make(client)
        sim.sign_in_page = page
        read = await client.get(READ)
        posted = await client.post("Platform/_apis/wit/wiql", json={"query": "x"})
        patched = await patch(client, "_apis/wit/workitems/1", ops(Title="no"))
    assert (read.status_code, posted.status_code, patched.status_code) == (get, get, write)
    if page != "401":
        assert read.headers["content-type"].startswith("text/html")
    assert patched.json()["message"].startswith("TF400813")
    assert sim.items[1].title == "T"


async def test_comments_want_a_preview_version_and_writes_want_any() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim, "7.1") as client:
        await make(client)
        url = "Platform/_apis/wit/workItems/1/comments"
        released = await client.post(url, json={"text": "x"})
        preview = await client.post(url + "?api-version=7.1-preview.4", json={"text": "x"})
        newer = await client.post(url + "?api-version=7.2-preview.4", json={"text": "x"})
        future = await client.get(READ + "?api-version=9.0")
    async with client_of(sim, Accept="application/json") as client:
        without = await patch(client, "_apis/wit/workitems/1", ops(Title="x"))
        reading = await client.get(READ)
    assert released.json()["typeKey"] == "VssInvalidPreviewVersionException"
    assert (released.status_code, preview.status_code, newer.status_code) == (400, 200, 200)
    assert (future.status_code, without.status_code, reading.status_code) == (400, 400, 200)


async def test_answers_carry_the_session_and_content_type() -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim, **{"X-TFS-Session": "abc"}) as client:
        answer = await client.get(READ)
    assert answer.headers["x-tfs-session"] == "abc"
    kind = "application/json; charset=utf-8; api-version=7.1"
    assert answer.headers["content-type"] == kind


async def test_usage_is_told_then_delayed_with_200_then_refused() -> None:
    clock = Clock()
    sim = AzureDevOpsSimulator(clock=clock)
    sim.tsstu_limit = 4
    async with client_of(sim) as client:
        answers = [await client.get(READ) for _ in range(9)]
        clock.forward(minutes=5)
        later = await client.get(READ)
    assert [a.status_code for a in answers] == [200] * 8 + [429]
    assert "x-ratelimit-limit" not in answers[1].headers
    assert answers[2].headers["x-ratelimit-remaining"] == "1"
    assert "retry-after" not in answers[3].headers
    assert answers[4].headers["retry-after"] == "1"
    assert answers[4].headers["x-ratelimit-delay"] == "0.500"
    assert answers[8].json()["message"].startswith("TF400733")
    assert answers[8].headers["retry-after"] == "300"
    assert later.status_code == 200


async def test_a_lost_answer_leaves_the_item_there() -> None:
    sim = AzureDevOpsSimulator()
    sim.faults.add(Fault("POST .*workitems", FaultKind.ANSWER_AFTER, status=502))
    async with client_of(sim) as client:
        url = "Platform/_apis/wit/workitems/$Bug"
        answer = await patch(client, url, ops(Title="T"), "POST")
    assert answer.status_code == 502
    assert len(sim.items) == 1
    assert (sim.calls[0].method, sim.calls[0].status) == ("POST", 502)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("_apis/nowhere", 404),
        ("Nowhere/_apis/wit/workitemtypes", 404),
        ("_apis/wit/workitems/abc", 400),
        ("_apis/wit/wiql", 405),
    ],
)
async def test_an_unknown_address_is_refused_as_json(path: str, status: int) -> None:
    sim = AzureDevOpsSimulator()
    async with client_of(sim) as client:
        answer = await client.get(path)
    assert answer.status_code == status
    assert answer.json()["typeKey"]
