"""Afternoon: people do what people do, and the weather turns."""

from __future__ import annotations

from bridge.cli.demo import cast
from bridge.cli.demo.acts.parts import Parts
from bridge.cli.demo.checks import STAGES
from bridge.cli.demo.narrator import BOARDS, HELPDESK, HUB
from bridge.cli.demo.scene import Scene
from bridge.cli.demo.systems import own_items
from bridge.cli.demo.vendors import KEYS, STAGE
from bridge.kit.faults import Fault, FaultKind

_EVERYTHING = 10**6
_OUTAGE_S = 3.0
_TWICE = 1 / 3


async def plays_afternoon(scene: Scene, parts: Parts) -> None:
    """What people change by hand; then events come twice, late or never, and a vendor is away."""
    scene.narrator.chapter("Afternoon: people")
    await _stage_edited_by_hand(scene, parts)
    await _category_changed(scene, parts)
    await _tickets_merged(scene, parts)
    scene.narrator.chapter("Afternoon: bad weather")
    await _events_in_disorder(scene, parts)
    await _helpdesk_event_lost(scene, parts)
    await _boards_event_lost(scene, parts)
    await _helpdesk_down(scene, parts)
    await _lost_reply_settled(scene, parts)


async def _stage_edited_by_hand(scene: Scene, parts: Parts) -> None:
    case = parts[cast.INVOICE_CUT.subject]
    right = scene.vendors.shown(case.ticket_id, STAGE)
    wrong = STAGES["Closed"]
    scene.vendors.helpdesk.person_edits_ticket(
        case.ticket_id, by=scene.vendors.user(cast.MAYA), **{STAGE: wrong}
    )
    scene.act(HELPDESK, f"Maya sets the stage of Calder's invoice ticket to “{wrong}” by hand")
    await scene.until_shown(
        case,
        STAGE,
        right,
        f"“{right}” is back: nobody has begun to work on it. A second time the hub would yield",
    )
    await scene.pause()


async def _category_changed(scene: Scene, parts: Parts) -> None:
    case = parts[cast.SILENT_HOURS.subject]
    before = len(own_items(scene.vendors))
    scene.categorise(case, cast.DEVELOPMENT, cast.MAYA)
    scene.act(HELPDESK, "Maya: texts at night are no bug but a wish. She changes the category")
    await scene.linger(1.5)
    if len(own_items(scene.vendors)) == before:
        scene.narrator.seen(
            f"Bug #{scene.item(case).id} stays, nothing new is created; the hub asks a person "
            "what to do"
        )


async def _tickets_merged(scene: Scene, parts: Parts) -> None:
    kept = parts[cast.SIGNATURE.subject]
    other = parts.add(scene.file_ticket(cast.SIGNATURE_AGAIN))
    scene.tell_filed(other)
    await scene.pause(2)
    vendors = scene.vendors
    merged = vendors.helpdesk.person_merges(
        kept.ticket_id, other.ticket_id, by=vendors.user(cast.TOM)
    )
    other.merged_into = kept
    scene.act(HELPDESK, f"Tom merges the two signature tickets; HubSpot makes them {merged}")
    await scene.pause()
    scene.move(kept, "Active", cast.SAM)
    await scene.until(
        lambda: scene.shows(kept, STAGE, STAGES["Active"]),
        lambda: f"The merged ticket follows: “{STAGES['Active']}”, {_keys(scene, kept.ticket_id)}",
    )
    await scene.pause()


def _keys(scene: Scene, ticket_id: str) -> str:
    return scene.vendors.shown(ticket_id, KEYS)


async def _events_in_disorder(scene: Scene, parts: Parts) -> None:
    """From here to the end of the day."""
    for vendor in (scene.vendors.helpdesk, scene.vendors.boards):
        vendor.duplicate_rate, vendor.reorder = _TWICE, True
    scene.narrator.trouble("From now on every third event is sent twice, and in any order.")
    case = parts[cast.BULK_REASSIGN.subject]
    item = scene.item(case)
    for state in ("Active", "Resolved", "Active"):
        scene.vendors.boards.person_moves_state(item.id, state, cast.JESSICA)
    scene.act(BOARDS, f"Jessica moves story #{item.id} to Active, to Resolved, and back to Active")
    await scene.until_shown(
        case, STAGE, STAGES["Active"], f"The ticket shows “{STAGES['Active']}”, as Boards does"
    )
    await scene.pause()


async def _helpdesk_event_lost(scene: Scene, parts: Parts) -> None:
    helpdesk = scene.vendors.helpdesk
    helpdesk.drop_webhooks = _EVERYTHING
    case = parts.add(scene.file_ticket(cast.RESET_LINK))
    lost = _EVERYTHING - helpdesk.drop_webhooks
    helpdesk.drop_webhooks = 0
    scene.book.dropped += lost
    scene.tell_filed(case)
    scene.narrator.trouble(f"HubSpot loses all {lost} webhooks that should have told of it.")
    await scene.until(
        lambda: scene.has_work(case),
        lambda: f"The sweep found the ticket all the same: bug #{scene.item(case).id}",
    )
    await scene.pause()


async def _boards_event_lost(scene: Scene, parts: Parts) -> None:
    case = parts[cast.HOUR_LATE.subject]
    boards = scene.vendors.boards
    boards.drop_hooks = _EVERYTHING
    scene.move(case, "Active", cast.JESSICA)
    lost = _EVERYTHING - boards.drop_hooks
    boards.drop_hooks = 0
    scene.book.dropped += lost
    scene.narrator.trouble("Boards' service hook gets lost on the way.")
    await scene.until_shown(
        case, STAGE, STAGES["Active"], f"The sweep saw it: the ticket shows “{STAGES['Active']}”"
    )
    await scene.pause()


async def _helpdesk_down(scene: Scene, parts: Parts) -> None:
    dial = scene.vendors.helpdesk.faults
    fault = dial.add(Fault("", FaultKind.ANSWER, times=_EVERYTHING, status=503))
    case = parts[cast.ROUTE_EXPORT.subject]
    scene.narrator.trouble(f"HubSpot answers 503 to everything, for {_OUTAGE_S:.0f} seconds.")
    scene.move(case, "Active", cast.JESSICA)
    await scene.linger(_OUTAGE_S)
    turned_away, fault.times = _EVERYTHING - fault.times, 0
    scene.act(HELPDESK, f"HubSpot is back; it turned {turned_away} calls away")
    await scene.until_shown(
        case,
        STAGE,
        STAGES["Active"],
        f"The ticket shows “{STAGES['Active']}”; nothing had to be done by hand",
    )
    await scene.pause()


async def _lost_reply_settled(scene: Scene, parts: Parts) -> None:
    case = parts[cast.EXPORT_STOPS.subject]
    scene.act(HUB, "And the bug whose answer was lost this morning?")
    await scene.until(
        lambda: scene.has_work(case),
        lambda: (
            f"Found by its marker: bug #{scene.item(case).id}, the only one, with its screenshot; "
            f"the ticket shows “{scene.vendors.shown(case.ticket_id, STAGE)}”"
        ),
        patience_s=45,
    )
    scene.move(case, "Active", cast.SAM)
    scene.narrator.aside("From here on it is a bug like any other.")
    await scene.until_shown(case, STAGE, STAGES["Active"], f"The ticket shows “{STAGES['Active']}”")
    await scene.pause()
