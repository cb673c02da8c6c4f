"""Callers that are slow, silent or talkative: none of them keeps the door from the others.

uvicorn waits without end for the head of a request, for its body and for somebody to read the
answer, and its parser takes heads of any length. Here a request has a deadline, its head a size, an
answer must be read on, and of connections that ask nothing only so many are kept.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from uvicorn.protocols.http.auto import AutoHTTPProtocol


@dataclass(frozen=True, slots=True)
class Patience:
    """What a caller may take."""

    head_s: float = 15.0
    """Seconds from the first byte (or from the connection) to the end of the head."""
    body_s: float = 60.0
    """Seconds from there to the end of the body."""
    answer_s: float = 60.0
    """Seconds in which some of a waiting answer must be read."""
    head_bytes: int = 64 * 1024
    silent: int = 500
    """Connections without a request; one more, and the one that is silent longest is closed."""


# uvicorn chooses its base class by what is installed.
class PatientProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """One connection. What is there for all of one server stands in the class made for it."""

    patience: ClassVar[Patience]
    silent: ClassVar[dict[PatientProtocol, None]]
    """Connections without a request, the one that is silent longest first."""

    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Count it among the silent; make room if there are too many."""
        super().connection_made(transport)
        self._wait()
        if len(self.silent) > self.patience.silent:
            longest = next(iter(self.silent))
            longest._stop_waiting()
            longest.transport.close()

    def data_received(self, data: bytes) -> None:
        """Parse, and see how far the request is."""
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._under_way():
            self._head += len(data)
            if self._head > self.patience.head_bytes:
                self._refuse(b"431 Request Header Fields Too Large")
            elif self._deadline is None:
                self._wait()
        elif not self.cycle.more_body:
            self._stop_waiting()
        elif self in self.silent or self._deadline is None:
            self._stop_waiting()
            self._deadline = self.loop.call_later(self.patience.body_s, self._late)

    def on_response_complete(self) -> None:
        """The next request of the connection begins anew."""
        self._stop_waiting()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The answer waits in memory: it is let go if nobody takes any of it."""
        super().pause_writing()
        self._hold(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Most of what waited has been read."""
        self._stop_holding()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._stop_waiting()
        self._stop_holding()
        super().connection_lost(exc)

    def _under_way(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self.silent[self] = None
        self._deadline = self.loop.call_later(self.patience.head_s, self._late)

    def _stop_waiting(self) -> None:
        self.silent.pop(self, None)
        self._head = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hold(self, waiting: int) -> None:
        self._unread = self.loop.call_later(self.patience.answer_s, self._look_back, waiting)

    def _look_back(self, waited: int) -> None:
        """Give it time again if some of what waited has been read since."""
        waiting = self.transport.get_write_buffer_size()
        if waiting < waited:
            self._hold(waiting)
        else:
            self.transport.abort()

    def _stop_holding(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _late(self) -> None:
        self._refuse(b"408 Request Timeout")

    def _refuse(self, status: bytes) -> None:
        """Answer, unless an answer has begun, and hang up."""
        self._stop_waiting()
        if not (self._under_way() and self.cycle.response_started):
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
        self.transport.close()


def patient_protocol(patience: Patience) -> type[PatientProtocol]:
    """uvicorn's HTTP protocol with these limits, for one server."""
    return type("PatientProtocol", (PatientProtocol,), {"patience": patience, "silent": {}})
