"""A small good mapping, the connections it may name, and how to spoil it."""

from __future__ import annotations

from bridge.config.mapping_files import LoadedMapping, MappingContext, load_mapping
from bridge.ports.manifest import Role

FILE = "mappings/x.yaml"

KNOWN = MappingContext(
    {
        "hubspot": frozenset({Role.HELPDESK}),
        "boards": frozenset({Role.TRACKER}),
        "jira": frozenset({Role.TRACKER}),
        "rocketlane": frozenset({Role.TRACKER}),
        "sentry": frozenset({Role.SIGNALS}),
        "internal": frozenset({Role.NOTIFIER}),
        "mail": frozenset({Role.NOTIFIER}),
    },
    people=("development_leads", "on_call"),
    addressed=frozenset({"mail"}),
    phased=frozenset({"rocketlane"}),
    mails=frozenset({"mail"}),
    mailed=frozenset({"hubspot"}),
    shared={"boards": frozenset({"system.tags"}), "hubspot": frozenset({"tags"})},
)

GOOD = """\
mapping: small
helpdesk: hubspot
ticket:
  category: {property: kind}
  severity: {property: how_bad, values: {HIGH: high, LOW: low}, default: low}
stages:
  - {id: reported, label: Reported}
  - {id: available, label: Available, tell: draft}
routes:
  - {id: easy, when: {field: category, is: Easy}, stay: true}
  - id: bug
    when: {field: category, in: [Bug, Crash]}
    launch:
      in: boards
      type: Bug
      fields:
        System.Title: "{{ ticket.subject }}"
        Steps: {from: description}
        Priority: {from: severity, values: {high: 1, low: 2}}
status:
  boards: {New: reported, Closed: available}
show_on_ticket:
  stage: {property: work_stage}
fields:
  - {ticket: engineering_priority, work_item: Priority, owner: work_item}
comments: {to_ticket: marked}
rollup: least_advanced
"""


def good() -> LoadedMapping:
    """The good mapping, loaded."""
    loaded = load_mapping(GOOD, FILE, known=KNOWN)
    assert isinstance(loaded, LoadedMapping), loaded
    return loaded


def spoilt(*changes: tuple[str, str], known: MappingContext = KNOWN) -> list[str]:
    """What is said of the good file after these replacements."""
    text = GOOD
    for old, new in changes:
        assert old in text, f"the sample does not hold {old!r}"
        text = text.replace(old, new, 1)
    loaded = load_mapping(text, FILE, known=known)
    return [] if isinstance(loaded, LoadedMapping) else [str(each) for each in loaded]
