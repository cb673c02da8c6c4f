"""Only news is told: across restarts, merges, new mappings and killed processes, nobody twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.domain.notices import NoticeState
from bridge.store.tables import audit_log
from connectors.email.simulator import EmailSimulator
from connectors.teams.simulator import TeamsSimulator
from tests.scenarios.telling import LEADS, Telling, telling
from tests.scenarios.test_erasing import erase
from tests.scenarios.test_preview import activated, previewed
from tests.shipped import SHIPPED, WITH_NOTICES


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[Telling]:
    async with telling(tmp_path) as world:
        yield world


async def acknowledged(told: Telling) -> list[tuple[str, dict[str, Any]]]:
    """Who acknowledged, as the audit log has it."""
    a = audit_log.c
    async with told.world.hub.db.read() as connection:
        found = await connection.execute(
            sa.select(a.actor, a.detail).where(a.action == "notice.acknowledged")
        )
        return [tuple(each) for each in found]


async def test_mapping_that_begins_to_tell_tells_no_old_news(tmp_path: Path) -> None:
    async with telling(tmp_path, mapping=SHIPPED) as told:
        told.new_ticket()
        await told.world.settle()
        assert (await previewed(told.world, WITH_NOTICES))["counts"]["notices"] == 0
        await activated(told.world, WITH_NOTICES)
        assert told.mail.mails == []
        told.new_ticket("Another one")
        await told.world.settle()
        assert len(told.mail.mails) == 2
        assert all("Another one" in each.part("plain") for each in told.mail.mails)


async def test_mapping_that_tells_no_more_repeats_only_until_somebody_took_it(
    quick: Telling,
) -> None:
    quick.new_ticket()
    await quick.world.settle()
    await activated(quick.world, SHIPPED)
    await quick.pass_time()
    assert len(quick.mail.mails) == 4
    [item] = quick.world.items()
    dana = "Dana Dev <dana@acme.com>"
    quick.world.boards.person_edits(item.id, {"System.AssignedTo": dana}, dana)
    # Such a mapping does not look at who has the item; whatever else moves the ticket shows it.
    quick.world.boards.person_moves_state(str(item.id), "Active")
    await quick.world.settle()
    await quick.pass_time()
    assert set(await quick.states()) == {NoticeState.OVER}
    assert len(quick.mail.mails) == 4


async def test_rule_that_is_moved_or_reworded_tells_nobody_again(quick: Telling) -> None:
    quick.new_ticket()
    await quick.world.settle()
    first = "      - {to: development_leads, via: mail, when: {field: plan, is: Elite}}\n"
    moved = WITH_NOTICES.replace("    notify:\n", f"    notify:\n{first}")
    assert (await previewed(quick.world, moved))["counts"]["notices"] == 0
    await activated(quick.world, moved)
    assert len(quick.mail.mails) == 2


async def test_launch_that_a_draft_brings_is_told_and_counted_before(quick: Telling) -> None:
    quick.world.hubspot.person_creates_ticket(
        "All is down", "It is.", "Post Implementation", "HIGH", quick.world.acme
    )
    await quick.world.settle()
    assert quick.mail.mails == []
    draft = WITH_NOTICES.replace(
        "when: {field: category, is: Bug}",
        "when: {field: category, in: [Bug, Post Implementation]}",
    )
    counts = (await previewed(quick.world, draft))["counts"]
    assert (counts["launches"], counts["notices"]) == (1, 4)
    await activated(quick.world, draft)
    assert [len(quick.box(each)) for each in LEADS] == [1, 1]
    assert len(quick.cards()) == 2


async def test_restart_tells_nobody_again_and_forgets_nobody(tmp_path: Path) -> None:
    teams, mail = TeamsSimulator("http://teams.test"), EmailSimulator()
    async with telling(tmp_path, teams=teams, mail=mail) as told:
        vendors = (told.world.hubspot, told.world.boards)
        told.new_ticket()
        await told.world.settle()
        mail.unknown.update(LEADS)
        told.new_ticket("While the mail is away")
        mail.answers += ["451 4.3.0 Later"] * 1000
        mail.unknown.clear()
        await asyncio.sleep(0.2)
    mail.answers.clear()
    async with telling(tmp_path, teams=teams, mail=mail, vendors=vendors) as told:
        await told.pass_time()
        await told.world.settle()
        for lead in LEADS:
            firsts = [
                each
                for each in told.box(lead)
                if not str(each.message["Subject"]).startswith("Again: ")
            ]
            assert len(firsts) == 2


async def test_merged_ticket_is_not_told_of_again(quick: Telling) -> None:
    first = quick.new_ticket()
    await quick.world.settle()
    second = quick.world.hubspot.person_creates_ticket("The same", "x", None, None, None)
    await quick.world.settle()
    quick.world.hubspot.person_merges(first, second)
    await quick.world.settle()
    assert [len(quick.box(each)) for each in LEADS] == [1, 1]


async def test_subject_that_looks_like_error_tracking_reaches_nobody(quick: Telling) -> None:
    canary = "TypeError: kanarienvogel is not a function"
    quick.new_ticket(canary)
    await quick.world.settle()
    assert len(quick.mail.mails) == 2
    shown = [part.part(kind) for part in quick.mail.mails for kind in ("plain", "html")]
    shown += [str(each.message["Subject"]) for each in quick.mail.mails]
    shown += [str(each.message) for each in quick.channel.runs]
    assert not any("kanarienvogel" in each for each in shown)
    assert "NOTICE_HELD" in await quick.world.findings()


async def test_erased_address_and_words_are_nowhere(quick: Telling) -> None:
    ticket = quick.new_ticket("Zanthorpe cannot print")
    await quick.world.settle()
    await quick.acknowledge(LEADS[0], "")
    await quick.world.settle()
    [(actor, detail)] = await acknowledged(quick)
    assert (actor, detail["name"]) == ("notice link", LEADS[0])
    await erase(quick.world, refs=[f"hubspot:{ticket}"])
    await erase(quick.world, email=LEADS[0])
    rows = await quick.rows()
    assert len(rows) == 4
    assert not any("Zanthorpe" in str(each) or LEADS[0] in str(each) for each in rows)
    assert LEADS[0] not in str(await acknowledged(quick))
    await quick.pass_time()
    assert len(quick.mail.mails) == 2
