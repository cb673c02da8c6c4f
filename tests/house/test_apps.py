"""What is installed in a helpdesk fits the hub: addresses that it answers, files that are there."""

from __future__ import annotations

import json
import re
import struct

import pytest

from bridge.web import panel
from connectors.registry import CONNECTORS
from tests.house.sources import ROOT, files, text

ZENDESK, HUBSPOT = "apps/zendesk/", "apps/hubspot/src/app/cards/"


def _answered(path: str) -> bool:
    """Whether the hub has such a door, for a vendor that it knows."""
    _, first, vendor, *end = path.split("/")
    route = "/".join(["", first, "{vendor}", *end])
    return vendor in CONNECTORS and route in {each.path for each in panel.router.routes}  # type: ignore[attr-defined]  # each is an APIRoute


def test_manifest_of_zendesk_asks_for_signed_addresses_at_a_door_of_the_hub() -> None:
    manifest = json.loads(text(f"{ZENDESK}manifest.json"))
    assert manifest["signedUrls"] is True
    [(place, app)] = manifest["location"]["support"].items()
    assert place == "ticket_sidebar"
    assert _answered("/" + app["url"].split("/", 3)[3])
    words = json.loads(text(f"{ZENDESK}translations/{manifest['defaultLocale']}.json"))
    assert words["app"]["name"] == manifest["name"]


@pytest.mark.parametrize(("name", "size"), [("logo.png", 320), ("logo-small.png", 128)])
def test_picture_of_zendesks_app_is_there_in_its_size(name: str, size: int) -> None:
    content = (ROOT / ZENDESK / "assets" / name).read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (size, size)


def test_card_of_hubspot_is_whole_and_asks_doors_of_the_hub_only() -> None:
    card = json.loads(text(f"{HUBSPOT}ticketbridge-hsmeta.json"))["config"]
    source = f"apps/hubspot/src{card['entrypoint']}"
    assert source in files()
    assert card["objectTypes"] == ["tickets"]
    assert "@hubspot/ui-extensions" in json.loads(text(f"{HUBSPOT}package.json"))["dependencies"]
    asked = set(re.findall(r'"(/panel/[^"]*)"', text(source)))
    assert len(asked) == 2
    assert [each for each in asked if not _answered(each)] == []
    assert text(source).count("hubspot.fetch(") == 1
