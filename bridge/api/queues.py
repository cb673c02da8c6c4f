"""Queues of what waits for a person about a ticket: what each is narrowed to."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from pydantic import Field

from bridge.api.links import RefText
from bridge.api.paging import Paging

S = TypeVar("S")


class QueueQuery(Paging, Generic[S]):
    """What waits, unless a state is named. `S` are the states that there are."""

    state: S | Literal["all"] = Field(
        "open",  # type: ignore[arg-type]  # it is a state of every queue
        description="`all` lists the decided ones too.",
    )
    ticket: RefText | None = Field(None, examples=["hubspot:812"])

    @property
    def in_state(self) -> S | None:
        """The state that is asked for; None for all."""
        return None if self.state == "all" else self.state
