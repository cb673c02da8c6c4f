"""A mapping with everything in its routes that the editor has a form for, and tickets for it."""

from __future__ import annotations

from bridge.domain import records as facts
from bridge.domain.records import Company, FieldInfo, Reference, Value
from bridge.domain.refs import TicketRef
from bridge.store import connections
from tests.api.doors import Doors
from tests.scenarios.world import BRIDGE_YAML
from tests.web.editing import in_force, see

YAML = f"""{BRIDGE_YAML}
  internal: {{vendor: teams, webhook_url: "https://a.environment.api.powerplatform.com/x"}}
  mail: {{vendor: email, host: mail.test, sender: support@acme.test}}
people:
  leads: [ada@acme.test]
  duty: [bob@acme.test]
"""

ROUTED = """\
# Why it is so: ask Grace
mapping: small
helpdesk: hubspot
ticket:
  category: {property: kind}
  severity: {property: how_bad, values: {HIGH: high, LOW: low}, default: low}
  customer: {association: company, name: name, plan: success_plan}
stages:
  - {id: reported, label: Reported}
  - {id: available, label: Available}
routes:
  - {id: easy, when: {field: category, is: Easy}, stay: true}
  # Agreed with engineering.
  - id: bug
    when: {field: category, in: [Bug, Crash]}
    launch:
      in: boards
      project: Platform
      type: Bug
      fields:
        System.Title: "{{ ticket.subject }}" # one line
        Steps: {from: description}
        System.Tags: |
          from support
          unread
        Priority: {from: severity, values: {high: 1, low: 2}}
        Effort: # by what was sold
          from: severity
          by: plan
          values:
            high: 8 # whatever the plan
            low: {Elite: 3, Standard: 1}
    notify:
      - {when: {field: severity, is: high}, to: leads, via: [internal, mail], with: [link]}
      - to: [leads, duty]
        via: internal
        until_acknowledged: true # until somebody is on it
        resend: 5m
  - id: large
    when:
      all:
        - {field: category, is: Wish}
        - not: {field: plan, in: [Standard]} # they pay for it
        - {field: "property:budget", present: true}
    launch: {in: boards, type: Feature, attachments: true}
  - id: odd
    when: {any: [{field: subject, contains: odd}, {all: [{field: category, is: Wish}]}]}
    stay: true
status:
  boards: {New: reported, Closed: available}
"""

DESK = Reference(
    fields={
        "kind": FieldInfo(
            "kind", "Kind", "choice",
            (("Easy", "Easy"), ("Bug", "Bug"), ("Crash", "Crash"), ("Wish", "A wish")),
        ),
        "budget": FieldInfo("budget", "Budget", "number"),
    }
)  # fmt: skip
BOARDS = Reference(
    fields={
        "System.Title": FieldInfo("System.Title", "Title", "string"),
        "Priority": FieldInfo("Priority", "Priority", "integer"),
        "Effort": FieldInfo("Effort", "Effort", "choice", (("1", "1"), ("3", "3"), ("8", "8"))),
        "Area": FieldInfo("Area", "Area", "string"),
        "System.Id": FieldInfo("System.Id", "Number", "integer", read_only=True),
    },
    types=("Bug", "Feature"),
)


async def routed(doors: Doors) -> str:
    """The mapping in force, its two sides' schemas, customers and tickets; its hash."""
    digest = await in_force(doors, ROUTED)
    hub, now = doors.hub, doors.hub.now()
    async with hub.db.write() as connection:
        for name, known in (("hubspot", DESK), ("boards", BOARDS)):
            await connections.store_reference(hub.db, connection, name, known, now)
        for id, plan in (("1", "Elite"), ("2", "Standard"), ("3", "Premium")):
            company = Company(id, f"Customer {id}", {"success_plan": plan, "name": f"C{id}"})
            await connections.store_company(hub.db, connection, "hubspot", company, now)
    for number, (kind, bad, customer) in enumerate(TICKETS):
        said: dict[str, Value] = {
            "kind": kind,
            "how_bad": bad,
            facts.CUSTOMER: customer,
            "subject": "It fails",
        }
        await see(doors, TicketRef("hubspot", str(100 + number)), **said)
    return digest


TICKETS = (
    ("Bug", "HIGH", "1"), ("Bug", "LOW", "1"), ("Bug", "LOW", "3"), ("Bug", "LOW", "3"),
    ("Crash", "LOW", "2"), ("Easy", "LOW", "1"), ("Wish", "LOW", "2"), ("Question", "LOW", "1"),
)  # fmt: skip
"""Kind, severity and customer of each."""
