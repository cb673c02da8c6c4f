"""What the headers of a mail fill in that nobody may write.

https://developers.hubspot.com/docs/api/crm/email
"""

from __future__ import annotations

import json

from connectors.hubspot.simulator.problems import invalid

NAMED_IN_HEADERS = tuple(
    f"hs_email_{end}_{part}"
    for end in ("from", "to")
    for part in ("email", "firstname", "lastname")
)
"""Read-only properties, one text for each."""


def named_in_headers(headers: str | None) -> dict[str, str | None]:
    """The read-only properties as the headers have them; several recipients in one text."""
    if not headers:
        return {}
    try:
        said = json.loads(headers)
        ends = {"from": [said.get("from") or {}], "to": said.get("to") or []}
        return {
            f"hs_email_{end}_{part.lower()}": ";".join(str(each.get(part) or "") for each in held)
            for end, held in ends.items()
            for part in ("email", "firstName", "lastName")
        }
    except (ValueError, AttributeError, TypeError):
        raise invalid("hs_email_headers is not valid JSON") from None
