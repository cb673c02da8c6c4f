"""A well-known SDK, which nobody here wrote, driven against the simulator."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from io import BytesIO

import pytest
import uvicorn
from jira import JIRA, JIRAError

from connectors.jira.simulator import JiraSimulator


@pytest.fixture
def live() -> Iterator[tuple[JiraSimulator, JIRA]]:
    """The simulator on a free loopback port, and an SDK client for it."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    sim = JiraSimulator(base_url=base)
    config = uvicorn.Config(sim.app, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.005)
    client = JIRA(server=base, basic_auth=("hub@acme.example", "token-test"), max_retries=0)
    yield sim, client
    client.close()  # type: ignore[no-untyped-call] # the SDK has no types here
    server.should_exit = True
    thread.join()
    listening.close()


def test_the_sdk_creates_edits_and_moves_an_issue(live: tuple[JiraSimulator, JIRA]) -> None:
    sim, client = live
    issue = client.create_issue(
        project="DEMO", summary="Export fails", issuetype={"name": "Bug"}, description="h1. It"
    )
    assert issue.key == "DEMO-1"
    assert issue.fields.description == "h1. It"
    issue.update(summary="New", labels=[{"add": "hub-1"}])
    client.transition_issue(issue, "Done", resolution={"name": "Done"})
    again = client.issue("DEMO-1")
    assert (again.fields.summary, again.fields.status.name) == ("New", "Done")
    assert again.raw["fields"]["resolution"]["name"] == "Done"
    client.assign_issue(issue, "ana@acme.example")
    assert sim.issue("DEMO-1").fields["assignee"] == sim.ana.account_id
    issue.delete()  # type: ignore[no-untyped-call] # as above
    with pytest.raises(JIRAError) as refused:
        client.issue("DEMO-1")
    assert refused.value.status_code == 404


def test_the_sdk_searches_comments_links_and_attaches(live: tuple[JiraSimulator, JIRA]) -> None:
    sim, client = live
    first, second = sim.person_creates("A"), sim.person_creates("B")
    found = client.search_issues("project = DEMO ORDER BY key ASC")
    assert [issue.key for issue in found] == ["DEMO-1", "DEMO-2"]
    comment = client.add_comment("DEMO-1", "*Seen*")
    assert [c.body for c in client.comments("DEMO-1")] == ["*Seen*"]
    comment.update(body="Done")
    assert client.comment("DEMO-1", comment.id).body == "Done"
    client.create_issue_link("Relates", "DEMO-1", "DEMO-2")
    assert [link.type.name for link in sim.site.links.values()] == ["Relates"]
    target = {"url": "https://desk.example/1", "title": "Ticket 1"}
    client.add_simple_link("DEMO-1", target)
    assert [link.object.title for link in client.remote_links("DEMO-1")] == ["Ticket 1"]
    file = client.add_attachment("DEMO-1", BytesIO(b"hello"), filename="a.txt")
    content = client.attachment(file.id).get()  # type: ignore[no-untyped-call] # as above
    assert content == b"hello"
    assert {first, second} == {i.id for i in found}


def test_the_sdk_reads_what_a_mapping_is_made_of(live: tuple[JiraSimulator, JIRA]) -> None:
    sim, client = live
    sim.add_version("1.4")
    assert client.myself()["accountId"] == sim.account.account_id
    assert [version.name for version in client.project_versions("DEMO")] == ["1.4"]
    assert "Bug" in [kind.name for kind in client.issue_types()]
    assert "Medium" in [priority.name for priority in client.priorities()]
    assert "summary" in [field["id"] for field in client.fields()]
    made = client.create_version("1.5", "DEMO", releaseDate="2026-12-01")
    assert sim.site.versions[made.id].release_date == "2026-12-01"
