"""The official Python SDK against the simulator on a loopback port."""

from __future__ import annotations

import socket
import threading
from collections import defaultdict
from collections.abc import Iterator

import pytest
import uvicorn
from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.service_hooks.models import Subscription
from azure.devops.v7_1.work_item_tracking.models import (
    CommentCreate,
    JsonPatchOperation,
    Wiql,
    WorkItemBatchGetRequest,
)
from msrest.authentication import BasicAuthentication
from msrest.exceptions import (  # type: ignore[attr-defined]  # it lists no exports
    DeserializationError,
)

from connectors.azure_devops.simulator import AzureDevOpsSimulator


@pytest.fixture
def sim() -> Iterator[AzureDevOpsSimulator]:
    made = AzureDevOpsSimulator(organization="Acme")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        made.base_url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(made.app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([sock],), daemon=True)
        thread.start()
        yield made
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def sdk(sim: AzureDevOpsSimulator, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A connection that finds nothing cached on disk and leaves nothing there."""
    nothing: defaultdict[str, None] = defaultdict(lambda: None)
    monkeypatch.setattr("azure.devops.client.OPTIONS_FILE_CACHE", nothing)
    monkeypatch.setattr("azure.devops.connection.RESOURCE_FILE_CACHE", nothing.copy())
    return Connection(f"{sim.base_url}/Acme", creds=BasicAuthentication("", "pat-test"))


def title(text: str) -> JsonPatchOperation:
    return JsonPatchOperation(op="add", path="/fields/System.Title", value=text)


def test_create_update_comment_query_batch_and_states(
    sim: AzureDevOpsSimulator, sdk: Connection
) -> None:
    client = sdk.clients_v7_1.get_work_item_tracking_client()
    made = client.create_work_item([title("T")], "Platform", "User Story")
    stale = [JsonPatchOperation(op="test", path="/rev", value=7), title("no")]
    with pytest.raises(AzureDevOpsServiceError, match="VS403351"):
        client.update_work_item(stale, made.id)
    updated = client.update_work_item([title("T2")], made.id)
    comment = client.add_comment(CommentCreate(text="hello"), "Platform", made.id)
    query = Wiql(query="SELECT [System.Id] FROM WorkItems WHERE [System.CreatedBy] = @Me")
    found = client.query_by_wiql(query)
    batch = client.get_work_items_batch(WorkItemBatchGetRequest(ids=[made.id], expand="all"))
    states = client.get_work_item_type_states("Platform", "User Story")
    assert (made.rev, updated.rev, updated.fields["System.Title"]) == (1, 2, "T2")
    assert (comment.text, comment.work_item_id, comment.id) == ("hello", made.id, 1)
    assert [row.id for row in found.work_items] == [made.id]
    assert batch[0].fields["System.CommentCount"] == 1
    assert [s.category for s in states][2] == "Resolved"
    assert len(sim.items) == 1


def test_a_subscription_is_made_and_read(sim: AzureDevOpsSimulator, sdk: Connection) -> None:
    client = sdk.clients_v7_1.get_service_hooks_client()
    wanted = Subscription(
        publisher_id="tfs",
        event_type="workitem.updated",
        resource_version="1.0",
        consumer_id="webHooks",
        consumer_action_id="httpRequest",
        publisher_inputs={"projectId": ""},
        consumer_inputs={"url": "https://hub.example/hook", "basicAuthPassword": "pw"},
    )
    made = client.create_subscription(wanted)
    assert client.get_subscription(made.id).status == "enabled"
    assert made.consumer_inputs["basicAuthPassword"] == "********"
    assert sim.subscriptions[0].consumer_inputs["basicAuthPassword"] == "pw"


def test_an_expired_credential_breaks_the_client_as_it_does_live(
    sim: AzureDevOpsSimulator, sdk: Connection
) -> None:
    client = sdk.clients_v7_1.get_work_item_tracking_client()
    made = client.create_work_item([title("T")], "Platform", "Bug")
    sim.sign_in_page = "203"
    with pytest.raises(DeserializationError):
        client.get_work_item(made.id)
    with pytest.raises(AzureDevOpsServiceError, match="TF400813"):
        client.update_work_item([title("T2")], made.id)
