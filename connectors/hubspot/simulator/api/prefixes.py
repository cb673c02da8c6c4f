"""Every address that a resource is served at, with the gaps of each API version.

https://developers.hubspot.com/changelog
"""

from __future__ import annotations

OBJECTS = ("/crm/v3/objects", "/crm/objects/2026-03", "/crm/objects/2026-09")
PIPELINES = ("/crm/v3/pipelines", "/crm/pipelines/2026-03", "/crm/pipelines/2026-09")
PROPERTIES = ("/crm/v3/properties", "/crm/properties/2026-03", "/crm/properties/2026-09")
OWNERS = ("/crm/v3/owners", "/crm/owners/2026-03", "/crm/owners/2026-09")
ASSOCIATION_LISTS = ("/crm/v4/objects", "/crm/objects/2026-03")
"""Not in 2026-09: there the batch read or `?associations=` has to do."""
ASSOCIATION_WRITES = ("/crm/v4/objects", "/crm/objects/2026-03", "/crm/objects/2026-09")
ASSOCIATION_BATCHES = (
    "/crm/v4/associations",
    "/crm/associations/v4",
    "/crm/associations/2026-03",
    "/crm/associations/2026-09",
)
CONVERSATIONS = (
    "/conversations/v3/conversations",
    "/conversations/conversations/2026-03",
    "/conversations/conversations/2026-09",
)
FILES = ("/files/v3/files", "/files/2026-03/files", "/files/2026-09/files")
FILE_TRANSFERS = ("/files/v3/files", "/files/2026-03/files")
"""2026-09 has neither upload nor signed addresses."""
ACCOUNT = ("/account-info/v3", "/account-info/2026-03", "/account-info/2026-09")
TOKENS = ("/oauth/v1/token", "/oauth/2026-03/token", "/oauth/2026-09/token")
WEBHOOKS = ("/webhooks/v3", "/webhooks/2026-03", "/app-webhooks/2026-09")
