"""Each ready-made mapping fits the bridge.yaml beside it, and is refused beside another."""

from __future__ import annotations

import re

import pytest

from bridge.config.mapping_files import LoadedMapping, load_folder
from tests import ready_made

HELPDESK_AND_BOARDS = """\
public_url: https://bridge.example.com
connections:
  hubspot: {vendor: hubspot, token: x, webhook_secret: x, portal_id: 4711}
  boards: {vendor: azure_devops, organization: acme, project: Platform, token: x,
           webhook_user: bridge, webhook_password: x}
  internal: {vendor: teams, webhook_url: "${TEAMS_INTERNAL_URL}"}
  mail: {vendor: email, host: smtp.acme.com, sender: support@acme.com}
people:
  development_leads: [lead.one@acme.com]
"""
USED = {
    "customer-success-rocketlane": ("hubspot", ("boards", "rocketlane")),
    "escalation-to-jira": ("zendesk", ("jira",)),
    "production-or-implementation": ("zendesk", ("rocketlane", "jira")),
    "products-and-severities": ("zendesk", ("jira",)),
    "support-with-patches": ("zendesk", ("jira",)),
    "zendesk-escalation": ("zendesk", ("boards",)),
}
SIGNALS = {"escalation-to-jira": {"sentry": "jira"}}
"""Sources of signals, each with the tracker that its own items are made in (O31)."""


def test_every_file_is_looked_at() -> None:
    assert set(ready_made.NAMES) == set(USED)


@pytest.mark.parametrize("name", USED)
def test_mapping_fits_the_connections_beside_it(name: str) -> None:
    mapping = ready_made.mapping_of(name)
    assert mapping.mapping == name
    assert (mapping.helpdesk, mapping.trackers()) == USED[name]


@pytest.mark.parametrize("name", USED)
def test_every_connection_beside_it_is_used(name: str) -> None:
    mapping = ready_made.mapping_of(name)
    there = set(ready_made.known(ready_made.bridge_text(name)).connections)
    used = {mapping.helpdesk, *mapping.trackers(), *mapping.notifiers()}
    signals = SIGNALS.get(name, {})
    assert there == used | signals.keys()
    assert set(signals.values()) <= set(mapping.trackers())
    assert set(re.findall(r"launch_in: (\w+)", ready_made.bridge_text(name))) == set(
        signals.values()
    )


@pytest.mark.parametrize("name", USED)
def test_it_is_refused_where_a_connection_is_not_there(name: str) -> None:
    mapping = ready_made.mapping_of(name)
    for connection in (mapping.helpdesk, *mapping.trackers(), *mapping.notifiers()):
        pattern = rf"(?m)^  {connection}:$"
        without, times = re.subn(pattern, "  another:", ready_made.bridge_text(name))
        assert times == 1
        loaded = ready_made.load(name, without)
        assert not isinstance(loaded, LoadedMapping)
        assert any(connection in str(each) for each in loaded)


def test_first_start_needs_helpdesk_boards_and_channels_alone() -> None:
    known = ready_made.known(HELPDESK_AND_BOARDS)
    loaded = load_folder(ready_made.FOLDER, known=known)
    assert loaded.problems == ()
    assert [each.mapping.mapping for each in loaded.mappings] == ["hubspot-success"]


def test_its_successor_keeps_the_routes_by_which_tickets_have_launched() -> None:
    [first] = load_folder(ready_made.FOLDER, known=ready_made.known(HELPDESK_AND_BOARDS)).mappings
    successor = ready_made.mapping_of("customer-success-rocketlane")
    launching = {each.id for each in first.mapping.routes if each.launch is not None}
    assert launching <= {each.id for each in successor.routes}
    for id in launching:
        assert successor.route(id) == first.mapping.route(id)


@pytest.mark.parametrize("name", USED)
def test_nothing_of_error_tracking_is_named(name: str) -> None:
    # Signals have items of their own, by bridge.yaml; no rule for tickets knows of them.
    said = re.sub(r"(?m)#.*$", "", ready_made.text(name))
    assert "sentry" not in said.lower()
