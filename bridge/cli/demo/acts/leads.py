"""High means that the system is down: both development leads are told until they know."""

from __future__ import annotations

from bridge.cli.demo import cast
from bridge.cli.demo.casebook import Case
from bridge.cli.demo.narrator import MAIL
from bridge.cli.demo.scene import Scene
from bridge.cli.demo.told import acknowledge, both_told


async def leads_are_told(scene: Scene, case: Case) -> None:
    """Both hear of it, each for themselves, and one after the other says so."""
    vendors, names = scene.vendors, " and ".join(map(cast.first_name, (cast.KENTON, cast.JESSICA)))
    told = await scene.until(
        lambda: both_told(vendors, case.ticket_id),
        f"Both development leads, {names}, are told in Teams and by mail, each for themselves",
    )
    if not told:
        return
    await scene.pause()
    await _one_knows(scene, case, cast.LEADS[1], "Jessica")
    scene.narrator.aside("She is told no more. Kenton would be, every 15 minutes, until he knows.")
    await scene.pause(2)
    await _one_knows(scene, case, cast.LEADS[0], "Kenton")


async def _one_knows(scene: Scene, case: Case, lead: str, name: str) -> None:
    case.acknowledged.append(await acknowledge(scene.vendors, lead, case.ticket_id, name))
    scene.act(MAIL, f"{name} presses “I know, I see to it” behind the link in the mail")
