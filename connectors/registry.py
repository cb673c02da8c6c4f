"""The explicit list of connectors: a new vendor is its folder and one line here.

Only the code of vendors that a hub connects to is imported: each is a megabyte or two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar

from bridge.ports.manifest import ConnectionSettings
from bridge.ports.roles import Connector

VENDORS = (
    "hubspot",
    "zendesk",
    "azure_devops",
    "jira",
    "rocketlane",
    "sentry",
    "teams",
    "email",
)
"""Each is a folder beside this file, and the name that bridge.yaml calls the vendor by."""

Part = TypeVar("Part")


class Installed(Mapping[str, Part], Generic[Part]):
    """By vendor, something of each connector; its code is imported when it is asked for."""

    def __init__(self, part: Callable[[Connector], Part]) -> None:
        self._part = part

    def __getitem__(self, vendor: str) -> Part:
        """That of the vendor's connector; KeyError for a vendor who has none."""
        if vendor not in VENDORS:
            raise KeyError(vendor)
        connector: Connector = import_module(f"connectors.{vendor}.connection").CONNECTOR
        return self._part(connector)

    def __iter__(self) -> Iterator[str]:
        """The vendors' names; nothing is imported for them."""
        return iter(VENDORS)

    def __len__(self) -> int:
        """How many vendors there are."""
        return len(VENDORS)


CONNECTORS: Mapping[str, Connector] = Installed(lambda each: each)
SETTINGS: Mapping[str, type[ConnectionSettings]] = Installed(lambda each: each.settings_model)
"""The model of a connection's settings in bridge.yaml."""
