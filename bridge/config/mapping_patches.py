"""How a mapping's text is written: by a round trip, or one value anew where it stands.

The latter is the way for files that a round trip would not bring back as they are. Whoever asks
holds what comes out against what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scanner import RoundTripScanner
from ruamel.yaml.tokens import CommentToken

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


def entry_at(node: Any, path: Path) -> tuple[Any, Any] | None:
    """Where the entry at the path begins, and where the last word of it ends."""
    begins = node.start_mark
    for part in path:
        if isinstance(node, MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == part]
            if not pairs:
                return None
            begins, node = pairs[0][0].start_mark, pairs[0][1]
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            begins = node.start_mark
        else:
            return None
    while isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return begins, node.end_mark


def patched(text: str, path: Path, key: str, value: str) -> str | None:
    """The text with this value, written in one line, at the path; None where it can't be put in.

    `key` is the last word of the path as it is written, should it have to be added.
    """
    root = YAML().compose(text)
    node = _at(root, path)
    if node is not None:
        return _replaced(text, node, value)
    parent = _at(root, path[:-1])
    if not isinstance(parent, CollectionNode) or not parent.value:
        return None
    if isinstance(parent, SequenceNode) and path[-1] != len(parent.value):
        return None
    entry = f"{key}: {value}" if isinstance(parent, MappingNode) else value
    return _flown(text, parent, entry) if parent.flow_style else _lined(text, parent, entry)


def _at(node: Any, path: Path) -> Any:
    for part in path:
        if isinstance(node, MappingNode):
            node = next((value for name, value in node.value if name.value == part), None)
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        else:
            return None
    return node


def _replaced(text: str, node: Any, value: str) -> str | None:
    written = text[node.start_mark.index : node.end_mark.index]
    stands_in_lines = isinstance(node, ScalarNode) and node.style in ("|", ">")
    is_block = isinstance(node, CollectionNode) and not node.flow_style
    if stands_in_lines or is_block or node.anchor or ("#" in written and "\n" in written):
        return None
    begin, end = node.start_mark.index, node.end_mark.index
    quoted = isinstance(node, ScalarNode) and node.style == '"' and value[:1] not in "\"'[{"
    return text[:begin] + (f'"{value}"' if quoted else value) + text[end:]


def _flown(text: str, parent: CollectionNode, entry: str) -> str:
    close = parent.end_mark.index - 1
    return f"{text[:close].rstrip()}, {entry}{text[close:]}"


def _lined(text: str, parent: CollectionNode, entry: str) -> str | None:
    first = parent.value[0][0] if isinstance(parent, MappingNode) else parent
    indent = " " * first.start_mark.column
    last: Any = parent
    while isinstance(last, CollectionNode) and not last.flow_style and last.value:
        last = last.value[-1]
        last = last[1] if isinstance(last, tuple) else last
    if isinstance(last, ScalarNode) and last.style in ("|", ">"):
        return None
    end = text.find("\n", last.end_mark.index)
    before = f"{text}\n" if end < 0 else text[: end + 1]
    after = "" if end < 0 else text[end + 1 :]
    dash = "- " if isinstance(parent, SequenceNode) else ""
    return f"{before}{indent}{dash}{entry}\n{after}"


def comments_of(text: str) -> Iterator[str]:
    """Every comment of the text."""
    yaml = YAML()
    yaml.Scanner = RoundTripScanner
    for token in yaml.scan(text):
        for each in _beside(token):
            yield from (line.strip() for line in each.value.splitlines() if line.strip())


def _beside(token: Any) -> Iterator[CommentToken]:
    found = [token] if isinstance(token, CommentToken) else getattr(token, "_comment", None)
    for each in found or []:
        for one in each if isinstance(each, list) else [each]:
            if isinstance(one, CommentToken):
                yield one
