"""The Dockerfile, read as far as the tests ask: stages of instructions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.house.sources import text


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction with its continued lines joined."""

    word: str
    rest: str


def instructions() -> list[Instruction]:
    """Every instruction of the Dockerfile, comments left out."""
    lines = [each for each in text("Dockerfile").splitlines() if not each.startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    found = (each.split(None, 1) for each in joined.splitlines() if each.strip())
    return [Instruction(each[0], re.sub(r" +", " ", each[1].strip())) for each in found]


def stages() -> list[list[Instruction]]:
    """The instructions of each stage, its FROM first; the last one is what runs."""
    parts: list[list[Instruction]] = []
    for each in instructions():
        if each.word == "FROM":
            parts.append([])
        if parts:
            parts[-1].append(each)
    return parts


def final(word: str) -> list[str]:
    """What the instructions of that word say in the stage that runs."""
    return [each.rest for each in stages()[-1] if each.word == word]
