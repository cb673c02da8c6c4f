"""Whether a helpdesk can blot out what was said: its manifest says so, and names the page."""

from __future__ import annotations

import pytest

from bridge.ports.manifest import Role
from connectors.registry import CONNECTORS
from tests.conformance.pages import page_of

HELPDESKS = sorted(
    vendor for vendor, each in CONNECTORS.items() if Role.HELPDESK in each.manifest.roles
)


@pytest.mark.parametrize("vendor", HELPDESKS)
def test_a_manifest_names_the_page_that_says_whether_comments_can_be_blotted_out(
    vendor: str,
) -> None:
    assert page_of(CONNECTORS[vendor].manifest, "redacts")


def test_no_other_connector_claims_to_blot_out_anything() -> None:
    claims = {vendor for vendor, each in CONNECTORS.items() if each.manifest.redacts}
    assert claims <= set(HELPDESKS)
