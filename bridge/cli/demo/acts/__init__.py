"""The story, act by act: a support day at Harborline."""

from __future__ import annotations

from bridge.cli.demo.acts.afternoon import plays_afternoon
from bridge.cli.demo.acts.escalation import plays_escalation
from bridge.cli.demo.acts.evening import plays_evening
from bridge.cli.demo.acts.implementation import plays_implementation
from bridge.cli.demo.acts.midday import plays_midday
from bridge.cli.demo.acts.morning import plays_morning
from bridge.cli.demo.acts.parts import Parts
from bridge.cli.demo.acts.patch import plans_patch, ships_patch
from bridge.cli.demo.acts.tracking import plays_tracking
from bridge.cli.demo.scene import Scene, StoryEnds

_ACTS = (
    plays_morning,
    plays_implementation,
    plays_escalation,
    plays_midday,
    plans_patch,
    plays_tracking,
    plays_afternoon,
    ships_patch,
    plays_evening,
)


async def play(scene: Scene) -> None:
    """Play the whole day; if it can't go on, the casebook says why."""
    parts = Parts()
    try:
        for act in _ACTS:
            await act(scene, parts)
    except StoryEnds as end:
        scene.book.missed.append(str(end))
        scene.narrator.missed(str(end))
