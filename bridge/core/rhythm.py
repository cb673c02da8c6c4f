"""The rhythm of a connection's deliveries, and when a silence is unlike it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

BURST = timedelta(minutes=1)
"""Deliveries nearer to each other than this are one burst; no gap is shorter."""
ENOUGH_GAPS = 5
ENOUGH_DELIVERIES = 30
"""So many without a gap are a rhythm too: that of a connection that never rests."""
WEIGHT = 0.1
"""How much the newest gap counts against all before it."""
UNLIKELY = 10
"""A silence this many times the usual gap is unlike the connection."""


def usual_gap(times: Sequence[datetime]) -> timedelta | None:
    """The usual time between two bursts; None while too few are known. `times`: oldest first.

    A moving mean of the gaps' logarithms: a night counts as one long gap, not as all there is.
    """
    gaps = [later - earlier for earlier, later in pairwise(times) if later - earlier >= BURST]
    if len(gaps) < ENOUGH_GAPS:
        return BURST if len(times) >= ENOUGH_DELIVERIES else None
    mean = math.log(gaps[0].total_seconds())
    for each in gaps[1:]:
        mean += WEIGHT * (math.log(each.total_seconds()) - mean)
    return max(BURST, timedelta(seconds=round(math.exp(mean))))


def unlike(silence: timedelta, usual: timedelta | None) -> bool:
    """Whether a silence is too long for a connection of that usual gap; never if it has none."""
    return usual is not None and silence >= UNLIKELY * usual
