"""The story, act by act: a support day at Harborline."""

from __future__ import annotations

from bridge.cli.demo.acts.afternoon import plays_afternoon
from bridge.cli.demo.acts.evening import plays_evening
from bridge.cli.demo.acts.midday import plays_midday
from bridge.cli.demo.acts.morning import plays_morning
from bridge.cli.demo.acts.parts import Parts
from bridge.cli.demo.scene import Scene, StoryEnds


async def play(scene: Scene) -> None:
    """Play the whole day; if it can't go on, the casebook says why."""
    parts = Parts()
    try:
        for act in (plays_morning, plays_midday, plays_afternoon, plays_evening):
            await act(scene, parts)
    except StoryEnds as end:
        scene.book.missed.append(str(end))
        scene.narrator.missed(str(end))
