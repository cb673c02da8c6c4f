"""Blotting out a comment: all of it, for good, and nothing else of the ticket."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.errors import RecordMissing, Rejected
from bridge.domain.records import comments_of
from connectors.zendesk.comments import comment_of
from connectors.zendesk.payloads import TicketComment, User
from connectors.zendesk.redaction import blotted
from connectors.zendesk.simulator import ZendeskSimulator
from connectors.zendesk.simulator.redacting import redacted, text_of, unmarked
from tests.connectors.zendesk.connector_kit import TALK, Desk

LINK = '<p>See <a href="https://acme.sentry.io/issues/1/">the &amp; error</a><img src="x.png"/></p>'


def test_every_word_link_and_picture_is_marked_and_the_rest_stays_as_it_was() -> None:
    assert blotted(LINK) == (
        '<p><redact>See </redact><a href="https://acme.sentry.io/issues/1/" redact>'
        '<redact>the &amp; error</redact></a><img src="x.png" redact/></p>'
    )
    assert redacted(blotted(LINK)) == "<p>▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇</p>"


@pytest.mark.parametrize(
    ("given_html", "marked"),
    [
        ("<a href=https://x/1/>y</a>", "<a href=https://x/1/ redact><redact>y</redact></a>"),
        ("<img src=x.png />", "<img src=x.png redact/>"),
        ('<img src="x?a=1"/>', '<img src="x?a=1" redact/>'),
        ("<p>a<!-- b > c -->d</p>", "<p><redact>a</redact><!-- b > c --><redact>d</redact></p>"),
    ],
)
def test_unquoted_addresses_and_comments_stay_as_they_came(given_html: str, marked: str) -> None:
    assert blotted(given_html) == marked


@given(st.text(alphabet="ab <>&;/p=\"'\n#1x-!", max_size=60))
def test_whatever_the_markup_no_letter_is_left_to_read(text: str) -> None:
    marked = blotted(f"<p>{text}</p>")
    assert unmarked(marked).count("<redact>") == 0
    assert not set(text_of(redacted(marked))) & set("ab1x")


async def test_a_reply_is_blotted_out_twice_as_once_and_the_others_stay(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    ticket = sim.customer_creates_ticket()
    id = sim.agent_writes(ticket, "It is https://acme.sentry.io/issues/1/ & known")
    other = sim.agent_writes(ticket, "We are on it")
    for _ in range(2):
        await desk.helpdesk.redact_comment(str(ticket), str(id))
    bodies = {each.id: each.body for each in sim.tickets[ticket].comments}
    assert set(bodies[id]) == {"▇"}
    assert bodies[other] == "We are on it"
    seen = await desk.helpdesk.fetch_ticket(str(ticket), TALK)
    assert "sentry" not in repr(comments_of(seen))


async def test_a_closed_ticket_is_no_obstacle_and_a_missing_right_is_told(
    sim: ZendeskSimulator, desk: Desk
) -> None:
    ticket = sim.customer_creates_ticket()
    id = sim.agent_writes(ticket, "secret")
    sim.person_edits_ticket(ticket, status="solved", assignee_id=sim.agent_id)
    sim.automation_closes(ticket)
    sim.account.dials.may_redact = False
    with pytest.raises(Rejected):
        await desk.helpdesk.redact_comment(str(ticket), str(id))
    sim.account.dials.may_redact = True
    await desk.helpdesk.redact_comment(str(ticket), str(id))
    assert sim.tickets[ticket].comments[-1].body == "▇" * len("secret")
    with pytest.raises(RecordMissing):
        await desk.helpdesk.redact_comment(str(ticket), "404")


async def test_html_that_is_not_the_comments_own_is_refused(
    sim: ZendeskSimulator, api: httpx.AsyncClient
) -> None:
    ticket = sim.customer_creates_ticket()
    id = sim.agent_writes(ticket, "secret")
    for body in (
        {"ticket_id": ticket, "html_body": "<p><redact>another</redact></p>"},
        {"html_body": "x"},
    ):
        assert (await api.put(f"comment_redactions/{id}", json=body)).status_code == 422
    assert sim.tickets[ticket].comments[-1].body == "secret"


async def test_who_wrote_a_comment_is_told_by_the_role(sim: ZendeskSimulator, desk: Desk) -> None:
    ticket = sim.customer_creates_ticket()
    sim.customer_writes(ticket, "mine")
    sim.agent_writes(ticket, "ours")
    seen = await desk.helpdesk.fetch_ticket(str(ticket), TALK)
    assert [each.inbound for each in comments_of(seen)] == [True, False]


@pytest.mark.parametrize(
    ("author", "role", "inbound"),
    [
        ("7", "end-user", True),
        ("7", "agent", False),
        ("7", "admin", False),
        # A role that nobody told of, and an author who isn't in the answer.
        ("7", "", True),
        ("7", None, True),
        ("1", None, False),
    ],
)
def test_an_author_of_whom_nothing_is_known_counts_as_a_customer(
    author: str, role: str | None, inbound: bool
) -> None:
    comment = TicketComment(id="3", author_id=author, public=False)
    people = {} if role is None else {author: User(id=author, role=role)}
    assert comment_of(comment, people, "1", {}).inbound is inbound
