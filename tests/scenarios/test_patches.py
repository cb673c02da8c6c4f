"""Zendesk tickets, bugs in Jira and their patch, by a ready-made mapping (C13, C16)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bridge.kit.clock import SystemClock
from bridge.store import connections
from connectors.email.simulator import EmailSimulator
from connectors.jira.simulator import JiraSimulator
from tests.ready_made import text
from tests.scenarios.test_jira import JIRA_YAML, SECRET
from tests.scenarios.world import open_world
from tests.scenarios.zendesk_shop import YAML, Ahead, make_zendesk

MAIL = """
  mail: {{vendor: email, host: 127.0.0.1, port: {port}, sender: "Support <support@acme.com>"}}
people:
  csm: [success@acme.com]
"""


async def test_bug_has_the_priority_of_its_plan_and_the_ticket_follows_it(tmp_path: Path) -> None:
    zendesk, fields = make_zendesk(Ahead())
    fields["Instance"] = zendesk.add_field("tagger", "Instance", ["production", "sandbox"])
    jira = JiraSimulator(clock=SystemClock().now)
    jira.add_project("RD", "Research and development")
    jira.add_webhook("http://bridge.test/webhooks/jira", SECRET)
    mail = EmailSimulator()
    connection = JIRA_YAML.replace("[DEMO, OPS]", "[RD]").strip("\n")
    async with (
        mail.running(),
        open_world(
            tmp_path,
            bridge_yaml=YAML + connection + MAIL.format(port=mail.port),
            others={"zendesk.test": zendesk, "jira.test": jira},
            more_mappings={"patches.yaml": text("support-with-patches")},
        ) as world,
    ):
        async with world.hub.db.write() as db:
            # In the very second of the hub's start tickets would count as old.
            start = SystemClock().now() - timedelta(minutes=1)
            await connections.change(db, "zendesk", start_mark=start)
        firm = zendesk.add_organization("Acme", organization_fields={"plan": "Elite"})
        kim = zendesk.add_customer("Kim", "kim@x.example", firm)
        ticket = zendesk.customer_creates_ticket("Export fails", "Press Export: error 500", kim)
        said = {"Escalation": "bug", "Reproduced": True, "Instance": "sandbox"}
        zendesk.person_edits_ticket(
            ticket, custom_fields={fields[k]: v for k, v in said.items()}, priority="normal"
        )
        await world.settle()
        [issue] = jira.site.issues.values()
        assert issue.fields["summary"] == "[Acme] Export fails"
        names = {each.id: each.name for each in jira.site.priorities}
        assert names[issue.fields["priority"]] == "High"
        assert "plan-elite" in issue.fields["labels"]
        assert zendesk.tickets[ticket].custom[fields["Work stage"]] == "Reported to engineering"
        [told] = mail.box("success@acme.com")
        assert issue.key in told.part("plain")
        jira.person_moves_status(issue.id, "In Progress")
        await world.settle()
        assert zendesk.tickets[ticket].custom[fields["Work stage"]] == "In development"
        assert await world.findings() == set()
