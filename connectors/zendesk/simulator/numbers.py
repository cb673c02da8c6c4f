"""Ids as Zendesk gives them: small for tickets, long for the rest, ULIDs and UUIDs for webhooks."""

from __future__ import annotations

import itertools
import random
import uuid
from datetime import datetime

from connectors.zendesk.simulator.stamps import unix

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Numbers:
    """Makes every id of the account; the same seed makes the same ids."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._tickets = itertools.count(5158)
        self._long = itertools.count(8447388090494, 6)
        self._serials = itertools.count(1)

    def ticket(self) -> int:
        """The next ticket number."""
        return next(self._tickets)

    def long(self) -> int:
        """An id of anything but a ticket."""
        return next(self._long)

    def serial(self) -> int:
        """A number larger than every one before."""
        return next(self._serials)

    def uuid(self) -> str:
        """An id of an event or a job."""
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def ulid(self, at: datetime) -> str:
        """An id of a webhook or an invocation."""
        value = (unix(at) * 1000 << 80) | self._rng.getrandbits(80)
        return "".join(_CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))

    def secret(self, length: int = 40) -> str:
        """A token nobody can guess, within one seed."""
        return "".join(self._rng.choices(_CROCKFORD, k=length)).lower()
