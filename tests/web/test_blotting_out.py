"""A message that names error tracking to a customer, blotted out from the finding's page."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.test_leak_alarm import _sentry, _told
from tests.scenarios.test_signals import SENTRY
from tests.scenarios.zendesk_shop import open_shop
from tests.web.people import signed_in
from tests.web.test_findings import press
from tests.web.traced import audited


async def test_person_has_it_blotted_out_by_a_tick_and_a_reason_and_the_finding_closes(
    tmp_path: Path,
) -> None:
    sentry = _sentry()
    yaml = SENTRY.format(launch_in="boards")
    async with open_shop(tmp_path, more_yaml=yaml, others={"sentry.test": sentry}) as shop:
        ticket, comment, told = await _told(shop, sentry)
        browser = await signed_in(shop.world, "operator", name="Ana")
        there = f"/findings/SENTRY_TOLD/{told['id']}"
        page = (await browser.get(there)).text
        assert "It can't be undone." in page
        assert "What was sent by e-mail has been read" in page

        unsure = await press(browser, f"{there}/redact", reason="An <address> of ours")
        assert unsure.status_code == 422
        assert 'id="sure-wrong" role="alert"' in unsure.text
        assert 'value="An &lt;address&gt; of ours"' in unsure.text
        assert await audited(shop.world) == []

        shop.zendesk.account.dials.may_redact = False
        refused = await press(browser, f"{there}/redact", sure="yes", reason="An address")
        assert refused.status_code == 409
        assert 'class="wrong" role="alert"' in refused.text
        shop.zendesk.account.dials.may_redact = True

        answer = await press(browser, f"{there}/redact", sure="yes", reason="An address")
        assert answer.status_code == 303
        assert "was blotted out" in (await browser.get(answer.headers["location"])).text
        await shop.world.settle()
        [kept] = [each for each in shop.zendesk.tickets[ticket].comments if each.id == comment]
        assert set(kept.body) == {"▇"}
        closed = (await browser.get(there)).text
        assert "Closed" in closed
        assert "Blot it out for good" not in closed
        assert [each[:2] for each in await audited(shop.world)] == [
            ("Ana", "finding.redacting"),
            ("Ana", "finding.redacting"),
            ("Ana", "finding.redacted"),
        ]
