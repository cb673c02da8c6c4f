"""The mapping file for a Zendesk shop fits a bridge.yaml as docs/connect-zendesk.md shows it."""

from __future__ import annotations

from pathlib import Path

from bridge.config.bridge_yaml import BridgeFile, load_bridge_yaml
from bridge.config.mapping_files import LoadedMapping, MappingContext, load_mapping
from connectors.registry import CONNECTORS

FILE = Path(__file__).resolve().parents[3] / "mappings" / "more" / "zendesk-escalation.yaml"

BRIDGE = """\
public_url: https://bridge.example.com
connections:
  zendesk:
    vendor: zendesk
    subdomain: acme
    email: bridge@acme.com
    token: "${ZENDESK_TOKEN}"
    webhook_secret: "${ZENDESK_WEBHOOK_SECRET}"
  boards:
    vendor: azure_devops
    organization: acme
    project: Platform
    token: "${ADO_PAT}"
    webhook_user: bridge
    webhook_password: "${ADO_HOOK_PASSWORD}"
"""


def _known(bridge: str) -> MappingContext:
    names = ("ZENDESK_TOKEN", "ZENDESK_WEBHOOK_SECRET", "ADO_PAT", "ADO_HOOK_PASSWORD")
    loaded = load_bridge_yaml(
        bridge,
        "bridge.yaml",
        vendors={vendor: each.settings_model for vendor, each in CONNECTORS.items()},
        environment={name: f"secret-{name}" for name in names},
    )
    assert isinstance(loaded, BridgeFile), loaded
    manifests = [each.manifest for each in CONNECTORS.values()]
    return MappingContext.of(loaded.connections, manifests)


def test_mapping_of_the_zendesk_shop_fits_its_connections() -> None:
    loaded = load_mapping(FILE.read_text("utf-8"), str(FILE), known=_known(BRIDGE))
    assert isinstance(loaded, LoadedMapping), loaded
    assert loaded.mapping.helpdesk == "zendesk"
    assert loaded.mapping.trackers() == ("boards",)


def test_it_is_refused_where_the_helpdesk_is_not_there() -> None:
    without = BRIDGE.replace("  zendesk:\n", "  desk:\n", 1)
    loaded = load_mapping(FILE.read_text("utf-8"), str(FILE), known=_known(without))
    assert not isinstance(loaded, LoadedMapping)
    assert any("zendesk" in str(each) for each in loaded)
