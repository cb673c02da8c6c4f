"""How a mapping's text is written: by a round trip, or one value anew where it stands.

The latter is the way for files that a round trip would not bring back as they are. Whoever asks
holds what comes out against what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scanner import RoundTripScanner
from ruamel.yaml.tokens import CommentToken

from bridge.config.mapping_places import spots_of
from bridge.config.problems import Path

WIDE = 100_000
"""Lines are never folded: what stood on one line stays there."""
_LIST_IN_KEY = re.compile(
    r"^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*( *)- ", re.MULTILINE
)


class _AsItStands(VersionedResolver):
    """Every plain word is text."""

    @property
    def versioned_resolver(self) -> dict[str, Any]:
        """No word means anything else."""
        return {}


def round_trip(text: str) -> YAML:
    """A round trip that indents as the text does."""
    yaml = YAML()
    yaml.Resolver = _AsItStands
    yaml.preserve_quotes = True
    yaml.width = WIDE
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    found = _LIST_IN_KEY.search(text)
    offset = 2 if found is None else len(found[2]) - len(found[1])
    yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    if text.startswith("---"):
        yaml.explicit_start = True
    return yaml


def patched(text: str, path: Path, value: str) -> str | None:
    """The text with this value, written in one line, at the path; None where it can't be so."""
    spot = spots_of(text).at(path)
    if spot is None:
        return None
    written = text[spot.begin : spot.end]
    in_lines = spot.style in ("|", ">") or (spot.kind is not str and not spot.in_line)
    if in_lines or spot.anchor or ("#" in written and "\n" in written):
        return None
    quoted = spot.style == '"' and value[:1] not in "\"'[{"
    return text[: spot.begin] + (f'"{value}"' if quoted else value) + text[spot.end :]


@lru_cache(maxsize=8)
def comments_of(text: str) -> Sequence[str]:
    """Every comment of the text."""
    yaml = YAML()
    yaml.Scanner = RoundTripScanner
    said = (each.value for token in yaml.scan(text) for each in _beside(token))
    return tuple(line.strip() for each in said for line in each.splitlines() if line.strip())


def _beside(token: Any) -> Iterator[CommentToken]:
    found = [token] if isinstance(token, CommentToken) else getattr(token, "_comment", None)
    for each in found or []:
        for one in each if isinstance(each, list) else [each]:
            if isinstance(one, CommentToken):
                yield one
