"""A mapping that says something in every part that has a form, with comments on the way."""

from __future__ import annotations

from datetime import date
from functools import cache

from bridge.config.mapping_files import LoadedMapping, load_mapping
from bridge.config.yaml_lines import read_yaml
from bridge.core.mapping_choices import Choice
from bridge.web.mapping_kinds import Known
from tests.unit.config.samples import GOOD, KNOWN

TODAY = date(2026, 5, 1)

RICH = (
    GOOD.replace(
        "  category: {property: kind}\n",
        "  category: {property: kind}\n  customer: {association: company, plan: tier}\n",
    )
    + """\
# By these hours we are there.
calendars:
  support:
    zone: America/Chicago # where the office is
    hours: {mon-thu: "08:00-18:00", fri: ["08:00-12:00", "13:00-16:00"]}
    holidays: {country: US, subdivision: MN}
    closed: [2026-12-24]
    open: {2026-12-31: "09:00-12:00"}
  night:
    zone: UTC
    hours:
      mon-sun: "00:00-24:00"
severities:
  - {id: high, label: High, criteria: The system is inoperable.} # worst
  - id: low
    criteria: An inconsistency.
    when: {field: "property:product", in: [web, app]}
plans:
  - {id: Elite, label: Elite, channels: "E-mail, phone", policy: "https://acme.example/support"}
  - {id: Standard}
promises:
  # Agreed in May.
  - id: update
    label: Update to the customer
    when: {field: plan, is: Elite}
    every: 1bd # each day
    calendar: support
    kept_by: told_customer
    pause_while: waiting_on_customer
    warn_before: 2bh
    tell: {to: on_call, via: mail}
  - id: answer
    when: {all: [{field: severity, is: high}, {field: category, is: Bug}]}
    within:
      from: severity
      by: plan
      values:
        high: {Elite: 1bh, Standard: 4bh}
        low: none
    calendar: [{when: {field: plan, is: Elite}, use: night}, {use: support}]
    kept_by: triaged
    tell:
      - {to: [on_call, development_leads], via: mail, at: breach}
      - {to: on_call, via: internal, until_acknowledged: true}
  - id: seen
    within: [{when: {field: severity, is: high}, use: 1h}, {use: 2bd}]
    calendar: support
    kept_by: "stage:available"
tell:
  signs: Your team at Acme # never a name
  language_from: {property: tongue, values: {german: de, english: en}}
  audience_from:
    property: reader
    values: {admin: power_user}
  wording:
    # What Elite customers read.
    - for: available
      plan: [Elite]
      audience: contact
      text: |-
        Hello {{ contact }},

        you can use it now.
    - {for: available, language: de, text: "Es ist da."}
    - {for: eta_slipped, text: "It moved to {{ eta }}."}
eta:
  boards: [Target, iteration]
releases:
  until_then: reported
  rollout_days: [tue, thu]
  rollout_dates: [2026-09-01]
  never_on: [2026-12-24]
  time_zone: Europe/Berlin
  notes_url: "https://acme.example/notes/{release}"
  groups:
    early: {when: {field: plan, is: Elite}, after: 0d} # they asked for it
    rest: {after: 7d}
closing:
  solved: ["4", Done]
  pending: [Waiting]
  solved_after: 7d
  to: {property: status, value: closed}
  remind_after: 2d
on_reply:
  item: reopen
  reopen_to: {boards: Active}
escalation:
  severity: true
  requires:
    steps: {property: steps, label: Steps, ask: Which steps?}
    seen: {property: seen, is: true}
  impact: {property: harm}
  versions: {property: version, major: ["7", "8"]}
  open_to: {property: tier, is: 2}
  requested_by_field: {property: ask, is: true, reason: why}
  deciders: [development_leads]
  via: [mail]
hygiene:
  at: "03:00" # after the backup
  escalated: {property: desk, in: [dev]}
  ends:
    - {property: access_until, label: Access}
    - {property: trial_until}
digests:
  - id: morning
    what: review
    when: {at: "08:30", days: [mon, thu]}
    to: on_call
    via: mail
    lacking: Priority
  - id: tell
    what: to_tell
    when: {at: "09:00", days: support}
    to: on_call
    via: internal
    when_empty: skip
show_on_work_item:
  impact: {property: Weight}
  plans: [Elite, Standard]
"""
)


TELLING = """\
connections:
  mail: {vendor: email, host: 127.0.0.1, port: 9, sender: support@acme.com}
  internal: {vendor: email, host: 127.0.0.1, port: 9, sender: support@acme.com}
"""
PEOPLE = """\
people:
  on_call: [on.call@acme.com]
  development_leads: [lead@acme.com]
"""


def told_by(bridge_yaml: str) -> str:
    """That bridge.yaml with the ways and people that the mapping names."""
    return bridge_yaml.replace("connections:\n", TELLING, 1) + PEOPLE


@cache
def known_of(text: str) -> Known:
    """What the forms of that text know."""
    loaded = load_mapping(text, "mapping", known=KNOWN)
    assert isinstance(loaded, LoadedMapping), [str(each) for each in loaded]
    raw = read_yaml(text, "mapping").mapping()
    return Known(raw, loaded.mapping, KNOWN, TODAY, (Choice("tongue", "Tongue"),))
