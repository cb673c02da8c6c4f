"""What a connector says of its vendor: complete, in agreement with itself, with its pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.ports.manifest import Manifest, Role
from connectors.registry import CONNECTORS
from tests.conformance.pages import page_of
from tests.conformance.rig import Rig
from tests.conformance.rigs import BY_ROLE, RIGS
from tests.conformance.stand import Stand

_MANIFESTS = [pytest.param(each.manifest, id=name) for name, each in CONNECTORS.items()]


@pytest.mark.parametrize("vendor", CONNECTORS)
def test_connector_of_the_registry_has_a_rig_for_each_of_its_roles(vendor: str) -> None:
    roles = CONNECTORS[vendor].manifest.roles
    assert roles
    assert [role for role in roles if vendor not in BY_ROLE.get(role, {})] == []


@pytest.mark.parametrize("vendor", RIGS)
def test_rig_is_of_a_connector_of_the_registry(vendor: str) -> None:
    assert RIGS[vendor]().vendor == vendor
    assert CONNECTORS[vendor].manifest.vendor == vendor


@pytest.mark.parametrize("manifest", _MANIFESTS)
def test_source_of_a_claim_is_a_page_of_the_vendor(manifest: Manifest) -> None:
    assert manifest.title
    assert manifest.sources
    assert [url for url in manifest.sources.values() if not url.startswith("https://")] == []


@pytest.mark.parametrize("manifest", _MANIFESTS)
def test_every_limit_names_the_page_it_comes_from(manifest: Manifest) -> None:
    limits = {
        "max_attachment_bytes": manifest.max_attachment_bytes,
        "max_links": manifest.max_links,
        "clock_window": manifest.clock_window,
        "batch_read": manifest.batch_read,
    }
    for name, limit in limits.items():
        if limit is not None:
            assert page_of(manifest, name)
    assert not manifest.app_links or page_of(manifest, "app_links")
    assert manifest.batch_read >= 1
    assert manifest.create_probe_grace >= timedelta(0)


@pytest.mark.parametrize("manifest", _MANIFESTS)
def test_ability_of_the_webhooks_names_its_page_whether_there_or_not(manifest: Manifest) -> None:
    assert page_of(manifest, "complete_webhooks", "webhooks")
    assert page_of(manifest, "comment_webhooks", "webhooks")
    assert page_of(manifest, "clock_window", "signature")


async def test_roles_of_the_connection_are_those_of_the_manifest(stand: Stand[Rig]) -> None:
    played = {
        Role.HELPDESK: stand.connection.helpdesk,
        Role.TRACKER: stand.connection.tracker,
    }
    assert {role for role, code in played.items() if code is not None} == stand.manifest.roles
    assert stand.manifest is CONNECTORS[stand.rig.vendor].manifest


async def test_tracker_says_where_a_date_stands(stand: Stand[Rig]) -> None:
    assert bool(stand.manifest.eta) is (Role.TRACKER in stand.manifest.roles)
