"""Which closed tickets need not look again when a work item of theirs changes.

A closed ticket writes nothing of its work, but its end is judged by whether that work is done
(`core.closing`). Where the change leaves that as the ticket saw it last, a pass would find nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.core.closing import is_done, is_watched
from bridge.domain.mapping import Mapping
from bridge.domain.records import STATUS, Observation, Presence, Reference


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept of a closed ticket's end. `done` None: nothing is remembered."""

    done: bool | None
    named: bool = False
    """A finding says that it was closed before this work was done."""
    items: int = 1
    """How many work items hang on it."""


@dataclass(frozen=True, slots=True)
class Resting:
    """By helpdesk, which closed tickets rest though the item has changed."""

    all: frozenset[str] = frozenset()
    """Nothing hangs on how their work stands."""
    done: frozenset[str] = frozenset()
    """The item is done: those whose work was."""
    undone: frozenset[str] = frozenset()
    """The item is not done: those whose work was not."""
    named: frozenset[str] = frozenset()
    """Likewise, of those with no other item, if a finding says so already."""

    def holds(self, helpdesk: str, kept: Remembered) -> bool:
        """Whether such a closed ticket of that helpdesk rests."""
        if helpdesk in self.all:
            return True
        if kept.done is None:
            return False
        if kept.done:
            return helpdesk in self.done
        told = kept.named and kept.items == 1
        return helpdesk in self.undone or (told and helpdesk in self.named)


NOBODY = Resting()


def resting(
    mappings: Iterable[Mapping], connection: str, seen: Observation, reference: Reference
) -> Resting:
    """Which closed tickets a change of the work item does not concern, as it is now.

    Where releases count, what is done is not yet with the customer: those tickets all look.
    """
    if seen.presence is not Presence.PRESENT:
        return NOBODY
    status = seen.text(STATUS)
    everybody: set[str] = set()
    done: set[str] = set()
    undone: set[str] = set()
    named: set[str] = set()
    for each in mappings:
        if not is_watched(each):
            everybody.add(each.helpdesk)
        elif each.releases is not None or not status:
            continue
        elif is_done(each, connection, status, reference):
            done.add(each.helpdesk)
        else:
            (undone if each.closing is None else named).add(each.helpdesk)
    return Resting(frozenset(everybody), frozenset(done), frozenset(undone), frozenset(named))
