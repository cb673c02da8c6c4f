"""Every form of the mapping editor, in the order in which its page lists them."""

from __future__ import annotations

from bridge.domain.mapping import Mapping
from bridge.web.mapping_grid import GRID
from bridge.web.mapping_notices import NOTICES
from bridge.web.mapping_parts import listed_parts
from bridge.web.mapping_route import ROUTE
from bridge.web.mapping_routes import ROUTES
from bridge.web.mapping_sheets import Entry, Section
from bridge.web.mapping_stands import STANDS
from bridge.web.mapping_words import PAIRS, STAGES, SWITCHES, VALUES

SECTIONS: tuple[Section, ...] = (
    STANDS, ROUTES, ROUTE, NOTICES, STAGES, VALUES, GRID, PAIRS, SWITCHES,
)  # fmt: skip
"""A new form is one more line here; one over a part of the file with blanks is a line of PARTS."""


def forms_of(mapping: Mapping) -> list[tuple[str, list[tuple[str, Entry]]]]:
    """The forms that the mapping has, by their heading, each with the last word of its address."""
    sections = [(each.name, entry) for each in SECTIONS for entry in each.entries(mapping)]
    parts = [(id, Entry("", title, much)) for id, title, much in listed_parts(mapping)]
    return [("", sections), ("What is promised and told", parts)]
