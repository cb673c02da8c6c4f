"""Mistakes in calendars, scales and promises: what is wrong, and what would be right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.config.mapping_files import LoadedMapping, load_mapping
from tests.unit.config.samples import FILE, GOOD, KNOWN

PROMISES = """\
calendars:
  support:
    zone: America/Chicago
    hours: {mon-fri: "07:00-19:00", sat: ["09:00-12:00", "13:00-17:00"]}
    holidays: {country: US, subdivision: MN}
    closed: [2026-12-24]
    open: {2026-12-26: "10:00-12:00"}
severities:
  - {id: high, label: High, criteria: The system is inoperable}
  - {id: low, criteria: An inconsistency}
promises:
  - id: triage
    when: {field: severity, is: high}
    within: 15m
    kept_by: triaged
    warn_after: 5m
    tell:
      - {to: on_call, via: mail, until_acknowledged: true, resend: 5m, outside: support}
      - {to: development_leads, via: [internal, mail], after: 10m}
  - id: status
    within: {from: severity, values: {high: 1h, low: none}}
    kept_by: told_customer
    must_say: eta
  - id: daily
    every: [{when: {field: severity, is: high}, use: 4bh}, {use: 1bd}]
    calendar: [{when: {field: "property:region", is: us}, use: support}, {use: support}]
    kept_by: told_customer
    pause_while: waiting_on_customer
    warn_before: 2bh
    tell: {to: on_call, via: mail}
  - {id: fix, within: 10bd, calendar: support, kept_by: "stage:available"}
"""
TEXT = GOOD + PROMISES


def said(*changes: tuple[str, str], text: str = TEXT) -> list[str]:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    loaded = load_mapping(text, FILE, known=KNOWN)
    return [] if isinstance(loaded, LoadedMapping) else [str(each) for each in loaded]


def test_good_promises_are_loaded_with_everything_they_say() -> None:
    loaded = load_mapping(TEXT, FILE, known=KNOWN)
    assert isinstance(loaded, LoadedMapping), loaded
    triage, status, daily, fix = loaded.mapping.promises
    assert [each.until_acknowledged for each in triage.tell] == [True, False]
    assert [each.title for each in (status, daily)] == ["Status", "Daily"]
    assert [each.via for each in daily.tell] == [["mail"]]
    assert fix.kept_by == "stage:available"
    assert loaded.mapping.notifiers() == ("mail", "internal")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # Calendars.
        (
            "zone: America/Chicago",
            "zone: America/Chigaco",
            'no time zone is called "America/Chigaco"; an IANA name',
        ),
        ("zone: America/Chicago", "zone: Berlin", 'did you mean "Europe/Berlin"?'),
        ('"07:00-19:00"', '"19:00-07:00"', "ends before it begins; what goes past midnight"),
        ("sat: [", "fri: [", "fri has other hours at that time already"),
        ("country: US", "country: USX", 'no holidays are known of "USX"'),
        ("subdivision: MN", "subdivision: XX", '"XX" is no part of US'),
        ("closed: [2026-12-24]", "closed: [2026-12-26]", "2026-12-26 is open and closed"),
        ("  support:\n", "  always:\n", '"always" is there already'),
        # Scales.
        ("{id: low, criteria", "{id: medium, criteria", '"low" is no step of severities'),
        ("{id: low, criteria", "{id: high, criteria", '"high" is the id of severities[0] already'),
        # Words.
        ("is: high}\n    within", "is: hihg}\n    within", 'severity is never "hihg"'),
        ("values: {high: 1h, low: none}", "values: {high: 1h}", 'nothing for severity "low"'),
        ("{from: severity, values", "{from: plan, values", "always empty: the key"),
        ("calendar: support, kept_by", "calendar: suport, kept_by", 'did you mean "support"?'),
        (", {use: 1bd}]", "]", "a ticket that none of these conditions fits has no entry"),
        (
            "use: 4bh}, {use: 1bd}]",
            "use: 4bh}, {use: 1bd}, {use: 2bd}]",
            "what follows is never reached",
        ),
        # Units.
        ("within: 15m", "within: 2bh", '"2bh" is business time, and this promise has no business'),
        ("within: 10bd", "within: 10d", '"10d" is whole days'),
        ("within: 15m", "within: soon", "promises[0].within: a span is a number and a unit: 15m"),
        ("high: 1h", "high: 1x", "promises[1].within.values.high: a span is a number"),
        ("calendar: support, kept", "calendar: 5, kept", "promises[3].calendar: must be text"),
        ('mon-fri: "07:00-19:00"', "mon-fri: 9-5", 'hours are written "09:00-17:00"'),
        # What can't be kept.
        ("stage:available", "stage:availabel", 'no stage "availabel"; did you mean "available"?'),
        ("kept_by: triaged", "kept_by: acknowledged", "no route asks anybody to acknowledge"),
        (
            "kept_by: told_customer\n    pause_while",
            "kept_by: linked\n    pause_while",
            '"linked" happens once',
        ),
        (
            "kept_by: triaged\n    warn_after",
            "kept_by: triaged\n    must_say: eta\n    warn_after",
            "it goes with kept_by: told_customer",
        ),
        (
            "warn_after: 5m",
            "pause_while: {field: severity, is: high}",
            "its clock would never run",
        ),
        # Warnings that come too late, or too early.
        ("warn_after: 5m", "warn_after: 15m", "the warning would come when it is due already"),
        ("warn_before: 2bh", "warn_before: 5bh", "the warning would come before it is made"),
        # Whom.
        ("to: on_call, via: mail, until", "to: oncall, via: mail, until", 'did you mean "on_call"'),
        ("to: on_call, via: mail}", "via: mail}", '"mail" needs to know whom to write to'),
        ("via: mail, until", "via: boards, until", '"boards" is not a notifier'),
        ("outside: support", "outside: office", 'no calendar "office"'),
        ("until_acknowledged: true, resend: 5m", "resend: 5m", "nothing is told again without"),
        (
            "{to: on_call, via: mail}\n",
            "{to: on_call, via: mail, after: 5m, at: warning}\n",
            "after",
        ),
        ("- id: status", "- id: triage", '"triage" is the id of promises[0] already'),
        ("kept_by: triaged", "kept_by: solved", "one of triaged, told_customer, linked"),
        ("within: 15m", "within: 15m\n    every: 1h", "exactly one of: within, every"),
    ],
)
def test_mistake_is_said_with_what_would_be_right(old: str, new: str, message: str) -> None:
    found = said((old, new))
    assert any(message in each for each in found), found


def test_warning_of_a_promise_that_warns_of_nothing_is_refused() -> None:
    [found] = said(
        ("warn_before: 2bh\n    tell: {to: on_call, via: mail}",
         "tell: {to: on_call, via: mail, at: warning}")
    )  # fmt: skip
    assert "nothing warns of this promise; add warn_before: or warn_after:" in found


@pytest.mark.parametrize("hours", ["{}", '{mon: "09:00-09:00"}', "{mon: []}", "{monday: x}"])
def test_calendar_that_never_opens_is_refused(hours: str) -> None:
    good = 'hours: {mon-fri: "07:00-19:00", sat: ["09:00-12:00", "13:00-17:00"]}'
    assert any("calendars.support.hours" in each for each in said((good, f"hours: {hours}")))


def test_helpdesk_that_knows_no_waiting_is_told_how_to_name_its_statuses() -> None:
    known = replace(KNOWN, unwaiting=frozenset({"hubspot"}))
    loaded = load_mapping(TEXT, FILE, known=known)
    assert isinstance(loaded, list)
    [found] = [str(each) for each in loaded]
    assert '"hubspot" does not say which of its statuses wait for the customer' in found
    assert "pause_while: {field:" in found


def test_promise_of_a_date_where_nothing_is_launched_is_refused() -> None:
    text = """\
mapping: small
helpdesk: hubspot
ticket: {category: {property: kind}}
stages: [{id: reported, label: Reported}]
routes: [{id: easy, when: {field: category, is: Easy}, stay: true}]
promises:
  - {id: status, within: 1h, kept_by: told_customer, must_say: eta}
  - {id: date, within: 1h, kept_by: eta_set}
  - {id: seen, within: 1h, kept_by: triaged}
  - {id: done, within: 1h, kept_by: "stage:reported"}
"""
    found = "\n".join(said(text=text))
    assert "no date is ever known: no route launches a work item; leave must_say out" in found
    assert "can't be kept: no route launches a work item" in found
    assert "can't be seen: the key ticket.severity is not set" in found
    assert 'can\'t be kept: no status leads to "reported" or a later stage' in found
