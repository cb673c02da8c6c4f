"""What the forms of the mapping editor have in common: what a form is, and how it stands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from bridge.config.problems import Problem
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.records import Reference
from bridge.engine.hub import Hub
from bridge.engine.mapping_life import Standing
from bridge.engine.references import stored_reference
from bridge.web.mapping_forms import Asked, Form


@dataclass(frozen=True, slots=True)
class Entry:
    """A form that the editor's page offers: where in the mapping, what it is called, how much."""

    at: str
    title: str
    size: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as somebody sees it: where it begins, what stands in it, and what is wrong."""

    standing: Standing
    section: str
    at: str
    title: str
    seen: str
    mapping: MappingData
    given: Mapping[str, str]
    wrong: Mapping[str, str]
    others: tuple[Problem, ...] = ()
    said: str = ""

    @property
    def address(self) -> str:
        """Where the form is sent to."""
        at = f"?at={quote(self.at, safe='')}" if self.at else ""
        return f"/mappings/{self.standing.name}/edit/{self.section}{at}"

    def having(self, **changes: Any) -> Sheet:
        """The same form with something else in it."""
        return replace(self, **changes)


def nothing_given(_mapping: MappingData, _at: str) -> dict[str, str]:
    """A form whose fields are filled in when it is shown."""
    return {}


async def nothing_more(_hub: Hub, _sheet: Sheet) -> dict[str, Any]:
    """A form that shows nothing but the mapping."""
    return {}


def stays(_mapping: MappingData, _at: str, _form: Form) -> dict[str, str] | None:
    """A form of which every press keeps what stands in it."""
    return None


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of form. Its template is `mapping_form_<name>.html`."""

    name: str
    entries: Callable[[MappingData], list[Entry]]
    """What the editor's page lists."""
    asked: Callable[[MappingData, str, Form], Asked]
    """The edits that what was typed asks for."""
    given: Callable[[MappingData, str], dict[str, str]] = nothing_given
    """What the form begins with; sent back as it is, it asks for nothing."""
    shown: Callable[[Hub, Sheet], Awaitable[dict[str, Any]]] = nothing_more
    """What the template needs besides."""
    turned: Callable[[MappingData, str, Form], dict[str, str] | None] = stays
    """What stands in the form after a press that keeps nothing; None where the press keeps it."""
    title: Callable[[MappingData, str], str | None] | None = None
    """What the form at the address is called, None where there is none: without it its entry's."""

    def title_of(self, mapping: MappingData, at: str) -> str | None:
        """What the form is called; None where the address names none."""
        if self.title is not None:
            return self.title(mapping, at)
        return next((each.title for each in self.entries(mapping) if each.at == at), None)


async def reference_of(hub: Hub, name: str) -> Reference:
    """What the connection has, as last read from its vendor."""
    return await stored_reference(hub, name) if name in hub.connections else Reference()


def shared_fields(hub: Hub) -> dict[str, frozenset[str]]:
    """By connection the fields that people add to."""
    return {name: each.manifest.shared_fields for name, each in hub.connections.items()}
