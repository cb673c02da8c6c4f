"""Pictures in a ticket's texts: shown in the work item where their files were copied there."""

from __future__ import annotations

from collections.abc import Callable

from bridge.core.ledger import Copy, file_source, files_of
from bridge.core.situation import ItemSituation
from bridge.domain.links import LedgerState
from bridge.domain.records import Comment
from bridge.domain.refs import Ref
from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.model import FILE, Image
from bridge.kit.richtext.plain import addresses_of


def shows(copy: Copy[Comment], files: frozenset[str]) -> bool:
    """Whether the comment shows one of these files of its ticket."""
    addresses = addresses_of(read_html(copy.thing.html)) if files else []
    ids = (each.removeprefix(FILE) for each in addresses if each.startswith(FILE))
    return any(file_source(copy.ref, id) in files for id in ids)


def copied_files(s: ItemSituation, ticket: Ref) -> Callable[[Image], str]:
    """Finds the file of the item that is the copy of what an image of the ticket shows."""
    held = {each.comment: each.id for each in files_of(s.observation) if each.comment}

    def source_of(image: Image) -> str:
        if not image.source.startswith(FILE):
            return ""
        entry = s.ledger.get(file_source(ticket, image.source.removeprefix(FILE)))
        copied = entry is not None and entry.state is LedgerState.COPIED
        id = held.get(entry.marker) if entry is not None and copied else None
        return f"{FILE}{id}" if id else ""

    return source_of
