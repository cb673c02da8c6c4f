"""One HubSpot account: everything that its parts share."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from connectors.hubspot.simulator.crm import Crm
from connectors.hubspot.simulator.dials import Dials
from connectors.hubspot.simulator.file_store import FileStore
from connectors.hubspot.simulator.merging import merge
from connectors.hubspot.simulator.outbox import Outbox
from connectors.hubspot.simulator.records import Author, Record
from connectors.hubspot.simulator.threads import Threads
from connectors.hubspot.simulator.tokens import Tokens


@dataclass(slots=True)
class Portal:
    """State and rules of the account; the API and the people act on it."""

    portal_id: int
    app_id: int
    dials: Dials
    clock: Callable[[], datetime]
    rng: random.Random
    outbox: Outbox
    crm: Crm
    threads: Threads
    files: FileStore
    tokens: Tokens

    @property
    def app(self) -> Author:
        """The author of what comes through the API."""
        if self.dials.service_key_mode:
            return Author("INTEGRATION", self.dials.service_key_source_id)
        return Author("INTEGRATION", str(self.app_id))

    def correlation_id(self) -> str:
        """A fresh id for an error body."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def merge(self, object_type: str, primary_id: str, other_id: str, author: Author) -> Record:
        """Merges two live records, conversations included."""
        primary = self.crm.live(object_type, primary_id)
        other = self.crm.live(object_type, other_id)
        result = merge(self.crm, self.dials, primary, other, author)
        if object_type == "tickets":
            for old in (primary, other):
                self.threads.hand_over(old.id, result.id)
        return result

    def forget(self, contact_id: str) -> None:
        """Deletes a contact for good, with what they wrote."""
        contact = self.crm.find("contacts", contact_id)
        if contact is not None:
            self.crm.purge(contact)
            self.threads.forget_contact(contact_id)
