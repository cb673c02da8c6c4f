"""The vendor's official SDK, which nobody here wrote, driven against the simulator."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import hubspot
import pytest
import uvicorn
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest
from hubspot.crm.objects.notes import SimplePublicObjectInputForCreate as NewNote
from hubspot.crm.tickets import (
    BatchReadInputSimplePublicObjectId,
    PublicObjectSearchRequest,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.tickets.exceptions import ApiException

from connectors.hubspot.simulator import HubSpotSimulator


@pytest.fixture
def live() -> Iterator[tuple[HubSpotSimulator, Any]]:
    """The simulator on a free loopback port, and an SDK client for it."""
    sim = HubSpotSimulator()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(sim.app, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.005)
    host = f"http://127.0.0.1:{listening.getsockname()[1]}"
    client = hubspot.Client.create(access_token="pat-test")
    client.config["host"] = host
    yield sim, client
    server.should_exit = True
    thread.join()
    listening.close()


def test_the_sdk_creates_reads_and_changes_a_ticket(live: tuple[HubSpotSimulator, Any]) -> None:
    sim, client = live
    api = client.crm.tickets.basic_api
    given = {"subject": "Export fails", "hs_pipeline": "0", "hs_pipeline_stage": "1"}
    new = SimplePublicObjectInputForCreate(properties=given, associations=[])
    made = api.create(simple_public_object_input_for_create=new)
    read = api.get_by_id(made.id, properties=["subject", "content"])
    assert read.properties["subject"] == "Export fails"
    change = SimplePublicObjectInput(properties={"hs_pipeline_stage": "4"})
    changed = api.update(made.id, simple_public_object_input=change)
    assert changed.properties["hs_pipeline_stage"] == "4"
    assert sim.tickets[made.id].properties["hs_pipeline_stage"] == "4"
    assert sim.tickets[made.id].properties["closed_date"] is not None
    assert [t.id for t in client.crm.tickets.get_all()] == [made.id]
    with pytest.raises(ApiException) as refused:
        api.get_by_id("404404")
    assert refused.value.status == 404


def test_the_sdk_searches_and_reads_batches(live: tuple[HubSpotSimulator, Any]) -> None:
    sim, client = live
    ticket = sim.person_creates_ticket("Export fails")
    request = PublicObjectSearchRequest(
        filter_groups=[
            {"filters": [{"propertyName": "subject", "operator": "EQ", "value": "Export fails"}]}
        ],
        sorts=["hs_object_id"],
        properties=["subject"],
        limit=10,
        after="0",
    )
    found = client.crm.tickets.search_api.do_search(public_object_search_request=request)
    assert (found.total, found.results[0].id) == (1, ticket)
    batch = BatchReadInputSimplePublicObjectId(
        inputs=[{"id": ticket}], properties=["subject"], properties_with_history=[]
    )
    answer = client.crm.tickets.batch_api.read(batch_read_input_simple_public_object_id=batch)
    assert answer.results[0].properties["subject"] == "Export fails"


def test_the_sdk_writes_a_note_and_reads_associations(live: tuple[HubSpotSimulator, Any]) -> None:
    sim, client = live
    company = sim.add_company("Acme")
    ticket = sim.person_creates_ticket(company_id=company)
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 228}]
    properties = {"hs_timestamp": "2026-11-22T09:16:00Z", "hs_note_body": "<p>Hi</p>"}
    note = NewNote(properties=properties, associations=[{"to": {"id": ticket}, "types": types}])
    made = client.crm.objects.notes.basic_api.create(simple_public_object_input_for_create=note)
    assert [n.id for n in sim.tickets[ticket].notes] == [made.id]
    v4 = client.crm.associations.v4
    page = v4.basic_api.get_page("tickets", ticket, "companies")
    assert {t.type_id for t in page.results[0].association_types} == {26, 339}
    inputs = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": ticket}])
    batch = v4.batch_api.get_page("tickets", "companies", inputs)
    assert str(batch.results[0].to[0].to_object_id) == company


def test_the_sdk_reads_owners_pipelines_and_properties(live: tuple[HubSpotSimulator, Any]) -> None:
    sim, client = live
    owner = sim.add_owner("lead@vendor.example", "Lea", "Lead")
    page = client.crm.owners.owners_api.get_page(email="lead@vendor.example")
    assert [o.id for o in page.results] == [owner]
    (pipeline,) = client.crm.pipelines.pipelines_api.get_all("tickets").results
    assert [stage.label for stage in pipeline.stages][-1] == "Closed"
    category = client.crm.properties.core_api.get_by_name("tickets", "hs_ticket_category")
    assert "Bug" in [option.value for option in category.options]
    assert "/crm/v3/owners/" in [call.path for call in sim.calls]
