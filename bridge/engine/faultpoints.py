"""Named points of the line at which a test may kill the process; free of effect otherwise.

`BRIDGE_FAULTPOINT=apply.called:LaunchItem:2` ends the process with SIGKILL when that point is
reached for the second time; with `BRIDGE_FAULTPOINT_SIGNAL=STOP` it is frozen there instead.
Only the chaos tests set them; they are read once, at start.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass

POINTS = (
    "receive.stored",
    "intake.stored",
    "observe.read",
    "plan.made",
    "apply.intended",
    "apply.called",
    "apply.stored",
    "record.stored",
)
"""The points of a pass."""
BESIDE = ("job.prepared", "job.stored", "wish.stored", "held.decided", "guide.asked")
"""Points beside the line: steps of jobs, by their kind, what a person or a note asked for."""
NOTICE_POINTS = ("digest.made", "notice.intended", "notice.sent")
"""The points of a message to people, and of a list for them."""


@dataclass(slots=True)
class _Armed:
    """Where to strike, how, and after how many visits."""

    point: str
    what: str
    left: int
    signal: signal.Signals


_armed: _Armed | None = None


def arm(environment: Mapping[str, str]) -> None:
    """Take the fault point from the environment; without one every point is free of effect."""
    global _armed
    wanted = environment.get("BRIDGE_FAULTPOINT", "")
    point, _, rest = wanted.partition(":")
    what, _, count = rest.partition(":")
    how = environment.get("BRIDGE_FAULTPOINT_SIGNAL") or "KILL"
    _armed = _Armed(point, what, int(count or "1"), signal.Signals[f"SIG{how}"]) if point else None


def reach(point: str, what: str = "") -> None:
    """Say that a point of the line was reached; strikes if this is the armed one."""
    if _armed is None or point != _armed.point or _armed.what not in ("", what):
        return
    _armed.left -= 1
    if _armed.left == 0:
        os.kill(os.getpid(), _armed.signal)


arm(os.environ)
