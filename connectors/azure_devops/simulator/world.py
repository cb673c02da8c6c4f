"""The state of one organisation, its dials and its clock."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.board import Board
from connectors.azure_devops.simulator.fields import FieldCatalogue
from connectors.azure_devops.simulator.hooks import HookBoard
from connectors.azure_devops.simulator.identities import Identity, IdentityBook
from connectors.azure_devops.simulator.process import PROCESSES
from connectors.azure_devops.simulator.records import Attachment, Item, Project
from connectors.azure_devops.simulator.render import Renderer


class World:
    """What the service knows; requests, people and deliveries all work on this."""

    def __init__(
        self,
        organization: str = "acme",
        projects: Sequence[str] = ("Platform",),
        pat: str = "pat-test",
        process: str = "Agile",
        seed: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.organization = organization
        self.pat = pat
        self.clock = clock
        self.base_url = "https://dev.azure.com"
        self.wiql_lag = timedelta(0)
        self.feed_lag = timedelta(0)
        self.rewrite_html = False
        self.tsstu_limit: int | None = None
        self.sign_in_page: str | None = None
        self.keeps_validated = False
        """A create that is only to be validated is carried out all the same."""
        self.withheld_rights: set[str] = set()
        """What the token's scopes leave out: `write` (of work items), `hooks`, `projects`."""
        self.attachment_limit = 60 * 1024 * 1024
        self._ids = random.Random(seed)
        self._numbers: Counter[str] = Counter()
        self.people = IdentityBook(self.new_id)
        self.service_account: Identity = self.people.add("Hub Service", "hub@acme.example")
        self.fields = FieldCatalogue()
        self.items: dict[int, Item] = {}
        self.attachments: dict[str, Attachment] = {}
        self.tag_spelling: dict[str, str] = {}
        self.instance_id = self.new_id()
        self.projects = [Project(self.new_id(), name, PROCESSES[process]) for name in projects]
        self.render = Renderer(self)
        self.board = Board(self)
        self.hooks = HookBoard(self, random.Random(seed + 1))

    @property
    def organization_url(self) -> str:
        """Where every address that the service returns begins."""
        return f"{self.base_url.rstrip('/')}/{self.organization}"

    def now(self) -> datetime:
        """The service's time, in the precision it can store."""
        return moments.whole(self.clock())

    def new_id(self) -> str:
        """A GUID; the same ones in the same order for the same seed."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    def next_number(self, kind: str) -> int:
        """The next number of a sequence: items, comments, watermarks, resources, nodes."""
        self._numbers[kind] += 1
        return self._numbers[kind]

    def tag_id(self, tag: str) -> str:
        """The GUID of a tag; the same tag always has the same one."""
        return str(uuid.uuid5(uuid.UUID(self.instance_id), tag.casefold()))

    def project(self, name_or_id: str) -> Project | None:
        """The project of that name or id, compared without case."""
        wanted = name_or_id.casefold()
        return next((p for p in self.projects if wanted in (p.name.casefold(), p.id)), None)
