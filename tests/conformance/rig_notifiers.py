"""Teams and a mail server as the suite's rigs for those who tell people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from bridge.kit.faults import Fault, FaultDial, FaultKind
from bridge.kit.http import CallMade, Wire
from connectors.email.simulator import EmailSimulator
from connectors.teams.simulator import TeamsSimulator
from tests.conformance.line import Line, RigClock


class NotifierRig(Protocol):
    """One place where people are told."""

    vendor: str
    clock: RigClock
    secrets: tuple[str, ...]
    """Texts that must never be shown."""

    def settings(self) -> dict[str, Any]:
        """The connection's entry in bridge.yaml."""
        ...

    def wire(self, calls: list[CallMade]) -> Wire:
        """The way there."""
        ...

    def running(self) -> AbstractAsyncContextManager[None]:
        """The vendor answers until the end of the block."""
        ...

    def shown(self, recipient: str) -> Sequence[str]:
        """What the recipient can read: each message once that is recognised as the same."""
        ...

    def refuses(self) -> None:
        """The next message is refused for good."""
        ...

    def is_busy(self) -> None:
        """The next message is to come later."""
        ...

    def loses_the_answer(self) -> None:
        """The next message is taken, and nobody says so."""
        ...

    def knows_us_no_more(self) -> None:
        """From now on the credential opens nothing."""
        ...

    def is_away(self) -> None:
        """From now on nothing can be reached."""
        ...


class TeamsRig:
    """A channel behind its workflow."""

    vendor = "teams"

    def __init__(self) -> None:
        self.clock = RigClock()
        self.sim = TeamsSimulator("https://teams.test", self.clock.now)
        self.channel = self.sim.add_workflow()
        self.secrets: tuple[str, ...] = (self.channel.sig,)
        # The dial behind the line is armed by the line; the simulator has one of its own.
        self.line = Line(self.sim.app, FaultDial(self.sim.app))

    def settings(self) -> dict[str, Any]:
        url = self.sim.url_of(self.channel)
        return {"vendor": "teams", "webhook_url": url, "base_url": "https://teams.test"}

    def wire(self, calls: list[CallMade]) -> Wire:
        return Wire(self.line, on_call=calls.append, clock=self.clock)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield

    def shown(self, recipient: str) -> Sequence[str]:
        found: dict[str, str] = {}
        for run in self.channel.shown:
            text = "\n".join([run.text, *run.urls.values()]).replace("\\", "")
            if recipient in text:
                found.setdefault(run.card["body"][-1]["text"], text)
        return list(found.values())

    def _strikes(self, kind: FaultKind, status: int = 503) -> None:
        self.sim.dial.add(Fault("POST", kind, status=status))

    def refuses(self) -> None:
        self._strikes(FaultKind.ANSWER, 400)

    def is_busy(self) -> None:
        self._strikes(FaultKind.ANSWER, 429)

    def loses_the_answer(self) -> None:
        self._strikes(FaultKind.RESET_AFTER)

    def knows_us_no_more(self) -> None:
        self.channel.retired = True

    def is_away(self) -> None:
        self.line.unreachable = True


class EmailRig:
    """A mail server with one account."""

    vendor = "email"

    def __init__(self) -> None:
        self.clock = RigClock()
        self.secrets: tuple[str, ...] = ("pass-word-of-the-rig",)
        self.sim = EmailSimulator(accounts={"bridge": self.secrets[0]})
        self.port = 0
        self.away = False

    def settings(self) -> dict[str, Any]:
        return {
            "vendor": "email",
            "host": self.sim.host,
            # A port on which nobody listens.
            "port": 9 if self.away else self.sim.port or 25,
            "user": "bridge",
            "password": self.secrets[0],
            "sender": "Support <support@acme.com>",
            "timeout_s": 5,
        }

    def wire(self, calls: list[CallMade]) -> Wire:
        return Wire(on_call=calls.append, clock=self.clock)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self.sim.running():
            yield

    def shown(self, recipient: str) -> Sequence[str]:
        return [
            f"{each.message['Subject']}\n{each.part('plain')}" for each in self.sim.box(recipient)
        ]

    def refuses(self) -> None:
        self.sim.answers.append("554 5.7.1 Not this one")

    def is_busy(self) -> None:
        self.sim.answers.append("451 4.3.0 Later")

    def loses_the_answer(self) -> None:
        self.sim.lose_answers += 1

    def knows_us_no_more(self) -> None:
        self.sim.accounts["bridge"] = "another"

    def is_away(self) -> None:
        self.away = True
