"""The pages that every rule of the site is tried on, each as the role that it is for.

The addresses are those of the tickets that `site` fills in.
"""

from __future__ import annotations

PAGES = (
    ("/", "csm"),
    ("/tickets/hubspot/801", "csm"),
    ("/work-items/boards/991", "csm"),
    ("/tickets/hubspot/nothing", "csm"),
    ("/deliveries", "operator"),
    ("/deliveries?state=parked", "csm"),
    ("/deliveries/a-delivery", "admin"),
    ("/runs/a-run?again=yes", "operator"),
    ("/findings", "csm"),
    ("/findings/STATUS_UNMAPPED", "operator"),
    ("/findings/STATUS_UNMAPPED/a-finding", "operator"),
    ("/held", "operator"),
    ("/held/a-text", "operator"),
)
