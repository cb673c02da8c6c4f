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
)
