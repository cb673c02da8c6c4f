"""Random histories with a text like no other in every field that is born in Sentry.

People and Sentry's own integrations carry those texts into the trackers, by every way the vendor
documents, while the hub crashes and calls fail. In the end none may be found where a client, or
whoever looks after clients, can look. `BRIDGE_CHAOS_SEED=…` plays a history again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest

from bridge.cli.demo.servers import DropsConnections, address_of, listening_socket, serving
from bridge.engine.faultpoints import POINTS
from bridge.store.database import Database
from connectors.email.simulator import EmailSimulator
from connectors.jira.simulator import JiraSimulator
from connectors.jira.simulator.wiki import from_wiki
from connectors.sentry.simulator import SentrySimulator
from connectors.sentry.simulator.canaries import Canaries
from connectors.sentry.simulator.records import Issue
from connectors.teams.simulator import TeamsSimulator
from connectors.zendesk.simulator import ZendeskSimulator
from tests.chaos.leaks import answered, commanded, leaks, listed, pages
from tests.chaos.replica import ADMIN_TOKEN
from tests.chaos.test_histories import MISHAPS, History, seeds
from tests.chaos.test_kill_jobs import MAPPING, call, over
from tests.chaos.world import LONG, Chaos, open_chaos
from tests.keeping import as_text, stored
from tests.scenarios.telling import CHANNELS
from tests.scenarios.world import ROOT
from tests.shipped import WITH_NOTICES

REWORDED = WITH_NOTICES.replace(
    "label: Reported to engineering", "label: With our engineers"
).replace(
    # Titles of work items, where the thing that Sentry made has the error: way E.
    "\nfields:\n",
    "\nfields:\n  - {ticket: work_title, work_item: System.Title, owner: work_item}\n",
)
DESK = (ROOT / "mappings" / "more" / "zendesk-escalation.yaml").read_text()
DESK_TITLED = (
    f"{DESK}\nfields: [{{ticket: Work title, work_item: System.Title, owner: work_item}}]\n"
)
SECRET = "jira-webhook-secret"
YAML = """
  jira:
    vendor: jira
    site: https://acme.atlassian.net
    base_url: {jira}
    email: hub@acme.example
    token: token-test
    webhook_secret: {secret}
    projects: [DEMO, OPS]
    debounce_ms: 0
    sweep_s: 1800
    timeout_s: 5
    search_lag_s: 0
    probe_grace_s: 0.3
  zendesk:
    vendor: zendesk
    base_url: {zendesk}
    subdomain: acme
    email: bridge@acme.example
    token: zendesk-token
    webhook_secret: {secret}
    debounce_ms: 0
    sweep_s: 1800
    timeout_s: 5
  sentry:
    vendor: sentry
    base_url: {sentry}
    organization: acme
    token: sentry-token-test
    client_secret: sentry-client-secret-1
    launch_in: {launch_in}
    debounce_ms: 0
    sweep_s: 1800
    timeout_s: 5
"""
PLACES = ("boards", "jira\n    launch_project: OPS")


@dataclass
class Surroundings:
    """The vendors that this history has besides those of every other."""

    sentry: SentrySimulator
    jira: JiraSimulator
    teams: TeamsSimulator
    mail: EmailSimulator
    zendesk: ZendeskSimulator
    asked: dict[str, int] = field(default_factory=dict)
    """Zendesk's fields by their titles."""
    names: Canaries = field(default_factory=Canaries)
    """Words that engineers' own places may show, as the slug of a project does in short ids."""


@asynccontextmanager
async def opened(
    folder: Path, database_url: str | None, launch_in: str
) -> AsyncIterator[tuple[Chaos, Surroundings]]:
    """The world of every chaos test with Zendesk, Jira, Sentry, Teams and a mail server."""
    doors = [listening_socket(0) for _ in range(4)]
    jira_at, sentry_at, teams_at, zendesk_at = (address_of(door) for door in doors)
    teams, mail = TeamsSimulator(teams_at), EmailSimulator()
    channel = teams.add_workflow()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(mail.running())
        told = CHANNELS.format(teams=teams.url_of(channel), port=mail.port)
        yaml = YAML.format(
            jira=jira_at, sentry=sentry_at, zendesk=zendesk_at, secret=SECRET, launch_in=launch_in
        )
        chaos = await stack.enter_async_context(
            open_chaos(
                folder,
                database_url=database_url,
                mapping=WITH_NOTICES,
                more_yaml=yaml + told.replace("http://teams.test", teams_at),
            )
        )
        assert chaos.clock is not None
        sentry = SentrySimulator(base_url=sentry_at, clock=chaos.clock.right)
        jira = JiraSimulator(base_url=jira_at, clock=chaos.clock.right)
        zendesk = ZendeskSimulator(
            base_url=zendesk_at,
            api_token="zendesk-token",
            email="bridge@acme.example",
            clock=chaos.clock.right,
        )
        around = Surroundings(sentry, jira, teams, mail, zendesk)
        _furnish(chaos, around)
        (folder / "mappings" / "zendesk.yaml").write_text(DESK)
        for app, door in zip((jira.app, sentry.app, teams.app, zendesk.app), doors, strict=True):
            await stack.enter_async_context(serving(DropsConnections(app), door))
        client = await stack.enter_async_context(httpx.AsyncClient(transport=chaos.post, timeout=5))
        await stack.enter_async_context(jira.running(client))
        await stack.enter_async_context(sentry.running(client))
        await stack.enter_async_context(zendesk.running(client))
        yield chaos, around


def _furnish(chaos: Chaos, around: Surroundings) -> None:
    """Canaries in whatever can be set up beforehand, and webhooks that lead to the hub."""
    chaos.hub.environment = {**chaos.hub.environment, "BRIDGE_LOG_LEVEL": "debug"}
    sentry, jira = around.sentry, around.jira
    sentry.canaries = True
    org = sentry.organization
    sentry.person = org.add_user(sentry.canaries_planted.plant("person"), "someone@acme.example")
    org.add_project(around.names.plant("slug"))
    sentry.subscribe(f"{chaos.hub.url}/webhooks/sentry", ("issue", "comment", "error"))
    jira.add_project("OPS", "Operations")
    # Seconds, so that a refused webhook comes again while the test waits; never given up.
    jira.retry_delays = (timedelta(seconds=0.3),) * 1000
    jira.add_webhook(f"{chaos.hub.url}/webhooks/jira", SECRET)
    chaos.others += [lambda: len(jira.pending_deliveries), lambda: len(sentry.pending)]
    chaos.hubspot.add_property("tickets", "work_title", in_forms=False)
    zendesk = around.zendesk
    zendesk.retry_delay = timedelta(seconds=0.3)
    around.asked = {
        "Escalation": zendesk.add_field("tagger", "Escalation", ["bug", "resolved_in_support"]),
        "Reproduced": zendesk.add_field("checkbox", "Reproduced"),
        **{
            title: zendesk.add_field("date" if title == "Work ETA" else "text", title)
            for title in ("Work stage", "Work ETA", "Work items", "Work title")
        },
    }
    zendesk.subscribe(f"{chaos.hub.url}/webhooks/zendesk").secret = SECRET
    chaos.others.append(lambda: len(zendesk.pending_events))


@dataclass
class Carried:
    """A history in which Sentry's words are carried about."""

    history: History
    around: Surroundings
    issues: list[Issue] = field(default_factory=list)
    tied: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    """Issue → the items to which Sentry's own integration writes."""
    asked: list[int] = field(default_factory=list)
    """Numbers of Zendesk's tickets."""
    carried: int = 0
    """Texts of Sentry's that were written into trackers."""

    @property
    def chaos(self) -> Chaos:
        return self.history.chaos

    @cached_property
    def desk_company(self) -> int:
        """Acme, as Zendesk knows it."""
        return self.around.zendesk.add_organization("Acme", organization_fields={"plan": "Elite"})

    @property
    def dice(self) -> random.Random:
        return self.history.dice

    async def act(self) -> None:
        """One deed: of people and mishaps, of Sentry, or of somebody who uses the hub."""
        deeds: list[tuple[int, Callable[[], Any]]] = [
            (8, self.history.step),
            (3, self.error_occurs),
            (5, self.launches),
            (2, self.presses_form),
            (4, self.sentry_makes_item),
            (3, self.sentrys_button),
            (8, self.comment_travels),
            (4, self.quotes_for_customer),
            (3, self.marks_on_launched),
            (2, self.links_by_hand),
            (3, self.decides_held),
            (2, self.names_it_in_a_note),
            (3, self.asks_in_zendesk),
            (1, self.changes_state),
            (1, self.clones),
            (1, self.changes_mapping),
            (1, self.replays),
            (1, self.audits),
            (2, self.vendor_stumbles),
        ]
        [(_, deed)] = self.dice.choices(deeds, [weight for weight, _ in deeds])
        if deed != self.history.step:
            self.history.told.append(deed.__name__)
        done = deed()
        if done is not None:
            await done

    # --- Sentry ------------------------------------------------------------------------------

    def error_occurs(self) -> None:
        sentry = self.around.sentry
        self.issues.append(sentry.error_occurs(self.dice.choice([*sentry.organization.projects])))

    def _issue(self) -> Issue:
        if not self.issues:
            self.error_occurs()
        return self.dice.choice(self.issues)

    def sentry_makes_item(self) -> None:
        """Sentry's own integration creates an item: its link, its trace, by a button or a rule."""
        issue, copies, jira = self._issue(), self.around.sentry.copies, self.around.jira
        by_rule = self.dice.random() < 0.3
        if self.dice.random() < 0.5:
            html = (
                copies.azure_by_rule(issue, "all") if by_rule else copies.azure_description(issue)
            )
            made = self.chaos.boards.person_creates(
                "Bug", issue.title, **{"System.Description": html}
            )
            self.chaos.boards.person_comments(made, html)
            self._tie(issue, "boards", made)
        else:
            wiki = copies.jira_by_rule(issue, "all") if by_rule else copies.jira_description(issue)
            made = jira.person_creates(issue.title, by=jira.app_user, description=wiki)
            self._tie(issue, "jira", made)
        self.carried += 1

    def sentrys_button(self) -> None:
        """A person links an item that is there, one on a ticket as likely as not."""
        if items := self.chaos.items():
            self._tie(self._issue(), "boards", str(self.dice.choice(items).id))

    def _tie(self, issue: Issue, connection: str, id: str) -> None:
        sentry, jira = self.around.sentry, self.around.jira
        if connection == "jira":
            own = sentry.add_integration("jira", "acme.atlassian.net")
            sentry.person_links(issue, own, jira.issue(id).key)
        else:
            own = sentry.add_integration("vsts", "boards")
            url = f"{self.chaos.boards.base_url}/acme/Platform/_workitems/edit/{id}"
            sentry.organization.link_tracker(issue, own.id, id, url)
        self.tied.setdefault(issue.id, []).append((connection, id))

    def comment_travels(self) -> None:
        """A comment in Sentry, which its integrations write into every item they have linked."""
        issue, sentry = self._issue(), self.around.sentry
        note = sentry.person_comments(issue)
        for connection, id in self.tied.get(issue.id, []):
            if connection == "jira":
                document = from_wiki(sentry.copies.jira_comment(note))
                made = self.around.jira.person_comments(id, document, by=self.around.jira.app_user)
            else:
                html = sentry.copies.azure_comment(note)
                made = str(self.chaos.boards.person_comments(id, html))
            note.external_id = made
            self.carried += 1

    def changes_state(self) -> None:
        status = self.dice.choice(["resolved", "unresolved", "ignored"])
        self.around.sentry.person_sets_status(self._issue(), status)

    # --- people in the trackers --------------------------------------------------------------

    def quotes_for_customer(self) -> None:
        """An engineer quotes the thread in Sentry and marks it for the customer."""
        if items := self.chaos.items():
            note = self.around.sentry.person_comments(self._issue())
            quoted = self.around.sentry.copies.azure_comment(note)
            item = self.dice.choice(items)
            self.chaos.boards.person_comments(item.id, f"<div>#customer</div><div>{quoted}</div>")
            self.carried += 1

    def marks_on_launched(self) -> None:
        """An engineer marks plain words of Sentry's, on an item that the hub launched for it."""
        if launched := self.launched():
            connection, id = self.dice.choice(launched)
            word = self.around.sentry.canaries_planted.plant("marked")
            if connection == "boards":
                html = f"<div>#customer</div><div>{word}</div>"
                self.chaos.boards.person_comments(id, html)
            else:
                self.around.jira.person_comments(id, from_wiki(f"#customer\n\n{word}"))
            self.carried += 1

    def launched(self) -> list[tuple[str, str]]:
        """Connection and id of the items that the hub has made for signals, by their titles."""
        names = tuple(f"{each.short_id}: " for each in self.issues)
        boards = [
            ("boards", str(each.id))
            for each in self.chaos.items()
            # Not a person's clone of one: it has its title, and is that person's own.
            if each.fields["System.Title"].startswith(names)
            and each.fields["System.CreatedBy"].unique_name == "hub@acme.example"
        ]
        jira = self.around.jira.site.issues.values()
        return boards + [("jira", e.id) for e in jira if str(e.fields["summary"]).startswith(names)]

    def clones(self) -> None:
        if items := self.chaos.items():
            self.chaos.boards.person_clones(self.dice.choice(items).id)

    # --- people who use the hub --------------------------------------------------------------

    async def launches(self) -> None:
        items = self.chaos.items()
        related = {"connection": "boards", "id": str(self.dice.choice(items).id)} if items else None
        said = {} if related is None else {"related_to": related}
        path = f"/signals/sentry/{self._issue().id}/launch?wait=0.2"
        await call(self.chaos, "POST", path, json=said)

    async def presses_form(self) -> None:
        sentry = self.around.sentry
        form = sentry.forms(f"{self.chaos.hub.url}/webhooks/sentry", "/sentry/sentry")
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            try:
                await form.press(client, "create", self._issue(), {}, sentry.person)
            except httpx.TransportError:
                return

    async def links_by_hand(self) -> None:
        """A person links a ticket to any item, one of Sentry's making as likely as not."""
        items = self.chaos.items()
        tickets = [("hubspot", each) for each in self.history.tickets]
        tickets += [("zendesk", str(each)) for each in self.asked]
        if tickets and items:
            name, id = self.dice.choice(tickets)
            ends = {"connection": name, "id": id}
            other = {"connection": "boards", "id": str(self.dice.choice(items).id)}
            await call(self.chaos, "POST", "/links", json={"ticket": ends, "work_item": other})

    async def decides_held(self) -> None:
        """A person looks at a held text: rewrites what is Sentry's, and releases what is not."""
        answer = await call(self.chaos, "GET", "/held?limit=200")
        if answer is None or not answer.is_success or not answer.json()["items"]:
            return
        text = self.dice.choice(answer.json()["items"])
        sentrys = self.around.sentry.canaries_planted.found_in(str(text))
        how, said = "release", {"reason": "Read."}
        if sentrys and text["releasable"]:
            how, said = "rewrite", {"reason": "Read.", "text": "It is mended in the next release."}
        seen = {"If-Match": f'"{text["seen"]}"'}
        await call(self.chaos, "POST", f"/held/{text['id']}/{how}", json=said, headers=seen)

    def asks_in_zendesk(self) -> None:
        """A customer asks, or an agent opens a ticket with a note; support decides on a bug."""
        zendesk, asked = self.around.zendesk, self.around.asked
        kim = zendesk.add_customer("Kim", f"kim{len(zendesk.tickets)}@x.example", self.desk_company)
        if self.dice.random() < 0.7:
            ticket = zendesk.customer_creates_ticket("Export fails", "Press Export", kim)
        else:
            page = self.around.sentry.organization.write.page(self._issue())
            ticket = zendesk.agent_creates_ticket(
                "Export fails", f"see {page}", public=False, requester=kim
            )
        self.asked.append(ticket)
        values = {asked["Escalation"]: "bug", asked["Reproduced"]: True}
        zendesk.person_edits_ticket(ticket, custom_fields=values)

    def names_it_in_a_note(self) -> None:
        """Staff write the address of an issue into a ticket's internal note: the guide's turn."""
        if self.asked and self.dice.random() < 0.5:
            page = self.around.sentry.organization.write.page(self._issue())
            ticket = self.dice.choice(self.asked)
            self.around.zendesk.agent_writes(ticket, f"see {page}", public=False)
            return
        living = [each for each in self.history.tickets if each not in self.history.merged]
        if living:
            page = self.around.sentry.organization.write.page(self._issue())
            self.chaos.hubspot.person_adds_note(self.dice.choice(living), f"<p>see {page}</p>")

    async def changes_mapping(self) -> None:
        name, texts = self.dice.choice(
            [
                (MAPPING, (WITH_NOTICES, REWORDED)),
                ("/mappings/zendesk-escalation", (DESK, DESK_TITLED)),
            ]
        )
        yaml, text = {"Content-Type": "application/yaml"}, self.dice.choice(texts)
        await call(self.chaos, "PUT", f"{name}/draft", content=text, headers=yaml)
        await call(self.chaos, "POST", f"{name}/activate")

    async def replays(self) -> None:
        span = {"since": "2000-01-01T00:00:00Z", "until": "2999-01-01T00:00:00Z"}
        name = self.dice.choice(["hubspot", "zendesk", "boards", "jira", "sentry"])
        await call(self.chaos, "POST", "/deliveries/replay", json={"connection": name, **span})

    async def audits(self) -> None:
        await call(self.chaos, "POST", "/audits", json={})

    def vendor_stumbles(self) -> None:
        around = self.around
        vendors = (around.jira.faults, around.sentry.faults, around.zendesk.faults)
        dial = self.dice.choice(vendors)
        dial.add(replace(self.dice.choice(MISHAPS), times=self.dice.randint(1, 3)))

    # --- where nothing may be ----------------------------------------------------------------

    async def told_by_api(self) -> dict[str, str]:
        """What the hub says to those who look after clients, and to who only looks."""
        living = [each for each in self.history.tickets if each not in self.history.merged]
        items = [f"boards:{each.id}" for each in self.chaos.items()]
        texts = {}
        async with httpx.AsyncClient(
            base_url=self.chaos.hub.url, trust_env=False, timeout=20
        ) as client:
            ids = await listed(client, ADMIN_TOKEN)
            tickets = [f"hubspot:{each}" for each in living]
            tickets += [f"zendesk:{each}" for each in self.asked]
            ids |= {"tickets": tickets, "work-items": items}
            for role in ("viewer", "csm"):
                admin = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
                given = {"name": role, "role": role}
                made = await client.post("/api/v1/tokens", json=given, headers=admin)
                texts[f"api for {role}"] = await answered(client, made.json()["token"], ids)
                texts[f"pages for {role}"] = await pages(client, ADMIN_TOKEN, role, ids)
        return texts

    def seen_outside(self) -> dict[str, str]:
        """What vendors keep that clients, and those who write to clients, can see."""
        return {
            "hubspot": as_text(self.chaos.hubspot.portal),
            "calls to hubspot": as_text(self.chaos.hubspot.calls),
            "zendesk": as_text([self.around.zendesk.account.tickets, self.around.zendesk.tickets]),
            "calls to zendesk": as_text(self.around.zendesk.calls),
            "teams": as_text(self.around.teams.workflows),
            "mail": "\n".join(each.message.as_string() for each in self.around.mail.mails),
        }


async def run_history(carried: Carried, rounds: int, most: int) -> None:
    """Let it happen, with a crash at a random point of each round."""
    chaos, dice = carried.chaos, carried.dice
    chaos.watched.append(chaos.hub)
    await chaos.hub.start()  # what was there before the first start is never launched
    chaos.hub.kill()
    carried.history.opens()
    carried.asks_in_zendesk()
    for _ in range(rounds):
        await chaos.hub.start(fault=f"{dice.choice(POINTS)}::{dice.randint(5, 40)}")
        for _ in range(dice.randint(most // 2, most)):
            await carried.act()
            await chaos.revive()
            await asyncio.sleep(dice.random() * 0.1)
        if chaos.hub.alive:
            chaos.hub.kill()
        else:
            chaos.hub.bury()
    around = carried.around
    for each in (chaos.hubspot, chaos.boards, around.jira, around.sentry, around.zendesk):
        each.faults.clear()
    chaos.hubspot.drop_webhooks = chaos.boards.drop_hooks = 0
    await chaos.hub.start()
    await chaos.recovered()


def _cases() -> list[tuple[str, int]]:
    engines = ("sqlite", "postgresql")
    return [(engines[seed % 2] if LONG else "sqlite", seed) for seed in seeds()]


@pytest.mark.parametrize(("engine", "seed"), _cases())
async def test_no_word_of_sentrys_reaches_a_client_or_whoever_looks_after_clients(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, seed: int
) -> None:
    print(f"BRIDGE_CHAOS_SEED={seed}")  # noqa: T201 (shown when the test fails)
    dice = random.Random(seed)
    url = request.getfixturevalue("migrated_postgres") if engine == "postgresql" else None
    async with opened(tmp_path, url, dice.choice(PLACES)) as (chaos, around):
        carried = Carried(History(chaos, dice), around)
        await run_history(carried, rounds=8 if LONG else 2, most=24)
        audit = await call(chaos, "POST", "/audits", json={})
        assert audit is not None
        running = audit.json().get("id") or audit.json()["detail"].split()[1]
        report = await over(chaos, running)
        texts = {**carried.seen_outside(), **await carried.told_by_api(), "audit": str(report)}
        chaos.hub.kill()
        texts["log"] = chaos.hub.log.read_text(errors="replace")
        explained = [(f"hubspot:{each}", "work_stage") for each in carried.history.tickets[:2]]
        explained += [(f"zendesk:{each}", "Work stage") for each in carried.asked[:1]]
        for ticket, shows in explained:
            told = texts[f"explain {ticket}"] = await commanded(chaos, "explain", ticket)
            assert shows in told
        db = Database(chaos.database_url)
        async with db.read() as connection:
            inside = await stored(connection)
        await db.aclose()
        planted = around.sentry.canaries_planted
        assert carried.carried > 0, "nothing of Sentry's was carried anywhere"
        assert leaks({**texts, **inside}, planted.found_in) == {}, carried.history.told
        desks = ("hubspot", "calls to hubspot", "zendesk", "calls to zendesk")
        named = {name: texts[name] for name in (*desks, "teams", "mail")}
        assert leaks(named, around.names.found_in) == {}, carried.history.told
        # The search finds what is there: in the trackers, where engineers are to read it.
        trackers = as_text(chaos.boards.items) + as_text(around.jira.jira.site)
        assert planted.found_in(trackers)


async def test_the_search_finds_a_word_wherever_it_is_put(tmp_path: Path) -> None:
    async with opened(tmp_path, None, "boards") as (chaos, around):
        carried = Carried(History(chaos, random.Random(1)), around)
        found = around.sentry.canaries_planted.found_in
        assert leaks(carried.seen_outside(), found) == {}
        word = around.sentry.canaries_planted.plant("note")
        ticket = chaos.new_ticket("Export fails")
        chaos.hubspot.person_adds_note(ticket, f"<p>{word.upper()}</p>")
        carried.asks_in_zendesk()
        around.zendesk.agent_writes(carried.asked[0], f"see {word}")
        [workflow] = around.teams.workflows.values()
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.post(around.teams.url_of(workflow), json={"said": word})
        assert leaks(carried.seen_outside(), found) == {
            each: [word] for each in ("hubspot", "zendesk", "teams")
        }
        # What the hub keeps of a ticket it shows, and so it is found there.
        await chaos.hub.start()
        chaos.hubspot.person_edits_ticket(ticket, subject=word)
        await chaos.settle()
        carried.history.tickets.append(ticket)
        assert leaks(await carried.told_by_api(), found).keys() == {
            "api for viewer",
            "api for csm",
            "pages for viewer",
            "pages for csm",
        }
        db = Database(chaos.database_url)
        async with db.read() as connection:
            assert "store records" in leaks(await stored(connection), found)
        await db.aclose()
