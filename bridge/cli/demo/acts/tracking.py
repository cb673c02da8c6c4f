"""Midday: error tracking has something to say, and customers must not hear a word of it."""

from __future__ import annotations

from bridge.cli.demo import cast
from bridge.cli.demo.acts.parts import Parts
from bridge.cli.demo.casebook import SignalCase
from bridge.cli.demo.cast_desk import COLLEEN, PHOTOS_LOST, YUSUF
from bridge.cli.demo.deeds_desk import issue_of
from bridge.cli.demo.hub_api import HubApi
from bridge.cli.demo.narrator import BOARDS, HUB, JIRA, SENTRY
from bridge.cli.demo.scene import Scene, StoryEnds
from connectors.jira.simulator.records import User
from connectors.jira.simulator.wiki import from_wiki
from connectors.sentry.simulator.records import Issue

_TITLE = "SQLiteDatabaseLockedException: database is locked (photo_queue)"
_ERROR = {
    "title": _TITLE,
    "value": "database is locked (photo_queue)",
    "culprit": "PhotoQueue.flushPending",
    "filename": "app/photos/PhotoQueue.kt",
    "stack_trace": 'File "PhotoQueue.kt", line 212, in flushPending',
}
_BOARD_ERROR = {
    "title": "TypeError: tenant is undefined (boardCache)",
    "value": "tenant is undefined (boardCache)",
    "culprit": "board/cacheKey",
    "filename": "board/cacheKey.ts",
    "stack_trace": 'File "cacheKey.ts", line 40, in cacheKey',
}
_NOTE = "All 214 of these are Brightwater's crews. They still run build 7.0.3, bless them."
_BOARD_NOTE = "Same tenant every time. Did anybody test this with more than one customer?"
_REFUSED = 422


async def plays_tracking(scene: Scene, parts: Parts) -> None:
    """A signal is kept off a ticket, launched the right way, and its comments are held."""
    scene.narrator.chapter("Midday: error tracking")
    if scene.hub is None:
        raise StoryEnds("there is no hub to ask")
    case = parts.desk[PHOTOS_LOST.subject]
    error = scene.vendors.desk.sentry.error_occurs("field-app", **_ERROR)
    signal = SignalCase(error.id, case)
    scene.book.signals.append(signal)
    scene.book.keep_inside("sentry", *_ERROR.values(), error.short_id)
    scene.act(SENTRY, f"{error.short_id}: {_TITLE}, 214 times since Tuesday")
    scene.narrator.aside("An engineer would love to hang that on the customer's ticket.")
    await scene.pause(2)
    await _link_is_refused(scene, scene.hub, signal, error)
    await _launched_the_right_way(scene, scene.hub, signal, error)
    await _comment_copied_into_jira(scene, scene.hub, signal, error)
    await _comment_copied_into_boards(scene, scene.hub, parts)


async def _link_is_refused(scene: Scene, hub: HubApi, signal: SignalCase, error: Issue) -> None:
    case = signal.beside
    address = scene.vendors.desk.sentry.organization.write.page(error)
    scene.act(HUB, f"Yusuf asks the hub to link {error.short_id} to ticket {case.ticket_id}")
    signal.refused = await hub.link(case.ref, "jira", address)
    if signal.refused.status == _REFUSED:
        scene.narrator.seen(f"The hub refuses: “{signal.refused.said['detail']}”")
    await scene.pause(2)


async def _launched_the_right_way(
    scene: Scene, hub: HubApi, signal: SignalCase, error: Issue
) -> None:
    desk, case = scene.vendors.desk, signal.beside
    own = issue_of(scene, case)
    scene.act(HUB, f"So Yusuf has it launched, related to {own.key}")
    signal.launched = await hub.launch_signal(error.short_id, "jira", own.key)

    async def counted() -> bool:
        known = await hub.ticket(case.ref)
        signal.internal_tasks = known.get("internal_tasks")
        return signal.internal_tasks == 1

    await scene.until(
        lambda: len(desk.related_to(own)) == 1,
        lambda: (
            f"{desk.jira.site.issues[desk.related_to(own)[0]].key} is in Jira, a bug of its own, "
            f"and “relates to” {own.key}"
        ),
    )
    await scene.until(
        counted, "Support sees “1 internal technical task” beside the ticket, no more"
    )
    await scene.pause(2)


async def _comment_copied_into_jira(
    scene: Scene, hub: HubApi, signal: SignalCase, error: Issue
) -> None:
    desk, case = scene.vendors.desk, signal.beside
    own, app = issue_of(scene, case), _sentry_app(scene)
    integration = desk.sentry.add_integration(
        "jira", "harborline.atlassian.net", copies_comments=True
    )
    related = desk.related_to(own)
    if not related:
        raise StoryEnds("the signal has no issue in Jira to go on with")
    beside = desk.jira.site.issues[related[0]]
    desk.sentry.person_links(error, integration, beside.key)
    note = desk.sentry.person_comments(error, _NOTE)
    copied = desk.sentry.copies.jira_comment(note)
    scene.book.keep_inside("sentry", _NOTE)
    desk.jira.person_comments(beside.id, from_wiki(copied), app)
    scene.act(SENTRY, f"{COLLEEN}: “{_NOTE}” Sentry's own app copies it into {beside.key}")
    await scene.pause()
    desk.jira.person_comments(own.id, from_wiki(f"#customer\n\n{copied}"), desk.engineers[YUSUF[0]])
    scene.act(JIRA, f"Yusuf quotes her in {own.key}, and marks it #customer")
    await _is_held(scene, hub, case.ref)


async def _comment_copied_into_boards(scene: Scene, hub: HubApi, parts: Parts) -> None:
    case = parts[cast.BOARD_BLANK.subject]
    sentry, boards, item = scene.vendors.desk.sentry, scene.vendors.boards, scene.item(case)
    error = sentry.error_occurs("front-end", **_BOARD_ERROR)
    note = sentry.person_comments(error, _BOARD_NOTE)
    copied = sentry.copies.azure_comment(note)
    scene.book.keep_inside("sentry", *_BOARD_ERROR.values(), error.short_id, _BOARD_NOTE)
    boards.person_comments(item.id, copied, cast.SAM)
    scene.act(
        SENTRY,
        f"{COLLEEN} on another error: “{_BOARD_NOTE}” It is copied into bug #{item.id}, where it "
        "bears Sam's name",
    )
    scene.narrator.aside("So it is in Azure DevOps. Nobody marked it, so it stays there.")
    await scene.pause()
    boards.person_comments(item.id, f"<div>#customer</div>{copied}", cast.KENTON)
    scene.act(BOARDS, "Kenton takes it for Sam's words, quotes it and marks that #customer")
    await _is_held(scene, hub, f"hubspot:{case.ticket_id}")


async def _is_held(scene: Scene, hub: HubApi, ticket: str) -> None:
    await scene.until(
        lambda: hub.has_finding("HELD_FOR_REVIEW", ticket),
        "The hub holds it and asks a person to say it in other words; the ticket shows nothing",
    )
    await scene.pause()


def _sentry_app(scene: Scene) -> User:
    """The account by which Sentry's app writes in Jira."""
    desk = scene.vendors.desk
    if "Sentry" not in desk.engineers:
        desk.engineers["Sentry"] = desk.jira.add_user("Sentry", "app@sentry.example", "app")
    return desk.engineers["Sentry"]
