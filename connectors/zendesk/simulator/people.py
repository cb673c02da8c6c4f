"""People at the vendor's own pages: agents, admins and customers.

What they do goes through the same rules as the API, carries their id and fires webhooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.zendesk.simulator import companies, lifecycle, writing
from connectors.zendesk.simulator.account import Account
from connectors.zendesk.simulator.events import announce
from connectors.zendesk.simulator.records import SYSTEM_ID, By, Ticket

_File = tuple[str, bytes, str]
"""Name, content, content type."""


class People:
    """The deeds of people, as methods of the simulator."""

    account: Account
    admin_id: int
    """An admin: the one whose credential a hub has."""
    agent_id: int
    """An agent, who does what nobody else is named for."""
    customer_id: int
    """An end user."""

    def add_agent(self, name: str, email: str, *, admin: bool = False) -> int:
        """Somebody of the helpdesk."""
        return self.account.add_user(name, email, "admin" if admin else "agent").id

    def add_customer(self, name: str, email: str, organization_id: int | None = None) -> int:
        """Somebody who asks."""
        return self.account.add_user(name, email, "end-user", organization_id).id

    def person_describes_user(self, user_id: int, tags: Iterable[str] = (), **fields: Any) -> None:
        """Somebody tags a person, and fills in fields of theirs by their keys."""
        user = self.account.user(user_id)
        user.tags = [*tags]
        user.user_fields = {**user.user_fields, **fields}

    def add_organization(self, name: str, **given: Any) -> int:
        """A customer's company; `organization_fields` holds its plan."""
        return companies.create_organization(self.account, {"name": name, **given}).id

    def person_edits_organization(self, organization_id: int, **given: Any) -> None:
        """Somebody changes a company, its plan for example."""
        known = self.account.organization(organization_id)
        companies.change_organization(self.account, known, given)

    def add_field(self, kind: str, title: str, options: Iterable[str] = (), **more: Any) -> int:
        """An admin defines a ticket field; the choices are names and values at once."""
        pairs = [(value, value) for value in options]
        return self.account.fields.add(kind, title, self.account.now(), options=pairs, **more).id

    def add_organization_field(
        self, key: str, title: str, options: Mapping[str, str] | None = None
    ) -> None:
        """An admin defines a field of companies: a drop-down of titles by their tags, or a text."""
        shelf = self.account.person_fields["organization_fields"]
        chosen = [
            {"id": self.account.numbers.long(), "name": name, "raw_name": name, "value": value}
            for value, name in (options or {}).items()
        ]
        given: dict[str, Any] = {"key": key, "title": title, "type": "text", "active": True}
        if chosen:
            given |= {"type": "dropdown", "custom_field_options": chosen}
        known = next((id for id, each in shelf.items() if each["key"] == key), None)
        if known is None:
            self.account.add_named(shelf, "organization_fields", given)
        else:
            shelf[known] |= given

    def add_status(self, category: str, label: str) -> int:
        """An admin defines a custom status."""
        return self.account.statuses.add(category, label, self.account.now()).id

    def add_jira_link(self, ticket_id: int, issue_id: str, issue_key: str) -> None:
        """The vendor's own Jira app links a ticket."""
        number = self.account.numbers.long()
        ids = {"id": str(number), "ticket_id": str(ticket_id), "issue_id": issue_id}
        self.account.jira_links.append(ids | {"issue_key": issue_key})

    def customer_creates_ticket(
        self,
        subject: str = "Export fails",
        text: str = "Export fails with error 500",
        by: int | None = None,
        files: Sequence[_File] = (),
        **given: Any,
    ) -> int:
        """A customer asks by email or form."""
        comment = {"body": text, "uploads": self._uploads(files)}
        body = {"subject": subject, "comment": comment, **given}
        return writing.create(self.account, body, By(by or self.customer_id, "web"))[0].id

    def agent_creates_ticket(
        self,
        subject: str = "Export fails",
        text: str = "We have seen that your export fails",
        *,
        public: bool = True,
        requester: int | None = None,
        **given: Any,
    ) -> int:
        """An agent opens a ticket with a customer: the description is the agent's own words."""
        comment = {"body": text, "public": public}
        asked = requester or self.customer_id
        body = {"subject": subject, "comment": comment, "requester_id": asked, **given}
        return writing.create(self.account, body, self._agent(None))[0].id

    def customer_writes(
        self, ticket_id: int, text: str, by: int | None = None, files: Sequence[_File] = ()
    ) -> int:
        """A customer answers; tells the comment's id."""
        ticket = self.account.ticket(ticket_id)
        body: dict[str, Any] = {
            "comment": {"body": text, "public": True, "uploads": self._uploads(files)}
        }
        waits = ticket.status in ("pending", "hold", "solved")
        if waits and self.account.dials.customer_comment_reopens:
            body["status"] = "open"
        writing.update(self.account, ticket, body, By(by or self.customer_id, "email"))
        return ticket.comments[-1].id

    def customers_program_mails(self, ticket_id: int, text: str, by: int | None = None) -> int:
        """A customer's mailbox answers by itself, and Zendesk lets it become a comment, flagged."""
        made = self.customer_writes(ticket_id, text, by)
        comment = self.account.ticket(ticket_id).comments[-1]
        comment.metadata = {**comment.metadata, "flags": [4], "flags_options": {}}
        return made

    def customer_rates(
        self, ticket_id: int, score: str, words: str = "", by: int | None = None
    ) -> None:
        """A customer answers the satisfaction survey: it becomes no comment of the ticket.

        The event's shape is not confirmed; the rating stands in the ticket.
        """
        ticket = self.account.ticket(ticket_id)
        ticket.rating = {"id": self.account.numbers.long(), "score": score, "comment": words}
        self.account.touch(ticket)
        rated = {"satisfaction_rating": {"score": score}}
        announce(
            self.account,
            ticket,
            [("csat_received", rated)],
            By(by or self.customer_id, "web"),
        )

    def agent_writes(
        self, ticket_id: int, text: str, *, public: bool = True, by: int | None = None
    ) -> int:
        """An agent answers the customer, or leaves an internal note; tells the comment's id."""
        body = {"comment": {"body": text, "public": public}}
        self._change(ticket_id, body, by)
        return self.account.ticket(ticket_id).comments[-1].id

    def person_edits_ticket(self, ticket_id: int, by: int | None = None, **given: Any) -> None:
        """An agent changes fields, by their API names; `custom_fields` maps ids to values."""
        own = given.pop("custom_fields", None)
        if own is not None:
            given["custom_fields"] = [{"id": key, "value": value} for key, value in own.items()]
        self._change(ticket_id, given, by)

    def person_merges(self, target_id: int, *source_ids: int, by: int | None = None) -> None:
        """An agent merges tickets into another."""
        sources = [self.account.ticket(number) for number in source_ids]
        target = self.account.ticket(target_id)
        lifecycle.merge(self.account, target, sources, {}, self._agent(by))

    def person_deletes(self, ticket_id: int, by: int | None = None) -> None:
        """An agent deletes a ticket."""
        lifecycle.delete(self.account, self.account.ticket(ticket_id), self._agent(by))

    def person_restores(self, ticket_id: int, by: int | None = None) -> None:
        """An admin brings a deleted ticket back."""
        ticket = lifecycle.deleted_ticket(self.account, ticket_id)
        lifecycle.restore(self.account, ticket, self._agent(by))

    def person_purges(self, ticket_id: int, by: int | None = None) -> None:
        """An admin deletes a deleted ticket for good."""
        ticket = lifecycle.deleted_ticket(self.account, ticket_id)
        lifecycle.scrub(self.account, ticket, self._agent(by))

    def person_hides_comment(self, ticket_id: int, comment_id: int) -> None:
        """An agent makes a public comment private."""
        ticket = self.account.ticket(ticket_id)
        lifecycle.make_private(self.account, ticket, comment_id, self._agent(None))

    def person_redacts(self, ticket_id: int, comment_id: int, words: str) -> None:
        """An agent blots words out of a comment."""
        ticket = self.account.ticket(ticket_id)
        lifecycle.redact(self.account, ticket, comment_id, words, self._agent(None))

    def automation_closes(self, ticket_id: int) -> None:
        """The nightly rule closes a solved ticket, for good."""
        rule = By(SYSTEM_ID, "rule", {"rel": "automation"})
        ticket = self.account.ticket(ticket_id)
        writing.update(self.account, ticket, {"status": "closed"}, rule)

    def vendor_touches(self, ticket_id: int) -> None:
        """A system update: the export tells the ticket again, with its old `updated_at`."""
        self.account.touch(self.account.ticket(ticket_id))

    @property
    def tickets(self) -> dict[int, Ticket]:
        """Every ticket by id, deleted ones included."""
        return self.account.tickets

    def _agent(self, by: int | None) -> By:
        return By(by or self.agent_id, "web")

    def _change(self, ticket_id: int, body: dict[str, Any], by: int | None) -> None:
        writing.update(self.account, self.account.ticket(ticket_id), body, self._agent(by))

    def _uploads(self, files: Sequence[_File]) -> list[str]:
        store, now = self.account.files, self.account.now()
        return [store.upload(name, data, kind, None, now).token for name, data, kind in files]
