"""The pages that every rule of the site is tried on, each as the role that it is for.

The addresses are those of the tickets that `site` fills in.
"""

from __future__ import annotations

PAGES = (
    ("/", "csm"),
    ("/?group=customer", "csm"),
    ("/customers?name=Acme", "csm"),
    ("/chosen/done?what=check&of=converged~hubspot:801&of=failed~hubspot:802", "csm"),
    ("/tickets/hubspot/801/link", "operator"),
    ("/tickets/hubspot/801/launch", "operator"),
    ("/tickets/hubspot/801", "csm"),
    ("/work-items/boards/991", "csm"),
    ("/tickets/hubspot/nothing", "csm"),
    ("/promises", "csm"),
    ("/promises?view=all", "csm"),
    ("/health", "admin"),
    ("/health/hubspot", "admin"),
    ("/health/hubspot/pause", "admin"),
    ("/audit", "admin"),
    ("/people", "admin"),
    ("/tokens", "admin"),
    ("/mappings", "admin"),
    ("/mappings/@new", "admin"),
    ("/mappings/small", "admin"),
    ("/mappings/small/edit", "admin"),
    ("/mappings/small/edit/stages", "admin"),
    ("/mappings/small/edit/values?at=status.boards", "admin"),
    ("/mappings/small/edit/fields", "admin"),
    ("/mappings/small/edit/switches", "admin"),
    ("/mappings/small/try?ticket=701", "admin"),
    ("/mappings/small/preview", "admin"),
    ("/mappings/small/history", "admin"),
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
