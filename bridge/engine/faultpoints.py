"""Named points of the line at which a test may kill the process; free of effect otherwise.

`BRIDGE_FAULTPOINT=apply.called:LaunchItem:2` ends the process with SIGKILL when that point is
reached for the second time. Only the chaos tests set it; the variable is read once, at start.
"""

from __future__ import annotations

import os
import signal

_ARMED = os.environ.get("BRIDGE_FAULTPOINT", "")
_hits = 0

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


def reach(point: str, what: str = "") -> None:
    """Say that a point of the line was reached; dies here if this is the armed one."""
    if not _ARMED:
        return
    _die_if_armed(point, what)


def _die_if_armed(point: str, what: str) -> None:
    global _hits
    wanted, _, rest = _ARMED.partition(":")
    kind, _, count = rest.partition(":")
    if point != wanted or (kind and kind != what):
        return
    _hits += 1
    if _hits >= int(count or "1"):
        os.kill(os.getpid(), signal.SIGKILL)
