"""How many vendor calls a mirrored change costs, for each pair of helpdesk and tracker.

Calls are counted, not timed, so a busy machine changes nothing. The hub and every vendor's
simulator share one process. Tickets hang on items, and in each round each of a pair changes once.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bridge.cli.demo.world import logging_to
from bridge.kit.clock import SystemClock
from bridge.ports.manifest import Manifest
from connectors.azure_devops.simulator import AzureDevOpsSimulator, Field
from connectors.hubspot.simulator import HubSpotSimulator
from connectors.jira.simulator import JiraSimulator, adf
from connectors.rocketlane.simulator import RocketlaneSimulator
from connectors.zendesk.simulator import ZendeskSimulator
from tests.scenarios.world import BRIDGE_YAML, World, make_boards, make_hubspot, open_world
from tests.scenarios.zendesk_shop import HUB, SECRET, TOKEN, Ahead

TARGET_DATE = "Microsoft.VSTS.Scheduling.TargetDate"
TICKETS = 10
"""Tickets of each pair. Zendesk takes 30 updates of one in ten minutes, so none has many."""
SWEEPS = 3
"""So often at most a list is asked for what nothing announced: it may lag."""
MORE = f"""
  zendesk:
    vendor: zendesk
    base_url: http://zendesk.test
    subdomain: acme
    email: {HUB}
    token: {TOKEN}
    webhook_secret: {SECRET}
    debounce_ms: 0
    sweep_s: 3600
  jira:
    vendor: jira
    site: https://acme.atlassian.net
    base_url: http://jira.test
    email: hub@acme.example
    token: token-test
    webhook_secret: jira-secret
    projects: [DEMO]
    debounce_ms: 0
    sweep_s: 3600
    search_lag_s: 0
  rocketlane:
    vendor: rocketlane
    base_url: http://rocketlane.test
    api_key: key-test
    account: hub@acme.example
    webhook_token: hook-1
    rate: 10000
    lists_per_minute: 600000
    debounce_ms: 0
    sweep_s: 3600
"""
MAPPING = """
mapping: pairs-of-{helpdesk}
helpdesk: {helpdesk}
ticket:
  category: {{property: {category}}}
stages:
  - {{id: reported, label: Reported}}
  - {{id: in_development, label: In development}}
routes:
  - {{id: stays, when: {{field: category, present: true}}, stay: true}}
status:
  boards: {{New: reported, Active: in_development}}
  jira: {{To Do: reported, In Progress: in_development}}
  rocketlane: {{To do: reported, In progress: in_development}}
show_on_ticket:
  stage: {{property: {stage}}}
  eta: {{property: {eta}}}
comments: {{to_work_item: marked, to_ticket: marked, as: internal_note}}
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """People at a helpdesk, by the name of its connection."""

    name: str
    opens: Callable[[], str]
    """Open a ticket; its id."""
    notes: Callable[[str, str], object]
    """Leave an internal note on a ticket."""
    stage: Callable[[str], str]
    eta: Callable[[str], str]
    talk: Callable[[str], int]
    """How many notes a ticket has."""


@dataclass(frozen=True, slots=True)
class Board:
    """People at a tracker."""

    name: str
    makes: Callable[[], str]
    """Make an item; its id."""
    moves: Callable[[str, bool], object]
    """Begin it, or put it back."""
    dates: Callable[[str, str], object]
    """Expect it on another day."""
    comments: Callable[[str, str], object]
    """Write a comment whose first line marks it for the customer."""
    talk: Callable[[str], int]
    """How many comments an item has."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one kind of change costs between two connections, for each change that arrived."""

    desk: str
    board: str
    kind: str
    changes: int
    arrived: int
    writes: float
    reads: float
    swept: bool
    """Nothing announced the change: a sweep found it, and its calls are counted."""
    reason: str
    """Why it is not one write and no read, by the manifests; empty where it is."""


async def pairs(
    rounds: int, *, desks: Collection[str] = (), boards: Collection[str] = ()
) -> list[Cost]:
    """Each pair and kind of change, in `rounds` rounds of one change on each ticket.

    `desks` and `boards` are the connections to take; all of them where none is named.
    """
    with tempfile.TemporaryDirectory() as folder, logging_to(Path(folder)):
        async with _shop(Path(folder)) as shop:
            found = []
            for desk, board in itertools.product(shop.desks, shop.boards):
                if (desks and desk.name not in desks) or (boards and board.name not in boards):
                    continue
                linked = await shop.link(desk, board)
                found += [await _cost(shop, desk, board, each, linked, rounds) for each in KINDS]
            return found


@dataclass
class Shop:
    """The world with every vendor, and what people do there."""

    world: World
    desks: tuple[Desk, ...]
    boards: tuple[Board, ...]
    ahead: Ahead
    days: Iterator[date]

    async def link(self, desk: Desk, board: Board) -> list[tuple[str, str]]:
        """Tickets that hang on an item each, followed as far as the hub goes."""
        made = [(desk.opens(), board.makes()) for _ in range(TICKETS)]
        await self.world.settle()
        for ticket, item in made:
            ends = {
                "ticket": {"connection": desk.name, "id": ticket},
                "work_item": {"connection": board.name, "id": item},
            }
            url, headers = "/api/v1/links", self.world.admin
            answer = await self.world.client.post(url, headers=headers, json=ends)
            answer.raise_for_status()
        await self.world.settle()
        return made

    def manifest(self, name: str) -> Manifest:
        """The facts of the connection's vendor."""
        return self.world.hub.connections[name].manifest


async def _cost(
    shop: Shop, desk: Desk, board: Board, kind: str, linked: list[tuple[str, str]], rounds: int
) -> Cost:
    deed, announced = KINDS[kind], _announced(shop, desk, board, kind)
    writes = reads = arrived = 0
    # The first round is for what is read once: it is not counted.
    for number in range(rounds + 1):
        shop.ahead.seconds += 25 if desk.name == "zendesk" else 0
        day = next(shop.days).isoformat()
        awaited = [deed(desk, board, *each, number, day) for each in linked]
        shop.world.calls.clear()
        await shop.world.settle()
        for _ in range(0 if announced else SWEEPS):
            await shop.world.sweep(desk.name if kind == NOTE else board.name)
            if all(came() for came in awaited):
                break
        if not number:
            continue
        arrived += sum(came() for came in awaited)
        wrote = sum(len(shop.world.writes(each)) for each in (desk.name, board.name))
        writes, reads = writes + wrote, reads + len(shop.world.calls) - wrote
    changes, per = rounds * len(linked), max(arrived, 1)
    known = _reason(shop, desk, board, kind) if (writes, reads) != (arrived, 0) else ""
    return Cost(
        desk.name, board.name, kind, changes, arrived, writes / per, reads / per,
        not announced, known,
    )  # fmt: skip


STEP, DATE, COMMENT, NOTE = "step", "date", "comment", "note"
Deed = Callable[[Desk, Board, str, str, int, str], Callable[[], bool]]


def _step(
    desk: Desk, board: Board, ticket: str, item: str, n: int, _day: str
) -> Callable[[], bool]:
    board.moves(item, n % 2 == 0)
    wanted = "In development" if n % 2 == 0 else "Reported"
    return lambda: desk.stage(ticket) == wanted


def _date(
    desk: Desk, board: Board, ticket: str, item: str, _n: int, day: str
) -> Callable[[], bool]:
    board.dates(item, day)
    return lambda: desk.eta(ticket).startswith(day)


def _comment(
    desk: Desk, board: Board, ticket: str, item: str, n: int, _d: str
) -> Callable[[], bool]:
    before = desk.talk(ticket)
    board.comments(item, f"A fix comes, part {n}.")
    return lambda: desk.talk(ticket) == before + 1


def _note(desk: Desk, board: Board, ticket: str, item: str, n: int, _d: str) -> Callable[[], bool]:
    before = board.talk(item)
    desk.notes(ticket, f"It happens at night, part {n}.")
    return lambda: board.talk(item) == before + 1


KINDS: dict[str, Deed] = {STEP: _step, DATE: _date, COMMENT: _comment, NOTE: _note}


def _announced(shop: Shop, desk: Desk, board: Board, kind: str) -> bool:
    teller = {COMMENT: board.name, NOTE: desk.name}.get(kind)
    return teller is None or shop.manifest(teller).comment_webhooks


def _reason(shop: Shop, desk: Desk, board: Board, kind: str) -> str:
    """Why a comment costs more, as the manifests of the two vendors have it."""
    told, other = shop.manifest(board.name), shop.manifest(desk.name)
    if kind == NOTE:
        told, other = other, told
    if kind not in (COMMENT, NOTE):
        return ""
    why = told.comments_read if told.comment_webhooks else "no webhook tells of such a comment"
    said = [f"{told.title}: {why}"]
    if other.comment_webhooks and other.comments_read:
        said.append(f"{other.title} announces the copy like any comment")
    return "; ".join(said)


@asynccontextmanager
async def _shop(folder: Path) -> AsyncIterator[Shop]:
    clock, ahead = SystemClock(), Ahead()
    hubspot, boards = make_hubspot(clock), make_boards(clock)
    boards.add_field(Field(TARGET_DATE, "Target Date", "dateTime"))
    zendesk = ZendeskSimulator(
        base_url="http://zendesk.test", api_token=TOKEN, email=HUB, clock=ahead
    )
    zendesk.subscribe("http://bridge.test/webhooks/zendesk").secret = SECRET
    jira = JiraSimulator(clock=clock.now)
    jira.add_webhook("http://bridge.test/webhooks/jira", "jira-secret")
    rocketlane = RocketlaneSimulator(clock=clock.now, base_url="http://rocketlane.test")
    rocketlane.add_webhook("http://bridge.test/webhooks/rocketlane?token=hook-1")
    by_zendesk = MAPPING.format(
        helpdesk="zendesk", category="type", stage="Work stage", eta="Work ETA"
    )
    desks = _hubspot(hubspot), _zendesk(zendesk)
    async with open_world(
        folder,
        mapping=MAPPING.format(
            helpdesk="hubspot", category="hs_ticket_category", stage="work_stage", eta="work_eta"
        ),
        bridge_yaml=BRIDGE_YAML + MORE.lstrip("\n"),
        vendors=(hubspot, boards),
        others={"zendesk.test": zendesk, "jira.test": jira, "rocketlane.test": rocketlane},
        more_mappings={"zendesk.yaml": by_zendesk},
    ) as world:
        days = (date(2027, 1, 1) + timedelta(days=n) for n in itertools.count())
        trackers = _boards(boards), _jira(jira), _rocketlane(rocketlane)
        yield Shop(world, desks, trackers, ahead, days)


def _hubspot(sim: HubSpotSimulator) -> Desk:
    def shown(ticket: str, name: str) -> str:
        return str(sim.tickets[ticket].properties.get(name) or "")

    return Desk(
        "hubspot",
        lambda: sim.person_creates_ticket("Question", category="Customer Success Ticket"),
        lambda ticket, text: sim.person_adds_note(ticket, f"<p>#dev</p><p>{text}</p>"),
        lambda ticket: shown(ticket, "work_stage"),
        lambda ticket: shown(ticket, "work_eta"),
        lambda ticket: len(sim.tickets[ticket].notes),
    )


def _zendesk(sim: ZendeskSimulator) -> Desk:
    stage, eta = sim.add_field("text", "Work stage"), sim.add_field("date", "Work ETA")

    def shown(ticket: str, field: int) -> str:
        return str(sim.tickets[int(ticket)].custom.get(field) or "")

    return Desk(
        "zendesk",
        lambda: str(sim.customer_creates_ticket("Question", type="question")),
        lambda ticket, text: sim.agent_writes(int(ticket), f"#dev\n\n{text}", public=False),
        lambda ticket: shown(ticket, stage),
        lambda ticket: shown(ticket, eta),
        lambda ticket: len(sim.tickets[int(ticket)].comments),
    )


def _boards(sim: AzureDevOpsSimulator) -> Board:
    return Board(
        "boards",
        lambda: sim.person_creates("User Story", "Known for long"),
        lambda item, begun: sim.person_moves_state(item, "Active" if begun else "New"),
        lambda item, day: sim.person_edits(item, {TARGET_DATE: f"{day}T00:00:00Z"}),
        lambda item, text: sim.person_comments(item, f"<div>#customer</div><div>{text}</div>"),
        lambda item: len(sim.items[int(item)].comments),
    )


def _jira(sim: JiraSimulator) -> Board:
    def comments(item: str, text: str) -> object:
        said = adf.document(adf.paragraph("#customer"), adf.paragraph(text))
        return sim.person_comments(item, said)

    return Board(
        "jira",
        lambda: sim.person_creates("Known for long"),
        lambda item, begun: sim.person_moves_status(item, "In Progress" if begun else "To Do"),
        lambda item, day: sim.person_edits(item, {"duedate": day}),
        comments,
        lambda item: len(sim.issue(item).comments),
    )


def _rocketlane(sim: RocketlaneSimulator) -> Board:
    project = sim.add_project("Acme rollout", "Acme")
    return Board(
        "rocketlane",
        lambda: sim.person_creates("Known for long", project),
        lambda item, begun: sim.person_moves_status(item, "In progress" if begun else "To do"),
        lambda item, day: sim.person_edits(item, dueDate=day),
        lambda item, text: sim.person_comments(item, f"<p>#customer</p><p>{text}</p>"),
        lambda item: len(sim.task(item).comments),
    )
