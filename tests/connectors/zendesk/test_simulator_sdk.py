"""A client library that nobody here wrote (zenpy), driven against the simulator."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment, Ticket, Webhook
from zenpy.lib.exception import APIException, RecordNotFoundException

from connectors.zendesk.simulator import ZendeskSimulator
from tests.connectors.zendesk.account_kit import HOOK


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ZendeskSimulator, Any]]:
    """The simulator on a free loopback port, and a client for it."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    place = f"127.0.0.1:{listening.getsockname()[1]}"
    sim = ZendeskSimulator(base_url=f"http://{place}")
    config = uvicorn.Config(sim.app, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.005)
    # The library has no setting for its address: these are its own variables.
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", place)
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    client = Zenpy(subdomain="acme", email=sim.email, token=sim.api_token, disable_cache=True)
    yield sim, client
    client.users.session.close()
    server.should_exit = True
    thread.join()
    listening.close()


def test_the_library_creates_reads_and_changes_a_ticket(live: tuple[ZendeskSimulator, Any]) -> None:
    sim, client = live
    made = client.tickets.create(Ticket(subject="Export fails", comment=Comment(body="500")))
    assert made.ticket.id in sim.tickets
    ticket = client.tickets(id=made.ticket.id)
    ticket.status = "pending"
    ticket.comment = Comment(body="Looking", public=False)
    changed = client.tickets.update(ticket)
    assert (changed.ticket.status, changed.audit.author_id) == ("pending", sim.admin_id)
    assert [c.public for c in client.tickets.comments(ticket)] == [True, False]
    assert len(list(client.tickets.audits(ticket))) == 2
    client.tickets.add_tags(ticket.id, ["hub"])
    assert sim.tickets[ticket.id].tags == ["hub"]
    client.tickets.delete(ticket)
    with pytest.raises(RecordNotFoundException):
        client.tickets(id=ticket.id)


def test_the_library_reads_lists_exports_and_search(live: tuple[ZendeskSimulator, Any]) -> None:
    sim, client = live
    sim.export_holdback = sim.export_holdback * 0
    numbers = [sim.customer_creates_ticket(f"T{n}") for n in range(3)]
    assert [t.id for t in client.tickets()] == numbers
    exported = client.tickets.incremental(start_time=0, per_page=2)
    assert [t.id for t in exported] == numbers
    assert [t.subject for t in client.search(type="ticket", subject="T1")] == ["T1"]
    assert [u.email for u in client.users.search(query="email:kim@customer.example")] == [
        "kim@customer.example"
    ]
    assert client.users.me().id == sim.admin_id
    assert "subject" in {field.type for field in client.ticket_fields()}
    assert {s.status_category for s in client.custom_statuses()} >= {"new", "solved"}


def test_the_library_merges_restores_and_uploads(live: tuple[ZendeskSimulator, Any]) -> None:
    sim, client = live
    one, two = sim.customer_creates_ticket(), sim.customer_creates_ticket()
    started = client.tickets.merge(one, two, target_comment="From two")
    assert client.job_status(id=started.id).status == "completed"
    assert sim.tickets[two].status == "closed"
    sim.person_deletes(one)
    assert [t.id for t in client.tickets.deleted()] == [one]
    client.tickets.restore(one)
    upload = client.attachments.upload("some text", target_name="a.txt")
    ticket = client.tickets(id=one)
    ticket.comment = Comment(body="See file", uploads=[upload.token])
    client.tickets.update(ticket)
    (file,) = sim.tickets[one].comments[-1].attachments
    assert client.attachments.download(file.id).getvalue() == b"some text"
    closed = client.tickets(id=two)
    closed.subject = "x"
    with pytest.raises(APIException) as refused:
        client.tickets.update(closed)
    assert refused.value.response.status_code == 422


def test_the_library_sets_up_a_webhook(live: tuple[ZendeskSimulator, Any]) -> None:
    sim, client = live
    hook = Webhook(
        name="Hub",
        endpoint=HOOK,
        http_method="POST",
        request_format="json",
        status="active",
        subscriptions=["zen:event-type:ticket.created"],
    )
    made = client.webhooks.create(hook)
    assert [w.id for w in client.webhooks.list()] == [made.id]
    secret = client.webhooks.show_secret(made)
    assert secret.secret == sim.account.webhooks.find(made.id).secret
    sim.customer_creates_ticket()
    assert [i.status for i in client.webhooks.invocations(made)] == ["accepted"]
